# SPDX-License-Identifier: Apache-2.0
"""A provider on the loopback interface that speaks three formats and obeys a test."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.etree import ElementTree as ET

KEY = "test-key-8c1f0e"
"""What every request must carry; it may stand in nothing that is told."""

OBSERVATION = """<observation>
<type>bugfix</type><title>The parser took &lt; for &lt;=</title>
<subtitle>Empty input no longer crashes it</subtitle>
<facts><fact>parser.py compares with &lt;= now</fact></facts>
<narrative>The bound was off by one.</narrative>
<concepts><concept>problem-solution</concept></concepts>
<files_read></files_read>
<files_modified><file>/home/me/app/parser.py</file></files_modified>
<evidence>1, 2</evidence></observation>"""

SUMMARY = """<summary><request>Mend the parser</request>
<learned>The bound was off by one</learned><completed>It is mended</completed>
<next_steps>None</next_steps><evidence>1</evidence></summary>"""


@dataclass(frozen=True)
class Request:
    """What was asked, and how."""

    path: str
    headers: Mapping[str, str]
    body: Any

    @property
    def system(self) -> str:
        """What the model is told to do."""
        if "systemInstruction" in self.body:
            return self.body["systemInstruction"]["parts"][0]["text"]
        if isinstance(self.body.get("system"), str):
            return self.body["system"]
        return self.body["messages"][0]["content"]

    @property
    def user(self) -> str:
        """What it is shown."""
        if "contents" in self.body:
            return self.body["contents"][0]["parts"][0]["text"]
        return self.body["messages"][-1]["content"]

    @property
    def document(self) -> ET.Element:
        """What it is shown, read as the XML that it is."""
        return ET.fromstring(self.user)  # noqa: S314 - we wrote it


@dataclass
class Act:
    """What the stub does with one request.

    Attributes:
        text: What the model says; None for the answer that fits the question.
        raw: The body instead of one in the provider's format.
        drip: Seconds between two bytes of the body.
        hang: Whether nothing is answered before the stub ends.
    """

    status: int = 200
    text: str | Callable[[Request], str] | None = None
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stop: str = "end"
    usage: tuple[int, int] | None = (100, 20)
    drip: float = 0.0
    hang: bool = False


@dataclass
class ModelStub:
    """The provider: what it is to do next, and what it was asked."""

    url: str = ""
    acts: list[Act] = field(default_factory=list)
    usual: Act = field(default_factory=Act)
    requests: list[Request] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def next(self, request: Request) -> Act:
        """What to do with a request."""
        self.requests.append(request)
        return self.acts.pop(0) if self.acts else self.usual


@contextmanager
def model_stub() -> Iterator[ModelStub]:
    """A stub that serves as long as the block lasts."""
    stub = ModelStub()

    class Handler(_Handler):
        known = stub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    known: ModelStub
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        headers = {name.lower(): text for name, text in self.headers.items()}
        request = Request(self.path, headers, json.loads(self.rfile.read(size)))
        act = self.known.next(request)
        if act.hang:
            self.known.ended.wait(60)
            return
        body = act.raw if act.raw is not None else self._body(request, act)
        self._say(act, body)

    def do_GET(self) -> None:
        self.known.requests.append(Request(self.path, {}, {}))
        self._say(Act(), b"{}")

    def _say(self, act: Act, body: bytes) -> None:
        self.send_response(act.status)
        given = {"Content-Type": "application/json", **act.headers}
        for name, text in given.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            self._write(body, act.drip)
        except OSError:
            # Whoever asked has gone: that is what many tests are about.
            self.close_connection = True

    def _write(self, body: bytes, drip: float) -> None:
        if not drip:
            self.wfile.write(body)
            return
        for byte in body:
            self.wfile.write(bytes([byte]))
            time.sleep(drip)

    def _body(self, request: Request, act: Act) -> bytes:
        if act.status >= 400:
            return json.dumps(_error(request, act)).encode()
        if not _knows(request):
            self.known.requests[-1] = request
            return json.dumps({"error": {"code": 401, "message": "no key"}}).encode()
        text = act.text(request) if callable(act.text) else act.text
        said = _fitting(request) if text is None else text
        return json.dumps(_answer(request, act, said)).encode()


def _fitting(request: Request) -> str:
    return SUMMARY if "<summary_request>" in request.user else OBSERVATION


def _knows(request: Request) -> bool:
    found = (
        request.headers.get("x-api-key"),
        request.headers.get("x-goog-api-key"),
        request.headers.get("authorization", "").removeprefix("Bearer "),
    )
    return KEY in found


def _answer(request: Request, act: Act, text: str) -> Any:
    if "generateContent" in request.path:
        return _gemini(act, text)
    if request.path.endswith("/messages"):
        return _anthropic(act, text, request.body["model"])
    return _openai(act, text, request.body["model"])


def _anthropic(act: Act, text: str, model: str) -> Any:
    ends = {"end": "end_turn", "length": "max_tokens", "refused": "refusal"}
    read, said = act.usage or (0, 0)
    usage = {"input_tokens": read, "output_tokens": said}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": text}],
        "stop_reason": ends[act.stop],
        "stop_sequence": None,
        **({"usage": usage} if act.usage else {}),
    }


def _gemini(act: Act, text: str) -> Any:
    ends = {"end": "STOP", "length": "MAX_TOKENS", "refused": "SAFETY"}
    read, said = act.usage or (0, 0)
    usage = {"promptTokenCount": read, "candidatesTokenCount": said}
    content = {"role": "model", "parts": [{"text": text}]}
    return {
        "candidates": [{"content": content, "finishReason": ends[act.stop]}],
        **({"usageMetadata": usage} if act.usage else {}),
    }


def _openai(act: Act, text: str, model: str) -> Any:
    ends = {"end": "stop", "length": "length", "refused": "content_filter"}
    read, said = act.usage or (0, 0)
    usage = {
        "prompt_tokens": read,
        "completion_tokens": said,
        "total_tokens": read + said,
    }
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": ends[act.stop]}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": model,
        "choices": [choice],
        **({"usage": usage} if act.usage else {}),
    }


def _error(request: Request, act: Act) -> Any:
    """A refusal in the provider's format, with what may not be told: key and prompt."""
    told = f"refused {KEY}: {request.user[:2000]}"
    said = act.text if isinstance(act.text, str) else told
    if "generateContent" in request.path:
        return {"error": {"code": act.status, "message": said, "status": "FAILED"}}
    if request.path.endswith("/messages"):
        error = {"type": "some_error", "message": said}
        return {"type": "error", "error": error}
    return {"error": {"message": said, "type": "some_error", "code": None}}


def obeying(request: Request) -> str:
    """What a model answers that takes every tag which reaches it as its own.

    It repeats each observation that stands in its question as an element, and tells
    how many events it was shown.
    """
    document = request.document
    found = [
        ET.tostring(one, encoding="unicode")
        for name in ("observation", "summary", "skip_summary")
        for one in document.iter(name)
    ]
    events = [one.get("n") for one in document.iter("agent_event")]
    own = f"<observation><title>saw {len(events)} events</title></observation>"
    return "\n".join([*found, own])


def quoted_numbers(request: Request) -> list[str]:
    """The numbers that the events of a question have."""
    return re.findall(r'<agent_event n="(\d+)"', request.user)
