# SPDX-License-Identifier: Apache-2.0
"""The tool calls that each agent wrote down itself, to hold what was kept against."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def with_ids(home: Path) -> set[str]:
    """The ids of all calls that ended, of the agents that give ids to calls."""
    return {
        *_in_lines(home, ".claude/projects/**/*.jsonl", '"type":"tool_result"'),
        *_in_lines(home, ".codex/sessions/**/*.jsonl", "call_output"),
        *_in_opencode(home),
    }


def of_gemini(home: Path) -> list[Json]:
    """The inputs of all calls that ended; Gemini CLI tells hooks of no ids."""
    ended: dict[str, Json] = {}
    for line in _lines(home, ".gemini/tmp/*/chats/*.jsonl"):
        for call in json.loads(line).get("toolCalls", ()):
            ended[call["id"]] = call["args"]
    return list(ended.values())


def _in_opencode(home: Path) -> Iterator[str]:
    for file in home.glob(".local/share/opencode/opencode.db"):
        with closing(sqlite3.connect(file)) as store:
            parts = [
                json.loads(row[0]) for row in store.execute("SELECT data FROM part")
            ]
        yield from (one["callID"] for one in parts if one["type"] == "tool")


def _in_lines(home: Path, pattern: str, sign: str) -> Iterator[str]:
    for line in _lines(home, pattern):
        if sign in line:
            yield from _ids(json.loads(line))


def _lines(home: Path, pattern: str) -> Iterator[str]:
    for file in home.glob(pattern):
        yield from file.read_text().splitlines()


def _ids(value: Any) -> set[str]:
    """The tool calls whose results stand somewhere in it."""
    if isinstance(value, list):
        return set().union(*map(_ids, value))
    if not isinstance(value, dict):
        return set()
    ids = {value.get("tool_use_id")} if value.get("type") == "tool_result" else set()
    if str(value.get("type", "")).endswith("call_output"):
        ids.add(value.get("call_id"))
    return {one for one in ids if one}.union(*map(_ids, value.values()))
