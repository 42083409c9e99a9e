"""A Hugging Face hub on the loopback: the endpoints that its client asks to resolve and fetch a model repository."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def hub(repo: str, files: Mapping[str, bytes], *, commit: str = COMMIT, branch: str = "main") -> Iterator[str]:
    """Serve one repository whose branch stands at one commit; give the address."""
    revisions = (branch, commit)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = unquote(urlsplit(self.path).path)
            head, data = {"X-Repo-Commit": commit}, None
            for revision in revisions:
                if path == f"/api/models/{repo}/revision/{revision}" or path == f"/api/models/{repo}":
                    siblings = [{"rfilename": name, "size": len(content)} for name, content in files.items()]
                    data = json.dumps({"id": repo, "sha": commit, "siblings": siblings}).encode()
                if path == f"/api/models/{repo}/tree/{revision}":
                    entries = [
                        {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                        for name, content in files.items()
                    ]
                    data = json.dumps(entries).encode()
                name = path.removeprefix(f"/{repo}/resolve/{revision}/")
                if name != path and name in files:
                    data = files[name]
                    head["ETag"] = f'"{hashlib.sha256(data).hexdigest()[:40]}"'
            self.send_response(404 if data is None else 200)
            if data is None:
                head["X-Error-Code"] = "RevisionNotFound" if repo in path else "RepoNotFound"
            for key, value in head.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            if body and data:
                self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
