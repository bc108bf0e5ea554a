# SPDX-License-Identifier: Apache-2.0
"""A proxy on loopback that shows a key for those who cannot: the suite sends no header."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOP = {"connection", "content-length", "keep-alive", "transfer-encoding"}


@contextmanager
def proxied(port: int, key: str) -> Iterator[int]:
    """The port that hands on to `port` of loopback, with the key.

    Host and Origin stay what the client says, except that the proxy's own port is the
    server's there: what is refused by them is refused by the server.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handed_on(self) -> None:
            own, theirs = f":{self.server.server_address[1]}", f":{port}"
            told = {
                name: value.replace(own, theirs)
                if name.casefold() in ("host", "origin")
                else value
                for name, value in self.headers.items()
                if name.casefold() not in HOP
            }
            told["Authorization"] = f"Bearer {key}"
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            line = HTTPConnection("127.0.0.1", port, timeout=60)
            line.request(self.command, self.path, body=body, headers=told)
            answer = line.getresponse()
            self.answer(answer.status, answer.getheaders(), answer.read())
            line.close()

        def answer(
            self, status: int, headers: list[tuple[str, str]], body: bytes
        ) -> None:
            self.send_response_only(status)
            for name, value in headers:
                if name.casefold() not in HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = handed_on  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
