# SPDX-License-Identifier: Apache-2.0
"""Changing one member of a JSON text, and not a byte of the rest.

Comments and trailing commas are read too, as several agents allow them in their
settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_BLANK = re.compile(r"(?:[\s\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_PLAIN = re.compile(r"[^\s,\]}/]+")


@dataclass
class _Node:
    """A value in the text, and where it stands."""

    start: int
    end: int = 0
    value: Any = None
    members: dict[str, _Member] | None = None


@dataclass
class _Member:
    """A member of an object: where its name and its value stand, and its comma."""

    start: int
    node: _Node
    comma: int | None = field(default=None)


def value(text: str) -> Any:  # noqa: ANN401 - any JSON
    """What the text says; an empty one says an empty object.

    Raises:
        ValueError: It is no JSON, with or without comments.
    """
    return _root(text).value


def put(text: str, path: Sequence[str], new: object) -> str:
    """The text with this value at a path of names, and all else as it was."""
    if not text.strip():
        text = "{}\n"
    node, unit = _root(text), _unit(text)
    for depth, name in enumerate(path):
        if node.members is None:
            raise ValueError(f"{'.'.join(path[:depth]) or 'the file'} is no object")
        member = node.members.get(name)
        if member is None:
            rest: object = new
            for inner in reversed(path[depth + 1 :]):
                rest = {inner: rest}
            return _inserted(text, node, name, rest, unit, depth + 1)
        node = member.node
    if node.value == new:
        return text
    told = _told(new, unit, len(path))
    return text[: node.start] + told + text[node.end :]


def drop(text: str, path: Sequence[str]) -> str:
    """The text without the member at a path, nor the objects that this leaves empty."""
    node = _root(text)
    parents: list[tuple[_Node, str]] = []
    for name in path:
        if node.members is None or name not in node.members:
            return text
        parents.append((node, name))
        node = node.members[name].node
    while len(parents) > 1 and len(parents[-1][0].members or {}) == 1:
        parents.pop()
    owner, name = parents[-1]
    return _without(text, owner, name)


def _without(text: str, owner: _Node, name: str) -> str:
    members = owner.members or {}
    names = list(members)
    at = names.index(name)
    gone = members[name]
    if len(names) == 1:
        return text[: owner.start] + "{}" + text[owner.end :]
    if at + 1 < len(names):
        return text[: gone.start] + text[members[names[at + 1]].start :]
    before = members[names[at - 1]]
    if gone.comma is not None and before.comma is not None:
        return text[: before.comma + 1] + text[gone.comma + 1 :]
    return text[: before.node.end] + text[gone.node.end :]


def _inserted(
    text: str, owner: _Node, name: str, new: object, unit: str, depth: int
) -> str:
    line = f"{json.dumps(name, ensure_ascii=False)}: {_told(new, unit, depth)}"
    pad = f"\n{unit * depth}"
    if not owner.members:
        inner = text[owner.start + 1 : owner.end - 1].rstrip()
        end = f"\n{unit * (depth - 1)}" + "}"
        return f"{text[: owner.start]}{{{inner}{pad}{line}{end}{text[owner.end :]}"
    last = list(owner.members.values())[-1]
    if last.comma is None:
        at = last.node.end
        return f"{text[:at]},{pad}{line}{text[at:]}"
    at = last.comma + 1
    return f"{text[:at]}{pad}{line},{text[at:]}"


def _told(new: object, unit: str, depth: int) -> str:
    lines = json.dumps(new, indent=unit, ensure_ascii=False).split("\n")
    return f"\n{unit * depth}".join(lines)


def _unit(text: str) -> str:
    """How much further one level stands to the right."""
    found = re.search(r'^([ \t]+)"', text, re.MULTILINE)
    return found[1] if found else "  "


def _root(text: str) -> _Node:
    if not text.strip():
        return _Node(0, len(text), {}, {})
    node = _read(text, _after(text, 0))
    if _after(text, node.end) != len(text):
        raise ValueError(f"there is more behind its end, at character {node.end}")
    return node


def _after(text: str, at: int) -> int:
    """The next place that is neither blank nor comment."""
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _read(text: str, at: int) -> _Node:
    sign = text[at : at + 1]
    if sign == "{":
        return _object(text, at)
    if sign == "[":
        return _array(text, at)
    found = _STRING.match(text, at) if sign == '"' else _PLAIN.match(text, at)
    if found is None:
        raise ValueError(f"there is no value at character {at}")
    return _Node(at, found.end(), json.loads(found[0], strict=False))


def _object(text: str, at: int) -> _Node:
    members: dict[str, _Member] = {}
    node, here = _Node(at, members=members), _after(text, at + 1)
    while text[here : here + 1] != "}":
        name = _STRING.match(text, here)
        if name is None:
            raise ValueError(f"there is no name at character {here}")
        colon = _after(text, name.end())
        if text[colon : colon + 1] != ":":
            raise ValueError(f"there is no colon at character {colon}")
        member = _Member(here, _read(text, _after(text, colon + 1)))
        members[json.loads(name[0], strict=False)] = member
        here, member.comma = _next(text, member.node.end, "}")
    node.end = here + 1
    node.value = {key: one.node.value for key, one in members.items()}
    return node


def _array(text: str, at: int) -> _Node:
    items, here = [], _after(text, at + 1)
    while text[here : here + 1] != "]":
        item = _read(text, here)
        items.append(item.value)
        here, _ = _next(text, item.end, "]")
    return _Node(at, here + 1, items)


def _next(text: str, at: int, closing: str) -> tuple[int, int | None]:
    """Where the next member stands or the end, and the comma before it."""
    here = _after(text, at)
    if text[here : here + 1] == ",":
        return _after(text, here + 1), here
    if text[here : here + 1] != closing:
        raise ValueError(f"there is neither a comma nor an end at character {here}")
    return here, None
