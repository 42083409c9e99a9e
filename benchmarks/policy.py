"""Print what the policy compiler costs, as ratios to peers in the same run. See README.md beside this file.

Answers are asserted equal before a time is shown; nothing is asserted on time.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from pathlib import Path

import policy_documents
import policy_engines
import policy_lint
import policy_overlays
from measuring import environment

PEERS = {
    "ruamel": "ruamel.yaml==0.19.1",
    "rego": "regopy==1.5.2",
    "cel": "cel-python==0.5.0",
    "custodian": "c7n==0.9.53",
}
"""Each is installed into an environment of its own, so that none decides which versions we use."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="keep the peers' environments here for the next run")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="govern-bench-") as name:
        folder = Path(name)
        home = arguments.peers or folder / "peers"
        peers = {peer: environment(home, peer, requirement) for peer, requirement in PEERS.items()}
        for peer in (peer for peer, found in peers.items() if found is None):
            print(f"{PEERS[peer]} could not be installed: its rows are not measured")
        print(f"Python {platform.python_version()}, {os.cpu_count()} cores; medians of pairs of runs, ours / peer.")
        print("Processor time, unless a line says otherwise.")
        policy_documents.measure(peers["ruamel"])
        policy_engines.measure(peers["rego"], peers["cel"])
        policy_overlays.measure()
        policy_lint.measure(folder, peers["custodian"])


if __name__ == "__main__":
    main()
