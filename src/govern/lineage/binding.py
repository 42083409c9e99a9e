"""Does the lineage speak of exactly this model? Comes first: a record about another file proves nothing here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govern.lineage.claims import BundleFiles, ModelClaim, Record
from govern.lineage.verdicts import Remark, Verdict

__all__ = ["judge_binding"]


def _mismatch(claim: ModelClaim, what: str, observed: str, required: str, about: str) -> Remark:
    return Remark(
        code="L202",
        verdict=Verdict.FAIL,
        text=what,
        by=claim.by,
        about=about,
        observed=observed,
        required=required,
        remedy="hand in the lineage of this model file, or the model file of this lineage",
    )


def _claim(claim: ModelClaim, files: BundleFiles) -> Remark | None:
    """Judge one claim; None when it names a file of the bundle by its true digest."""
    if claim.path is None:
        if claim.sha256 is None:
            return Remark(
                code="L204",
                verdict=Verdict.UNDETERMINED,
                by=claim.by,
                about=str(claim.by.pointer),
                text="the record names a model without a sha256",
                remedy="record the sha256 of the model file, e.g. as datasetVersion `sha256:<hex>`",
            )
        if claim.sha256 in files.model_digests:
            return None
        what = "the record's model has a digest that no model file of the bundle has"
        return _mismatch(claim, what, f"sha256:{claim.sha256}", "the sha256 of a file of the bundle", claim.by.pointer)
    path = files.locate(claim.path)
    if path is None:
        return Remark(
            code="L203",
            verdict=Verdict.FAIL,
            by=claim.by,
            about=claim.path,
            text=f"'{claim.path}' is recorded as a file of the model and is not in the bundle",
            observed="absent",
            required="a file of the bundle",
            remedy="add the file, or record the lineage of the model that is here",
        )
    real = files.digests[path]
    if claim.malformed:
        return Remark(
            code="L204",
            verdict=Verdict.UNDETERMINED,
            by=claim.by,
            about=claim.path,
            text=f"the digest recorded for '{claim.path}' is malformed",
        )
    if claim.sha256 is None:
        return Remark(
            code="L204",
            verdict=Verdict.UNDETERMINED,
            by=claim.by,
            about=claim.path,
            text=f"no sha256 is recorded for '{claim.path}'",
            required=f"sha256:{real}",
            remedy="add the file's sha256 to the record",
        )
    if claim.sha256 != real:
        what = f"{_spot(claim)}: the lineage speaks of another content of '{claim.path}'"
        return _mismatch(claim, what, f"sha256:{claim.sha256}", f"sha256:{real}", claim.path)
    return None


def _spot(claim: ModelClaim) -> str:
    """Write where the claim stands as people do: `model.files[0]`."""
    steps = claim.by.pointer.strip("/").split("/")
    return "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in steps).lstrip(".")


def _identity(record: Record, files: BundleFiles) -> Iterator[Remark]:
    for what, told, real in (
        ("name", record.model_name, files.name),
        ("version", record.model_version, files.version),
    ):
        if told is not None and told[0] != real:
            yield Remark(
                code="L202",
                verdict=Verdict.FAIL,
                by=told[1],
                about=f"{record.file} {what}",
                text=f"the lineage speaks of another model {what}",
                observed=told[0],
                required=real,
                remedy="hand in the lineage of this model and version",
            )


def judge_binding(records: Sequence[Record], files: BundleFiles, required: Sequence[str] = ()) -> tuple[Remark, ...]:
    """Compare what the records call the model with the bundle's manifest.

    `required` are the files that must be covered. A certain mismatch in any record is `fail`. A record that names no
    model, or one without a digest, is undetermined, but only a note when the other records cover every required file.
    """
    remarks: list[Remark] = []
    soft: list[Remark] = []
    covered: set[str] = set()
    for record in records:
        remarks.extend(_identity(record, files))
        for claim in record.claims:
            remark = _claim(claim, files)
            if remark is None:
                covered.update(
                    [files.locate(claim.path) or claim.path]
                    if claim.path is not None
                    else (path for path, digest in files.digests.items() if digest == claim.sha256)
                )
            elif claim.path is None and remark.verdict is Verdict.UNDETERMINED:
                soft.append(remark)
            else:
                remarks.append(remark)
    missing = sorted(set(required) - covered)
    claimed = {files.locate(claim.path) for record in records for claim in record.claims if claim.path is not None}
    remarks.extend(
        Remark(
            code="L204",
            verdict=Verdict.UNDETERMINED,
            about=path,
            text=f"no record names '{path}' by its sha256",
            required=f"sha256:{files.digests.get(path, '')}",
            remedy="add the file to model.files of lineage.yaml",
        )
        for path in missing
        if path not in claimed
    )
    if not covered and not missing and not remarks:
        remarks.append(
            Remark(
                code="L204",
                verdict=Verdict.UNDETERMINED,
                about="model",
                text="no record names the files of the model",
                remedy="add model.files with the sha256 of each file to lineage.yaml",
            )
        )
    if covered and not missing:
        soft = [
            Remark(code=item.code, verdict=Verdict.PASS, text=item.text, by=item.by, about=item.about) for item in soft
        ]
    return (*remarks, *soft)
