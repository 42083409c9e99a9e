"""`govern ledger witness`: cosign the ledgers of others."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from govern.cli.answer import Answer
from govern.cli.streams import err, out

if TYPE_CHECKING:
    from govern.ledger.witness import Witness

_SECONDS_TO_STOP = 0.2


@click.command(
    epilog="\b\nExamples:\n"
    "  govern ledger witness --log log.vkey --key w1.pem --name witness.example/w1 --state w1.json --new\n"
    "  govern ledger witness --log log.vkey --key w1.pem --name witness.example/w1 --state w1.json "
    "--listen 127.0.0.1:8090\n"
    "  govern ledger witness --log log.vkey --key w1.pem --name witness.example/w1 --state w1.json "
    "--once w1.request -o w1.answer"
)
@click.option("--log", "logs", required=True, multiple=True, metavar="VKEY", help="Verifier key of a log, or its file.")
@click.option("--key", required=True, help="The witness's Ed25519 key: a PEM file, env:NAME, hsm: or hv:.")
@click.option("--name", required=True, help="The name it signs under, such as witness.example/w1.")
@click.option(
    "--state", required=True, type=click.Path(path_type=Path), help="File in which it keeps what it has seen."
)
@click.option("--new", is_flag=True, help="It has seen nothing yet: make the file. Once in its life.")
@click.option("--listen", metavar="HOST:PORT", help="Answer over HTTP until stopped; port 0 takes a free one.")
@click.option("--prefix", default="", help="With --listen: path before /add-checkpoint, such as /w1.")
@click.option("--once", "request", type=click.Path(path_type=Path), help="Answer this request file, and end.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="With --once: where to write the answer.")
def witness(
    logs: tuple[str, ...],
    key: str,
    name: str,
    state: Path,
    new: bool,
    listen: str | None,
    prefix: str,
    request: Path | None,
    output: Path | None,
) -> Answer:
    """Cosign heads of logs that extend what this witness has cosigned before (c2sp.org/tlog-witness).

    To be run by other people than the ledger: it is what keeps the ledger from showing two histories. Put a TLS proxy
    in front of --listen. Without --listen and --once it says its verifier key, for the trust root, and ends.

    Exit codes of --once: 0 cosigned; 3 another size is recorded, which the answer file tells; 4 not signed by the log,
    or not shown to extend what was cosigned; 2 malformed, or of an unknown log.
    """
    from govern.gate.witness import WitnessRequest, open_witness

    if (request is None) != (output is None) or (request is not None and listen is not None):
        raise click.UsageError("--once goes with -o, and not with --listen")
    made = open_witness(WitnessRequest(key=key, name=name, logs=logs, state=state, new=new), environment=os.environ)
    if listen is not None:
        return _serve(made, listen, prefix)
    if request is not None and output is not None:
        return _answer(made, request, output)
    out(made.key.vkey)
    return Answer(0)


def _serve(made: Witness, listen: str, prefix: str) -> Answer:
    from govern.gate.witness import serve_witness

    with serve_witness(made, listen=listen, prefix=prefix, clock=lambda: int(time.time()), report=err) as server:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: server.stop())
        out(f"{made.key.vkey}\nlistening on {server.url}")
        server.serve_forever(poll_interval=_SECONDS_TO_STOP)
    return Answer(0)


def _answer(made: Witness, request: Path, output: Path) -> Answer:
    from govern.gate.outputs import write_atomic, writing
    from govern.gate.witness import answer_file

    reply = answer_file(made, request, seconds=int(time.time()))
    with writing(output):
        write_atomic(output, reply.body.encode())
    if reply.status == 200:
        err(f"wrote {output}")
        return Answer(0)
    err(f"not cosigned: {reply.body.strip()} entries are recorded; wrote {output}, hand it back to the log")
    return Answer(3)
