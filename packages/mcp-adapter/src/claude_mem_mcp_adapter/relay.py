# SPDX-License-Identifier: Apache-2.0
"""A relay: each message from standard input goes to the server, its answer back.

It imports nothing of MCP: beside a server it starts in a tenth of the time. To every
message it adds what this machine knows of the folder that the agent works in, which a
server must not look up by itself.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import sys
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_core.launch import local_token
from claude_mem_core.server_record import running_server

from claude_mem_mcp_adapter.messages import (
    INVALID_REQUEST,
    NAMED_BY,
    NotAMessageError,
    message_of,
)

PATH = "/v1/mcp"
FACTS = "claude-mem/projectFacts"
VERSION = "io.modelcontextprotocol/protocolVersion"
PATIENCE = 60.0
"""Seconds for an answer."""

INTERNAL_ERROR = -32603
"""A code of JSON-RPC 2.0, section 5.1."""

_FIRST_ERROR = 400


class Relay:
    """The line between an agent and the server of a data folder.

    Args:
        folder: The data folder.
        key: What the server is asked with; the machine's token when it is left out.
        facts: What is known of the agent's folder.
    """

    def __init__(self, folder: Path, key: str | None, facts: ProjectFacts) -> None:
        self._folder = folder
        self._key = key
        told = facts.to_wire().items()
        self._facts = {name: one for name, one in told if one not in (None, [], False)}
        self._version: str | None = None

    def run(self) -> None:
        """Relay until standard input ends."""
        gc.enable()
        given, taken = sys.stdin.buffer, _claimed_output()
        for line in given:
            answer = self.answer(line)
            if answer is not None:
                taken.write(json.dumps(answer, ensure_ascii=True).encode() + b"\n")
                taken.flush()

    def answer(self, line: bytes) -> Any:  # noqa: ANN401 - any JSON
        """What is answered to one message; None to what wants no answer."""
        if not line.strip():
            return None
        try:
            message = message_of(line)
        except NotAMessageError as error:
            return error.answer
        answer = self._asked(message)
        return answer if "id" in message else None

    def _asked(self, message: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        asks = message.get("id")
        try:
            status, text = self._exchanged(message)
            answer = json.loads(text) if text else None
        except RecursionError:
            return _failed(asks, INVALID_REQUEST, "the message nests too deep")
        except (OSError, HTTPException, ValueError) as error:
            return _failed(asks, INTERNAL_ERROR, _gone(error))
        if isinstance(answer, dict) and "jsonrpc" in answer:
            # A server that cannot read a message cannot tell which one it was.
            known = answer.get("id") is not None
            return self._noted(answer if known else {**answer, "id": asks})
        if status >= _FIRST_ERROR:
            told = answer.get("message") if isinstance(answer, dict) else None
            return _failed(asks, INTERNAL_ERROR, str(told or f"HTTP {status}"))
        return answer

    def _noted(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer; a version that it settles is the one that is spoken next."""
        result = answer.get("result")
        if isinstance(result, dict) and isinstance(result.get("protocolVersion"), str):
            self._version = result["protocolVersion"]
        return answer

    def _exchanged(self, message: dict[str, Any]) -> tuple[int, bytes]:
        url = running_server(self._folder)
        if url is None:
            raise ConnectionRefusedError("no server runs on the data folder")
        place = urlsplit(url)
        line = HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
        try:
            # A new connection each time: none of them can have been idle for too long,
            # so nothing is ever sent twice.
            body = json.dumps(self._with_facts(message)).encode()
            line.request("POST", PATH, body=body, headers=self._headers(message))
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def _with_facts(self, message: dict[str, Any]) -> dict[str, Any]:
        if message.get("method") not in NAMED_BY:
            return message
        params = dict(message.get("params") or {})
        meta = {FACTS: self._facts, **(params.get("_meta") or {})}
        return {**message, "params": {**params, "_meta": meta}}

    def _headers(self, message: dict[str, Any]) -> Mapping[str, str]:
        params = message.get("params")
        params = params if isinstance(params, dict) else {}
        meta = params.get("_meta")
        version = meta.get(VERSION) if isinstance(meta, dict) else None
        method = str(message.get("method") or "")
        told = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "Connection": "close",
        }
        key = self._key or local_token(self._folder)
        if key is not None:
            told["Authorization"] = f"Bearer {key}"
        if version or self._version:
            told["MCP-Protocol-Version"] = str(version or self._version)
        if version and method:
            # What is told once more beside a body: SEP-2243.
            told["Mcp-Method"] = method
            if method in NAMED_BY:
                told["Mcp-Name"] = _header(str(params.get(NAMED_BY[method], "")))
        return told


def _claimed_output() -> BinaryIO:
    """Standard output for the protocol alone: what else writes there is diverted."""
    ours = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return ours


def _header(value: str) -> str:
    """A value as a header field can carry it."""
    if value.isascii() and value.isprintable() and value == value.strip():
        return value
    return f"=?base64?{base64.b64encode(value.encode()).decode()}?="


def _failed(asks: object, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": asks, "error": {"code": code, "message": message}}


def _gone(error: Exception) -> str:
    reason = str(error) or type(error).__name__
    return (
        f"the memory's server does not answer ({reason}); start it with claude-mem "
        "server start --daemon, and go on without it until then"
    )
