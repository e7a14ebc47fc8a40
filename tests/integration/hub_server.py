"""A small server that speaks the Hugging Face hub's API as far as a download needs it, with faults on request.

Model listing (``/api/models/…?blobs=True``), ``/<owner>/<name>/resolve/<commit>/<file>`` with the hub's headers,
Range requests, redirects to a second host for large files (as to the real storage), gated and private repositories.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self

COMMIT = hashlib.sha1(b"the tests' only commit", usedforsecurity=False).hexdigest()
LARGE = 1 << 16
"""Files from this size on are "LFS" files: named by sha256 and served by the storage host."""


def git_blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@dataclass
class Seen:
    """One request that reached the hub or its storage."""

    method: str
    path: str
    range: str | None
    token: str | None
    storage: bool


@dataclass
class Faults:
    """What goes wrong; every count goes down as it is used up."""

    cut_after: dict[str, list[int]] = field(default_factory=dict)
    """Per file: after how many bytes of an answer the connection is cut, one entry per answer."""
    altered: set[str] = field(default_factory=set)
    """Files whose bytes are not those announced."""
    status: dict[str, list[int]] = field(default_factory=dict)
    """Per file (or ``api``): HTTP status answered instead, one entry per request."""
    ignore_range: bool = False
    silent_after: dict[str, int] = field(default_factory=dict)
    """Per file: after how many bytes nothing more comes, though the connection stays."""
    body: bytes | None = None
    """What ``api`` answers instead of JSON, with status 200 (a captive portal)."""


class HubServer:
    """``repositories``: ``{"owner/name": {"file": bytes}}``. Use as a context manager; ``endpoint`` is its URL."""

    def __init__(self, repositories: Mapping[str, Mapping[str, bytes]]) -> None:
        self.repositories = {name: dict(files) for name, files in repositories.items()}
        self.gated: set[str] = set()
        self.token = "hf_right"  # noqa: S105 - the token a test must send
        self.revisions = {"main", COMMIT}
        self.faults = Faults()
        self.seen: list[Seen] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._hub = self._serve(storage=False)
        self._storage = self._serve(storage=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._hub.server_port}"

    def _serve(self, *, storage: bool) -> ThreadingHTTPServer:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.answer(self, storage=storage)

            do_HEAD = do_GET  # noqa: N815 - the name the base class looks for

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        return server

    def __enter__(self) -> Self:
        for server in (self._hub, self._storage):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._over.set()
        for server in (self._hub, self._storage):
            server.shutdown()
            server.server_close()

    def requests(self, name: str) -> list[Seen]:
        """The GETs of one file that reached whoever holds its bytes."""
        large = any(len(files.get(name, b"")) >= LARGE for files in self.repositories.values())
        return [s for s in self.seen if s.method == "GET" and s.path.endswith(f"/{name}") and s.storage == large]

    def answer(self, request: BaseHTTPRequestHandler, *, storage: bool) -> None:
        url = urlsplit(request.path)
        path = unquote(url.path)
        authorization = request.headers.get("authorization", "")
        token = authorization.removeprefix("Bearer ") or None
        with self._lock:
            self.seen.append(Seen(request.command, path, request.headers.get("range"), token, storage))
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            self._listing(request, found[1], found[2] or "main", token)
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._file(request, found[1], found[3], token, storage=storage)
        else:
            self._send(request, 404, b"{}")

    def _refused(self, request: BaseHTTPRequestHandler, repository: str, token: str | None, fault: str) -> bool:
        with self._lock:
            queue = self.faults.status.get(fault)
            status = queue.pop(0) if queue else None
        if status:
            self._send(request, status, b'{"error": "as the test wishes"}')
        elif repository not in self.repositories:
            # The real hub answers 401, not 404, to hide which private repositories exist.
            self._send(request, 404 if token else 401, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif repository in self.gated and token != self.token:
            self._send(request, 403 if token else 401, b"{}", {"X-Error-Code": "GatedRepo"})
        else:
            return False
        return True

    def _listing(self, request: BaseHTTPRequestHandler, repository: str, revision: str, token: str | None) -> None:
        if self.faults.body is not None:
            self._send(request, 200, self.faults.body)
        elif self._refused(request, repository, token, "api"):
            pass
        elif revision not in self.revisions:
            self._send(request, 404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        else:
            siblings = []
            for name, data in self.repositories[repository].items():
                entry: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": git_blob(data)}
                if len(data) >= LARGE:
                    entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
                siblings.append(entry)
            body = {
                "_id": "0",
                "id": repository,
                "modelId": repository,
                "sha": COMMIT,
                "siblings": siblings,
                "tags": [],
            }
            self._send(request, 200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _file(
        self, request: BaseHTTPRequestHandler, repository: str, name: str, token: str | None, *, storage: bool
    ) -> None:
        if not storage and self._refused(request, repository, token, name):
            return
        data = self.repositories[repository].get(name)
        if data is None:
            self._send(request, 404, b"{}", {"X-Error-Code": "EntryNotFound"})
            return
        large = len(data) >= LARGE
        headers = {
            "X-Repo-Commit": COMMIT,
            "ETag": f'"{git_blob(data)}"',
            "X-Linked-Size": str(len(data)),
            "X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest() if large else git_blob(data)}"',
            "Accept-Ranges": "bytes",
        }
        if large and not storage:
            location = f"http://localhost:{self._storage.server_port}/{repository}/resolve/{COMMIT}/{name}"
            self._send(request, 302, b"", {**headers, "Location": location})
            return
        if name in self.faults.altered:
            data = bytes([data[0] ^ 1]) + data[1:]
        status, start = 200, 0
        if (wanted := request.headers.get("range")) and not self.faults.ignore_range:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(data):
                self._send(request, 416, b"", {"Content-Range": f"bytes */{len(data)}"})
                return
            status = 206
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        with self._lock:
            cuts = self.faults.cut_after.get(name)
            cut = cuts.pop(0) if cuts and request.command == "GET" else None
        silence = None
        if name in self.faults.silent_after and request.command == "GET":
            cut, silence = self.faults.silent_after[name], self._over
        self._send(request, status, data[start:], headers, cut=cut, silence=silence)

    @staticmethod
    def _send(
        request: BaseHTTPRequestHandler,
        status: int,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        cut: int | None = None,
        silence: threading.Event | None = None,
    ) -> None:
        request.send_response(status)
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command == "HEAD":
            return
        request.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            request.wfile.flush()
            if silence:
                silence.wait(60)
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
