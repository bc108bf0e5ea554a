# SPDX-License-Identifier: Apache-2.0
"""What is no message is told from what is one, and nothing of it is said again."""

from __future__ import annotations

import json

import pytest
from claude_mem_core.errors import InvalidInputError
from claude_mem_mcp_adapter.asking import Search
from claude_mem_mcp_adapter.messages import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    NotAMessageError,
    message_of,
)
from mcp.shared.exceptions import MCPError
from mcp_calls import ERAS, call, within

SECRET = "hunter2hunter2"  # noqa: S105 - an example
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def calling(**params: object) -> dict[str, object]:
    return {**PING, "method": "tools/call", "params": params}


@pytest.mark.parametrize(
    "message",
    [
        PING,
        {**PING, "id": "a"},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        calling(name="search"),
        calling(name="search", arguments={}, _meta=None),
    ],
)
def test_a_message_is_read(message) -> None:
    assert message_of(json.dumps(message).encode()) == message


@pytest.mark.parametrize(
    ("sent", "code", "says"),
    [
        (b"", PARSE_ERROR, "no JSON"),
        (b"{" + SECRET.encode(), PARSE_ERROR, "no JSON"),
        (b'\xff{"id": 1}', PARSE_ERROR, "no JSON"),
        (b'{"a": NaN}', PARSE_ERROR, "no JSON"),
        (b"[" * 100_000, PARSE_ERROR, "too deep"),
        ([PING], INVALID_REQUEST, "one at a time"),
        (SECRET, INVALID_REQUEST, "no object"),
        ({**PING, "id": None}, INVALID_REQUEST, "id"),
        ({**PING, "id": {"a": SECRET}}, INVALID_REQUEST, "id"),
        ({**PING, "id": True}, INVALID_REQUEST, "id"),
        ({**PING, "jsonrpc": SECRET}, INVALID_REQUEST, "jsonrpc"),
        ({"jsonrpc": "2.0", "id": 1}, INVALID_REQUEST, "method"),
        ({**PING, "method": [SECRET]}, INVALID_REQUEST, "method"),
        ({**PING, "params": [SECRET]}, INVALID_PARAMS, "params"),
        (calling(), INVALID_PARAMS, "name"),
        (calling(name="search", arguments=[SECRET]), INVALID_PARAMS, "arguments"),
        (calling(name="search", _meta=SECRET), INVALID_PARAMS, "_meta"),
    ],
)
def test_what_is_no_message_is_told_so_without_what_it_says(sent, code, says) -> None:
    text = sent if isinstance(sent, bytes) else json.dumps(sent).encode()

    with pytest.raises(NotAMessageError, match=says) as told:
        message_of(text)

    error = told.value.answer["error"]
    assert error["code"] == code
    assert SECRET not in json.dumps(told.value.answer)


@pytest.mark.parametrize("mode", ERAS)
def test_a_tool_that_is_not_there_is_answered_with_those_that_are(server, mode) -> None:
    with pytest.raises(MCPError, match=r"no tool is called 'nope'.*search") as told:
        call(server, "nope", mode)

    assert told.value.error.code == INVALID_PARAMS


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("nope", {}, "no prompt is called 'nope'; there are: recall"),
        ("recall", {}, "question: recall needs it"),
        ("recall", {"question": "x", "where": "y"}, "where: recall has no such"),
    ],
)
def test_a_prompt_that_is_asked_for_the_wrong_way_says_the_right_one(
    server, mode, name, given, says
) -> None:
    async def filled(client):
        await client.get_prompt(name, given)

    with pytest.raises(MCPError, match=says) as told:
        within(server, mode, filled)

    assert told.value.error.code == INVALID_PARAMS


@pytest.mark.parametrize(
    ("limit", "says"), [(float("nan"), "finite"), (True, "no number"), ("x", "integer")]
)
def test_a_number_that_is_none_is_told_so(limit, says) -> None:
    with pytest.raises(InvalidInputError, match=rf"limit: .*{says}"):
        Search.read({"limit": limit})


def test_digits_are_a_number() -> None:
    assert Search.read({"limit": "3"}).limit == 3
