"""The check kinds `readiness.*`, a module each: what is declared about running the model, and what will run it."""

from __future__ import annotations

from govern.checks import readiness_kubernetes, readiness_monitoring, readiness_record, readiness_rollback

__all__ = ["CHECKS"]

CHECKS = (
    readiness_record.CHECK,
    readiness_rollback.CHECK,
    readiness_monitoring.CHECK,
    readiness_kubernetes.CHECK,
)
