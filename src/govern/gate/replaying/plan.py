"""What a replay reads in the plan of a pack: whether this engine can run it, and the parameters it was made with.

The plan is the one whose digest the certificate names; it is compiled again all the same, and must come out equal.
"""

from __future__ import annotations

from collections.abc import Mapping

from govern.attestation.pack.index import Role
from govern.attestation.pack.reading import Pack
from govern.diagnostics import GovernError, UsageError
from govern.gate.kinds import check_registry
from govern.inputs.json import parse_json
from govern.policy.parameters import Override
from govern.policy.requires import unavailable

__all__ = ["recorded_parameters", "recorded_plan", "refuse_unavailable"]


def recorded_plan(pack: Pack) -> Mapping[str, object]:
    """Give the plan of a pack; nothing for one that is no plan, which then compares as different."""
    data = pack.need(Role.PLAN)
    try:
        document = parse_json(data, file="policy/plan.json", max_bytes=len(data), utf16=False)
    except GovernError:
        return {}
    return document if isinstance(document, dict) else {}


def refuse_unavailable(plan: Mapping[str, object]) -> None:
    """Raise UsageError P602 when the plan asks for check kinds, or for versions of them, that are not here."""
    faults = unavailable(plan, check_registry().specs)
    if faults:
        raise UsageError(faults)


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
