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
    items: list[_Member] | None = None


@dataclass
class _Member:
    """A member of an object or a list: where it and its value stand, and its comma."""

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


def add(text: str, path: Sequence[str], entry: object, *, known_by: str) -> str:
    """The text with this entry in the list at a path, in place of one of that word."""
    node, unit = _found(text, path), _unit(text)
    if node is None:
        return put(text, path, [entry])
    if node.items is None:
        raise ValueError(f"{'.'.join(path)} is no list")
    told = _told(entry, unit, len(path) + 1)
    for item in node.items:
        if known_by in text[item.start : item.node.end]:
            same = item.node.value == entry
            kept = text[item.start : item.node.end] if same else told
            return text[: item.start] + kept + text[item.node.end :]
    if not node.items:
        return text[: node.start] + _told([entry], unit, len(path)) + text[node.end :]
    last = node.items[-1]
    pad = f"\n{unit * (len(path) + 1)}"
    at, after = last.node.end, f",{pad}{told}"
    if last.comma is not None:
        at, after = last.comma + 1, f"{pad}{told},"
    return text[:at] + after + text[at:]


def take(text: str, path: Sequence[str], *, known_by: str) -> str:
    """The text without the entry of the list at a path that is known by a word."""
    node = _found(text, path)
    for at, item in enumerate((node and node.items) or ()):
        if known_by in text[item.start : item.node.end]:
            items = (node and node.items) or []
            return drop(text, path) if len(items) == 1 else _cut(text, items, at)
    return text


def _found(text: str, path: Sequence[str]) -> _Node | None:
    """What stands at a path, if something does."""
    node = _root(text)
    for name in path:
        member = (node.members or {}).get(name)
        if member is None:
            return None
        node = member.node
    return node


def _cut(text: str, members: Sequence[_Member], at: int) -> str:
    """The text without one of several members, and without its comma."""
    gone = members[at]
    if at + 1 < len(members):
        return text[: gone.start] + text[members[at + 1].start :]
    before = members[at - 1]
    if gone.comma is not None and before.comma is not None:
        return text[: before.comma + 1] + text[gone.comma + 1 :]
    return text[: before.node.end] + text[gone.node.end :]


def _without(text: str, owner: _Node, name: str) -> str:
    members = owner.members or {}
    if len(members) == 1:
        return text[: owner.start] + "{}" + text[owner.end :]
    return _cut(text, list(members.values()), list(members).index(name))


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
    items: list[_Member] = []
    here = _after(text, at + 1)
    while text[here : here + 1] != "]":
        item = _Member(here, _read(text, here))
        items.append(item)
        here, item.comma = _next(text, item.node.end, "]")
    return _Node(at, here + 1, [one.node.value for one in items], items=items)


def _next(text: str, at: int, closing: str) -> tuple[int, int | None]:
    """Where the next member stands or the end, and the comma before it."""
    here = _after(text, at)
    if text[here : here + 1] == ",":
        return _after(text, here + 1), here
    if text[here : here + 1] != closing:
        raise ValueError(f"there is neither a comma nor an end at character {here}")
    return here, None
