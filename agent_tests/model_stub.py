# SPDX-License-Identifier: Apache-2.0
"""The API of a language model on loopback, which says what a script says.

    python model_stub.py PORT SCRIPT LOG

It speaks the Messages API, as Claude Code asks for it, and the Responses API, as Codex
does. SCRIPT is a JSON file that is read anew at each request: a list of tool calls,
`{"tool": "Bash", "input": {...}}`. With a `namespace` it is one of the tools that Codex
does not list, but lets its model search for. The model asks for one after the other, and says
that it is done when each has its result. Every request is one line of JSON in LOG.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

Json = dict[str, Any]
DONE = "All is done."
USAGE = {"input_tokens": 10, "output_tokens": 5}


WAITS = {"tool": "WaitForMcpServers", "input": {}}
"""How a model of Claude Code gets tools whose server is still being started."""

LISTS = {"tool": "list_mcp_resources", "input": {}}
"""How a model of Codex spends the time until their namespace is announced to it."""


def next_call(
    script: list[Json], known: set[str], made: list[str], told: str
) -> Json | None:
    """The call to ask for now, of one who has no tool of another name."""
    waits = (WAITS["tool"], LISTS["tool"])
    left = script[sum(name not in waits for name in made) :]
    if not left or left[0]["tool"] in known:
        return left[0] if left else None
    if "namespace" in left[0]:
        return left[0] if f"- {left[0]['namespace']}:" in told else LISTS
    return WAITS if WAITS["tool"] in known else None


class Messages:
    """The Messages API."""

    path = "/v1/messages"

    def said(self, body: Json, script: list[Json]) -> Json:
        """The message that answers this conversation."""
        asked = [part for one in body["messages"] for part in parts(one)]
        made = [one["name"] for one in asked if one.get("type") == "tool_use"]
        known = {tool.get("name", "") for tool in body.get("tools", [])}
        call = next_call(script, known, made, json.dumps(asked))
        content: list[Json] = [{"type": "text", "text": DONE}]
        if call is not None:
            use = {"type": "tool_use", "id": f"toolu_{uuid4().hex[:24]}"}
            content = [{**use, "name": call["tool"], "input": call["input"]}]
        return {
            "id": f"msg_{uuid4().hex[:24]}",
            "type": "message",
            "role": "assistant",
            "model": body.get("model"),
            "content": content,
            "stop_reason": "end_turn" if call is None else "tool_use",
            "stop_sequence": None,
            "usage": USAGE,
        }

    def events(self, message: Json) -> Iterator[Json]:
        """The same message, as a stream tells it."""
        empty = {**message, "content": [], "stop_reason": None}
        yield {"type": "message_start", "message": empty}
        for index, block in enumerate(message["content"]):
            here = {"index": index}
            if block["type"] == "text":
                start = {"type": "text", "text": ""}
                delta = {"type": "text_delta", "text": block["text"]}
            else:
                start = {**block, "input": {}}
                text = json.dumps(block["input"])
                delta = {"type": "input_json_delta", "partial_json": text}
            yield {"type": "content_block_start", **here, "content_block": start}
            yield {"type": "content_block_delta", **here, "delta": delta}
            yield {"type": "content_block_stop", **here}
        stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
        yield {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 5}}
        yield {"type": "message_stop"}


class Responses:
    """The Responses API."""

    path = "/v1/responses"

    def said(self, body: Json, script: list[Json]) -> Json:
        """The response that answers this conversation."""
        given = [one for one in body["input"] if isinstance(one, dict)]
        calls = ("function_call", "custom_tool_call")
        made = [one["name"] for one in given if one.get("type") in calls]
        known = {tool.get("name", "") for tool in body.get("tools", [])}
        call = next_call(script, known, made, json.dumps(given))
        said = [{"type": "output_text", "text": DONE}]
        item: Json = {"type": "message", "role": "assistant", "content": said}
        if call is not None and isinstance(call["input"], str):
            item = {"type": "custom_tool_call", "call_id": f"call_{uuid4().hex[:20]}"}
            item |= {"name": call["tool"], "input": call["input"]}
        elif call is not None:
            item = {"type": "function_call", "call_id": f"call_{uuid4().hex[:20]}"}
            item |= {"name": call["tool"], "arguments": json.dumps(call["input"])}
            item |= {"namespace": call["namespace"]} if "namespace" in call else {}
        usage = {**USAGE, "total_tokens": 15}
        item = {"id": f"item_{uuid4().hex[:20]}", **item}
        return {"id": f"resp_{uuid4().hex[:20]}", "output": [item], "usage": usage}

    def events(self, response: Json) -> Iterator[Json]:
        """The same response, as a stream tells it."""
        yield {"type": "response.created", "response": {"id": response["id"]}}
        for index, item in enumerate(response["output"]):
            done = {"type": "response.output_item.done", "output_index": index}
            yield {**done, "item": item}
        yield {"type": "response.completed", "response": response}


def parts(message: Json) -> list[Json]:
    """The content of a message, where it is in parts."""
    content = message.get("content")
    return content if isinstance(content, list) else []


class Stub(BaseHTTPRequestHandler):
    """One model behind both APIs."""

    protocol_version = "HTTP/1.1"
    apis = (Messages(), Responses())
    script = Path()
    log = Path()

    def do_POST(self) -> None:
        """Say what comes next, whole or as a stream."""
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.loads(raw or b"{}")
        with self.log.open("a") as log:
            log.write(json.dumps({"path": self.path, "body": body}) + "\n")
        path = self.path.partition("?")[0]
        api = next((one for one in self.apis if one.path == path), None)
        if path.endswith("/count_tokens"):
            self._show(200, {"input_tokens": 10})
        elif api is None:
            self._show(404, {"error": {"type": "not_found", "message": path}})
        else:
            said = api.said(body, json.loads(self.script.read_text()))
            if body.get("stream"):
                self._stream(api.events(said))
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

    def _stream(self, events: Iterator[Json]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for event in events:
            said = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
            self.wfile.write(said.encode())


def main(port: str, script: str, log: str) -> None:
    """Serve until the process ends."""
    Stub.script, Stub.log = Path(script), Path(log)
    ThreadingHTTPServer(("127.0.0.1", int(port)), Stub).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
