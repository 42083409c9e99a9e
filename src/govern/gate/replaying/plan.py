"""What a replay reads in the plan of a pack: the parameters it was made with.

The plan is the one whose digest the certificate names; it is compiled again all the same, and must come out equal.
"""

from __future__ import annotations

from collections.abc import Mapping

from govern.attestation.pack.index import Role
from govern.attestation.pack.reading import Pack
from govern.diagnostics import GovernError
from govern.inputs.json import parse_json
from govern.policy.parameters import Override

__all__ = ["recorded_parameters", "recorded_plan"]


def recorded_plan(pack: Pack) -> Mapping[str, object]:
    """Give the plan of a pack; nothing for one that is no plan, which then compares as different."""
    data = pack.need(Role.PLAN)
    try:
        document = parse_json(data, file="policy/plan.json", max_bytes=len(data), utf16=False)
    except GovernError:
        return {}
    return document if isinstance(document, dict) else {}


def recorded_parameters(plan: Mapping[str, object]) -> dict[str, Override]:
    """Give the values that the plan says were given from outside the policies, for the compiler to take up again.

    They pass the same lattice as `--param` did: a plan that was looser than its policies does not compile again.
    """
    params = plan.get("params")
    made: dict[str, Override] = {}
    for name, item in params.items() if isinstance(params, dict) else ():
        given = isinstance(item, dict) and item.get("given") is True
        value = item["value"] if given and "value" in item else None
        if isinstance(value, bool):
            made[name] = str(value).lower()
        elif isinstance(value, str | int):
            made[name] = str(value)
        elif isinstance(value, list):
            made[name] = tuple(str(member) for member in value)
    return made
