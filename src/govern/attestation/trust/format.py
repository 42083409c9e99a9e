"""The exact JSON of a trust root's predicate. Closed when read too: an ignored member could be a restriction."""

from __future__ import annotations

from govern.attestation.kinds import TRUST_ROOT
from govern.attestation.predicates.forms import KEYID, NONCE, statement_shape
from govern.attestation.shape import DIGEST, INSTANT, TEXT, Base64, Count, ListOf, MapOf, Nullable, Record, Shape, Text
from govern.canonical import Json
from govern.policy.decisions import Stage

__all__ = ["DRAFT_MEDIA_TYPE", "MEDIA_TYPE", "PREDICATE", "TRUST_STATEMENT", "trust_schema"]

MEDIA_TYPE = "application/vnd.govern.trust-root.v1+json"

DRAFT_MEDIA_TYPE = "application/vnd.govern.trust-root-draft.v1+json"
"""Of a version that is not yet signed by everybody it needs."""

_STAGES = "|".join(stage.value for stage in Stage)
_VALID_FOR = Record({}, {"start": Nullable(INSTANT), "end": Nullable(INSTANT)})
_ROLE_KEY = Record({"keyid": KEYID}, {"validFor": _VALID_FOR})
_ROLE_OPTIONS: dict[str, Shape] = {
    "threshold": Count(1),
    "types": ListOf(TEXT),
    "stages": ListOf(Text(_STAGES, "a stage")),
    "verifierIds": ListOf(TEXT),
}

PREDICATE = Record(
    {
        "version": Count(1),
        "previous": Nullable(DIGEST),
        "issuedAt": INSTANT,
        "expires": INSTANT,
        "nonce": NONCE,
        "keys": MapOf(KEYID, Record({"spki": Base64(), "owner": TEXT})),
        "roles": MapOf(TEXT, Record({"keys": ListOf(_ROLE_KEY)}, _ROLE_OPTIONS)),
        "logs": ListOf(Record({"vkey": TEXT, "validFor": _VALID_FOR})),
        "witnesses": ListOf(Record({"name": TEXT, "vkey": TEXT})),
        "groups": ListOf(TEXT),
        "quorum": TEXT,
        "tsas": ListOf(Record({"certs": ListOf(Base64(), least=1), "validFor": _VALID_FOR})),
        "require": Record(
            {
                "logEntries": Count(),
                "timestamps": Count(),
                "statusMaxAge": Nullable(Text(r"P(?=.)(?:[0-9]+D)?(?:T(?=.)(?:[0-9]+H)?)?", "a duration such as P7D")),
            }
        ),
        "minPolicy": MapOf(TEXT, TEXT),
        "revokedKeys": ListOf(
            Record({"keyid": KEYID, "reason": TEXT}, {"from": Nullable(INSTANT), "fromIndex": Nullable(Count())})
        ),
    }
)

TRUST_STATEMENT = statement_shape(TRUST_ROOT, PREDICATE)


def trust_schema() -> dict[str, Json]:
    """Give the JSON Schema of a trust root's payload."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:govern:schema:trust-root:v1",
        "title": "Trust root of govern",
        **TRUST_STATEMENT.schema(),
    }
