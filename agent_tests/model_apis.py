# SPDX-License-Identifier: Apache-2.0
"""The APIs of language models, as the agents ask for them.

The Messages API is Claude Code's, the Responses API Codex's, the Chat Completions API
OpenCode's, and the Gemini API Gemini CLI's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
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
    script: list[Json], known: set[str], made: list[str], told: str = ""
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
    names_events = True

    def said(self, body: Json, script: list[Json]) -> Json:
        """The message that answers this conversation."""
        asked = [part for one in body["messages"] for part in parts(one)]
        made = [one["name"] for one in asked if one.get("type") == "tool_use"]
        known = {tool.get("name", "") for tool in body.get("tools", [])}
        call = next_call(script, known, made)
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
    names_events = True

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


class Completions:
    """The Chat Completions API."""

    path = "/v1/chat/completions"
    names_events = False

    def said(self, body: Json, script: list[Json]) -> Json:
        """The message that answers this conversation."""
        asked = [one for m in body["messages"] for one in m.get("tool_calls") or ()]
        made = [one["function"]["name"] for one in asked]
        known = {one["function"]["name"] for one in body.get("tools", [])}
        call = next_call(script, known, made)
        if call is None:
            return {"role": "assistant", "content": DONE}
        function = {"name": call["tool"], "arguments": json.dumps(call["input"])}
        use = {"index": 0, "id": f"call_{uuid4().hex[:20]}", "type": "function"}
        return {"role": "assistant", "tool_calls": [{**use, "function": function}]}

    def events(self, message: Json) -> Iterator[Json]:
        """The same message, as a stream tells it."""
        ending = "tool_calls" if "tool_calls" in message else "stop"
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        whole = {"id": "chatcmpl-stub", "object": "chat.completion.chunk", "created": 1}
        for delta, reason in ((message, None), ({}, ending)):
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            yield {**whole, "model": "stub", "choices": [choice], "usage": usage}


class Gemini:
    """The Gemini API."""

    path = ":streamGenerateContent"
    names_events = False

    def said(self, body: Json, script: list[Json]) -> Json:
        """The content that answers this conversation."""
        asked = [part for one in body["contents"] for part in one.get("parts", ())]
        made = [one["functionCall"]["name"] for one in asked if "functionCall" in one]
        tools = [one for t in body.get("tools", ()) for one in declared(t)]
        call = next_call(script, {one["name"] for one in tools}, made)
        part: Json = {"text": DONE}
        if call is not None:
            part = {"functionCall": {"name": call["tool"], "args": call["input"]}}
        content = {"role": "model", "parts": [part]}
        candidate = {"index": 0, "content": content, "finishReason": "STOP"}
        usage = {"promptTokenCount": 10, "candidatesTokenCount": 5}
        return {"candidates": [candidate], "usageMetadata": usage}

    def events(self, content: Json) -> Iterator[Json]:
        """The same content, as a stream tells it."""
        yield content


def declared(tools: Json) -> list[Json]:
    """The functions that a request of the Gemini API offers."""
    found: list[Json] = tools.get("functionDeclarations", [])
    return found


def parts(message: Json) -> list[Json]:
    """The content of a message, where it is in parts."""
    content = message.get("content")
    return content if isinstance(content, list) else []
