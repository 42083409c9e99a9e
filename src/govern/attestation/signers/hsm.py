"""Keys in a PKCS#11 token: P-256 through securesystemslib's HSMSigner, Ed25519 through python-pkcs11 itself.

`hsm:[ID][?label=TOKEN]`, ID being the key's CKA_ID as a decimal number (2 when left out: the signature slot of a PIV
card). The library comes from `PYKCS11LIB`, the PIN from `GOVERN_HSM_PIN_<TOKEN>` or `GOVERN_HSM_PIN`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from govern.attestation.signers.checked import CheckedEd25519, CheckedSigner
from govern.attestation.signers.interface import SignerFamily, extra_missing, unreachable
from govern.attestation.signers.place import KeyPlace
from govern.attestation.signers.sslib import asking, p256_of
from govern.diagnostics import Diagnostic, UsageError

if TYPE_CHECKING:
    import pkcs11

__all__ = ["LIBRARY_VARIABLE", "PIN_VARIABLE", "families"]

LIBRARY_VARIABLE = "PYKCS11LIB"
PIN_VARIABLE = "GOVERN_HSM_PIN"

_DEFAULT_ID = 2
_ED25519_BYTES = 32


def families() -> dict[str, SignerFamily]:
    """Give the family `hsm`."""
    return {"hsm": SignerFamily(attestation=_signer, log=_log_key)}


@dataclass(frozen=True, slots=True)
class _Slot:
    """A key in a token, as the URI names it."""

    key_id: int
    label: str | None
    library: str
    pin: str = field(repr=False)

    @property
    def id(self) -> bytes:
        """CKA_ID: the number, big-endian, in as few bytes as hold it."""
        return self.key_id.to_bytes(max((self.key_id.bit_length() + 7) // 8, 1))


def _slot(place: KeyPlace) -> _Slot:
    number, _mark, query = place.rest.partition("?")
    asked = dict(parse_qsl(query))
    if not re.fullmatch(r"[0-9]{0,18}", number) or set(asked) - {"label"} or (query and "label" not in asked):
        # Not quoted: somebody may have written the PIN there.
        raise UsageError(Diagnostic("A406", "the key is not named as hsm:[ID][?label=TOKEN]", hint="for example hsm:2"))
    label = asked.get("label")
    pin = place.secret(PIN_VARIABLE, label or "")
    if pin is None:
        raise UsageError(Diagnostic("A406", f"the key {place.uri} needs its PIN in the variable {PIN_VARIABLE}"))
    return _Slot(int(number or _DEFAULT_ID), label, place.need(LIBRARY_VARIABLE), pin)


@contextmanager
def _library(environment: Mapping[str, str]) -> Iterator[None]:
    """Let securesystemslib find the library: it looks into the process's environment, not into the one handed in."""
    before = os.environ.get(LIBRARY_VARIABLE)
    os.environ[LIBRARY_VARIABLE] = environment[LIBRARY_VARIABLE]
    try:
        yield
    finally:
        if before is None:
            del os.environ[LIBRARY_VARIABLE]
        else:
            os.environ[LIBRARY_VARIABLE] = before


def _signer(place: KeyPlace) -> CheckedSigner:
    slot = _slot(place)
    try:
        from pkcs11.exceptions import PKCS11Error
        from securesystemslib.signer import HSMSigner
    except ImportError as fault:
        raise extra_missing(place, "hsm", fault) from fault
    faults = (PKCS11Error, ValueError, RuntimeError)
    try:
        with _library(place.environment):
            _uri, key = HSMSigner.import_(slot.key_id, slot.label, lambda _what: slot.pin)
    except faults as fault:
        raise unreachable(place, fault) from fault
    ask = asking(place, HSMSigner(slot.key_id, key, lambda _what: slot.pin, slot.label), faults=faults)

    def sign(message: bytes) -> bytes:
        with _library(place.environment):
            return ask(message)

    return CheckedSigner(place, p256_of(place, key), sign)


def _log_key(place: KeyPlace) -> CheckedEd25519:
    """An Ed25519 key in the token (PKCS #11 v3.0, CKM_EDDSA), which securesystemslib does not know."""
    slot = _slot(place)
    try:
        from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, SignMixin
    except ImportError as fault:
        raise extra_missing(place, "hsm", fault) from fault

    def sign(message: bytes) -> bytes:
        with _session(place, slot) as session:
            key = session.get_key(ObjectClass.PRIVATE_KEY, KeyType.EC_EDWARDS, id=slot.id)
            assert isinstance(key, SignMixin)
            return key.sign(message, mechanism=Mechanism.EDDSA)

    with _session(place, slot) as session:
        point: bytes = session.get_key(ObjectClass.PUBLIC_KEY, KeyType.EC_EDWARDS, id=slot.id)[Attribute.EC_POINT]
    # Inside an OCTET STRING by the older text of the standard, bare by the newer; tokens do either.
    raw = point[2:] if point[:2] == b"\x04\x20" and len(point) == _ED25519_BYTES + 2 else point
    return CheckedEd25519(place, raw, sign)


@contextmanager
def _session(place: KeyPlace, slot: _Slot) -> Iterator[pkcs11.Session]:
    import pkcs11
    from pkcs11.exceptions import PKCS11Error

    try:
        token = pkcs11.lib(slot.library).get_token(
            token_label=slot.label, token_flags=pkcs11.TokenFlag.TOKEN_INITIALIZED
        )
        with token.open(user_pin=slot.pin) as session:
            yield session
    except (PKCS11Error, RuntimeError) as fault:
        raise unreachable(place, fault) from fault
