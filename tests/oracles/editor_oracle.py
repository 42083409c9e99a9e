"""The YAML language server that editors run, asked over its own protocol what it makes of a policy file.

    with Editor() as editor:
        editor.faults(path)                       # [(line, message)], 1-based, as an editor underlines them
        editor.completions(path, line, column)    # what it offers at a place, 1-based

The server finds the schema by the `# yaml-language-server: $schema=` line of the file, as in VS Code.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import IO, Any

from oracles.js_oracle import _environment, installed_from, node

HERE = Path(__file__).parent / "editor"


class Editor:
    """One server, told of files one by one."""

    def __enter__(self) -> Editor:
        folder = installed_from(HERE, ("package.json", "package-lock.json"))
        server = folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
        self._process = subprocess.Popen(
            [node(), server, "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        self._last = 0
        settings = {"yaml": {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}}
        capabilities = {"textDocument": {"completion": {"completionItem": {"snippetSupport": False}}}}
        self._ask("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": settings})
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def faults(self, path: Path) -> list[tuple[int, str]]:
        """Open a file and give what the server underlines: line and message."""
        self._open(path)
        while True:
            message = self._receive()
            about = message.get("params", {})
            if message.get("method") == "textDocument/publishDiagnostics" and about["uri"] == path.as_uri():
                return [(item["range"]["start"]["line"] + 1, item["message"]) for item in about["diagnostics"]]

    def completions(self, path: Path, line: int, column: int) -> set[str]:
        """Give the labels that the server offers at a place of a file."""
        self._open(path)
        place = {"line": line - 1, "character": column - 1}
        found = self._ask("textDocument/completion", {"textDocument": {"uri": path.as_uri()}, "position": place})
        return {item["label"] for item in found["items"]}

    def _open(self, path: Path) -> None:
        text = path.read_text("utf-8")
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})

    def _ask(self, method: str, params: object) -> Any:
        self._last += 1
        number = self._last
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _tell(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, object]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream: IO[bytes] | None = self._process.stdin
        assert stream is not None
        stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        stream.flush()

    def _receive(self) -> dict[str, Any]:
        stream: IO[bytes] | None = self._process.stdout
        assert stream is not None
        size = 0
        while line := stream.readline().strip():
            name, _colon, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        assert size, "the language server has ended"
        message: dict[str, Any] = json.loads(stream.read(size))
        if "id" in message and "method" in message:  # it asks for settings, and to watch files: nothing to say
            asked = message.get("params") or {}
            self._send({"id": message["id"], "result": [None for _ in asked.get("items", [])]})
        return message
