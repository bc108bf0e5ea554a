# SPDX-License-Identifier: Apache-2.0
"""The API of a language model on loopback, which says what a script says.

    python model_stub.py PORT SCRIPT LOG

It speaks the APIs of `model_apis.py`. SCRIPT is a JSON file that is read anew at each
request: a list of tool calls, `{"tool": "Bash", "input": {...}}`. With a `namespace` it
is one of the tools that Codex does not list, but lets its model search for. The model
asks for one after the other, and says that it is done when each has its result. Every
request is one line of JSON in LOG.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from model_apis import Completions, Gemini, Messages, Responses

Json = dict[str, Any]


class Stub(BaseHTTPRequestHandler):
    """One model behind all APIs."""

    protocol_version = "HTTP/1.1"
    apis = (Messages(), Responses(), Completions(), Gemini())
    script = Path()
    log = Path()

    def do_POST(self) -> None:
        """Say what comes next, whole or as a stream."""
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.loads(raw or b"{}")
        with self.log.open("a") as log:
            log.write(json.dumps({"path": self.path, "body": body}) + "\n")
        path = self.path.partition("?")[0]
        api = next((one for one in self.apis if path.endswith(one.path)), None)
        if path.endswith("/count_tokens"):
            self._show(200, {"input_tokens": 10})
        elif api is None:
            self._show(404, {"error": {"type": "not_found", "message": path}})
        else:
            said = api.said(body, json.loads(self.script.read_text()))
            if body.get("stream") or "alt=sse" in self.path:
                self._stream(api.events(said), named=api.names_events)
            else:
                self._show(200, said)

    def do_GET(self) -> None:
        """Have nothing to read; a client that lists the models does without."""
        self._show(404, {"error": {"type": "not_found", "message": self.path}})

    def do_HEAD(self) -> None:
        """Be there."""
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Keep quiet."""

    def _show(self, status: int, body: Json) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, events: Iterator[Json], *, named: bool) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for event in events:
            name = f"event: {event['type']}\n" if named else ""
            self.wfile.write(f"{name}data: {json.dumps(event)}\n\n".encode())


def main(port: str, script: str, log: str) -> None:
    """Serve until the process ends."""
    Stub.script, Stub.log = Path(script), Path(log)
    ThreadingHTTPServer(("127.0.0.1", int(port)), Stub).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
