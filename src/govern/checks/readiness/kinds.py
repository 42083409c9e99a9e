"""The check kinds `readiness.*`, a module each: what is declared about running the model, and what will run it."""

from __future__ import annotations

from govern.checks.readiness import kubernetes, monitoring, record, rollback

__all__ = ["CHECKS"]

CHECKS = (
    record.CHECK,
    rollback.CHECK,
    monitoring.CHECK,
    kubernetes.CHECK,
)
