# SPDX-License-Identifier: Apache-2.0
"""What is a message of JSON-RPC 2.0, and what is told of one that is none.

It is looked at before anything else reads it, and imports nothing of MCP: what others
say of a message that is none repeats what was sent, a secret too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS = -32700, -32600, -32602
"""Codes of JSON-RPC 2.0, section 5.1."""

NAMED_BY: Mapping[str, str] = {
    "tools/call": "name",
    "prompts/get": "name",
    "resources/read": "uri",
}
"""By which parameter a method names what is called."""


class NotAMessageError(Exception):
    """A text that is no message, or one whose parameters have no right shape.

    Attributes:
        answer: What is answered to it, as the protocol has errors.
    """

    def __init__(self, code: int, message: str, asks: object = None) -> None:
        super().__init__(message)
        error = {"code": code, "message": message}
        self.answer = {"jsonrpc": "2.0", "id": asks, "error": error}


def message_of(text: bytes) -> dict[str, Any]:
    """The message that a text is: a request, a notification or an answer.

    Raises:
        NotAMessageError: It is none; it says what is wrong and how it is right.
    """
    try:
        message = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise NotAMessageError(PARSE_ERROR, "the message nests too deep") from None
    except ValueError:
        raise NotAMessageError(PARSE_ERROR, "the message is no JSON") from None
    if not isinstance(message, dict):
        told = "the message is no object of JSON; send one at a time"
        raise NotAMessageError(INVALID_REQUEST, told)
    _require_request(message)
    return message


def _require_request(message: Mapping[str, Any]) -> None:
    asks = message.get("id")
    if "id" in message and (isinstance(asks, bool) or not isinstance(asks, str | int)):
        raise NotAMessageError(INVALID_REQUEST, "id: send a string or an integer")
    if message.get("jsonrpc") != "2.0":
        raise NotAMessageError(INVALID_REQUEST, 'jsonrpc: send "2.0"', asks)
    if "method" not in message and ("result" in message or "error" in message):
        return
    method, params = message.get("method"), message.get("params", {})
    if not isinstance(method, str):
        raise NotAMessageError(INVALID_REQUEST, "method: send a string", asks)
    if not isinstance(params, dict):
        raise NotAMessageError(INVALID_PARAMS, "params: send an object", asks)
    if method in NAMED_BY:
        _require_named(params, NAMED_BY[method], asks)


def _require_named(params: Mapping[str, Any], name: str, asks: object) -> None:
    if not isinstance(params.get(name), str):
        raise NotAMessageError(INVALID_PARAMS, f"{name}: send a string", asks)
    for one in ("arguments", "_meta"):
        if not isinstance(params.get(one) or {}, dict):
            raise NotAMessageError(INVALID_PARAMS, f"{one}: send an object", asks)


def _no_constant(name: str) -> NoReturn:
    """NaN and the infinities: JSON has none of them."""
    raise ValueError(name)
