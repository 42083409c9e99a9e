"""Requirements files as evidence: read by our own reader, because parsers of others drop what they do not follow."""

from __future__ import annotations

from govern.security.requirements.model import Kind, Problem, RequirementLine, RequirementSet
from govern.security.requirements.reader import read_requirements

__all__ = ["Kind", "Problem", "RequirementLine", "RequirementSet", "read_requirements"]
