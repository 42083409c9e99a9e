"""Run in the environment of DVC: a repository with a tracked file and a pipeline of two stages."""

import shutil
import subprocess
import sys
from pathlib import Path

REPO = Path(sys.argv[1]) / "pipeline"
REPO.mkdir()


def run(*words):
    subprocess.run(words, cwd=REPO, check=True, capture_output=True)


def dvc(*words):
    run(sys.executable, "-m", "dvc", *words)


(REPO / "data").mkdir()
(REPO / "data" / "loans.csv").write_text("age,income\n30,10\n41,20\n52,4\n")
(REPO / "prep.py").write_text("import shutil\nshutil.copy('data/loans.csv', 'clean.csv')\n")
(REPO / "train.py").write_text("import pathlib\npathlib.Path('metrics.json').write_text('{\"accuracy\": 0.9}')\n")
run("git", "init", "-q")
dvc("init", "-q")
dvc("config", "core.analytics", "false")
dvc("add", "-q", "data/loans.csv")
dvc(
    "stage",
    "add",
    "-q",
    "-n",
    "prep",
    "-d",
    "prep.py",
    "-d",
    "data/loans.csv",
    "-o",
    "clean.csv",
    f"{sys.executable} prep.py",
)
dvc(
    "stage",
    "add",
    "-q",
    "-n",
    "train",
    "-d",
    "train.py",
    "-d",
    "clean.csv",
    "-M",
    "metrics.json",
    f"{sys.executable} train.py",
)
dvc("repro", "-q")

# What a person hands in: the working tree, without the caches of git and DVC.
for name in (".git", ".dvc"):
    shutil.rmtree(REPO / name)
(REPO / ".dvcignore").unlink()
