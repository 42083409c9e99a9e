"""An ONNX file judged: operators that ONNX itself defines, and tensors that lie where it may read them."""

from __future__ import annotations

from govern.security.artefacts.external import external_reason
from govern.security.artefacts.formats.onnx import KNOWN_DOMAINS, read_onnx
from govern.security.artefacts.job import Job
from govern.security.artefacts.report import FileReport, Reason, Verdict

__all__ = ["read_onnx_file"]


def read_onnx_file(job: Job) -> FileReport:
    """Judge an ONNX model. Raises ScanError for what the wire format or the schema does not allow."""
    model = read_onnx(job.data)
    reasons = [
        Reason(
            code="S312",
            verdict=Verdict.BLOCKED,
            text=f"operators of domain {domain[:60]!r} need code that is not ONNX",
            name=domain[:60],
        )
        for domain in sorted(model.domains - KNOWN_DOMAINS)
    ]
    reasons += [external_reason(item) for item in model.external]
    return job.report(reasons=tuple(dict.fromkeys(reasons)), spans={"onnx": len(job.data)})
