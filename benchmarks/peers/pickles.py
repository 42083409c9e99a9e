"""picklescan on v1's model files; prints how many globals it flags as dangerous."""

from __future__ import annotations

from pathlib import Path

from picklescan.scanner import scan_directory_path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "mortgage"

result = scan_directory_path(str(EXAMPLE / "v1" / "model"))
assert result.scanned_files > 0, "picklescan found nothing to scan"
print(result.issues_count)
