"""Install the tools whose files the tests marked `real_tools` read: `python scripts/real_tools.py [TOOL ...]`.

Each has an environment of its own below `.venv-tools/`, made once for each list of requirements; `--list` names them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.real_tools import HOME, TOOLS, python_of  # noqa: E402  # the path is set above

UV = ROOT / ".venv" / "bin" / "uv"


def main() -> int:
    names = sys.argv[1:] or list(TOOLS)
    unknown = [name for name in names if name not in TOOLS]
    if "--list" in names or unknown:
        print("\n".join(f"{name}: {', '.join(asked)}" for name, asked in TOOLS.items()))
        return int("--list" not in names)
    for name in names:
        install(name)
    return 0


def install(name: str) -> None:
    """Make one environment, unless it was made for these very requirements."""
    stamp = HOME / name / "installed"
    wanted = "\n".join(TOOLS[name])
    if stamp.exists() and stamp.read_text() == wanted:
        print(f"{name}: installed")
        return
    start = time.monotonic()
    uv = [str(UV), "--quiet"]
    subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, str(HOME / name)], check=True)
    subprocess.run([*uv, "pip", "install", "--python", str(python_of(name)), *TOOLS[name]], check=True)
    stamp.write_text(wanted)
    print(f"{name}: installed in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
