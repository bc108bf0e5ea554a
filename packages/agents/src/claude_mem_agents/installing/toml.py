# SPDX-License-Identifier: Apache-2.0
"""Changing one table of a TOML text, and not a byte of the rest.

The table is written as a block of its own at the end. Whatever is done is read again by
a parser: where more changed than was meant, nothing is done.
"""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

_HEADER = re.compile(r"^[ \t]*\[.*$", re.MULTILINE)


def put(text: str, path: Sequence[str], new: Mapping[str, Any]) -> str:
    """The text with this table at a path of names, and all else as it was.

    Args:
        text: TOML 1.0.
        path: The names that lead to the table, all of plain letters.
        new: What it holds: strings, lists of strings, and tables of strings.

    Raises:
        ValueError: It is no TOML, or the table stands in it in another form than a
            block of its own.
    """
    if _at(tomllib.loads(text), path) == new:
        return text
    left = drop(text, path)
    end = "" if not left or left.endswith("\n") else "\n"
    block = _block(path, new)
    after = f"{left}{end}{block}" if left else block.lstrip("\n")
    wanted = _without(tomllib.loads(text), path)
    table = wanted
    for name in path[:-1]:
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            raise _other_form(path)
    table[path[-1]] = dict(new)
    return _checked(after, wanted, path)


def drop(text: str, path: Sequence[str]) -> str:
    """The text without the table at a path of names, and all else as it was.

    Raises:
        ValueError: It is no TOML, or the table stands in it in another form than a
            block of its own.
    """
    held = tomllib.loads(text)
    if _at(held, path) is None:
        return text
    wanted = _without(held, path)
    ours = re.compile(rf"^\[{re.escape('.'.join(path))}[.\]]", re.MULTILINE)
    for first in ours.finditer(text):
        left = _cut(text, first.start(), ours)
        # It may be a line of a longer string that only looks like our table.
        with suppress(ValueError):
            return _checked(left, wanted, path)
    raise _other_form(path)


def _cut(text: str, start: int, ours: re.Pattern[str]) -> str:
    """The text without the block that starts there, and its empty line before."""
    others = (
        one.start()
        for one in _HEADER.finditer(text, start)
        if not ours.match(text, one.start())
    )
    end = start + len(_written(text[start : next(others, len(text))]))
    if text[:start].endswith("\n\n"):
        start -= 1
    return text[:start] + text[end:]


def _written(block: str) -> str:
    """The block up to its last line that says something."""
    lines = block.splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return "".join(lines)


def _block(path: Sequence[str], new: Mapping[str, Any]) -> str:
    name = ".".join(path)
    plain = {key: one for key, one in new.items() if not isinstance(one, Mapping)}
    tables = {key: one for key, one in new.items() if isinstance(one, Mapping)}
    parts = [f"\n[{name}]\n{_lines(plain)}"]
    parts += [f"\n[{name}.{key}]\n{_lines(one)}" for key, one in tables.items()]
    return "".join(parts)


def _lines(said: Mapping[str, Any]) -> str:
    # A string of JSON is one of TOML too, and so is a list of them.
    dumped = {key: json.dumps(one, ensure_ascii=False) for key, one in said.items()}
    return "".join(f"{key} = {one}\n" for key, one in dumped.items())


def _at(held: Mapping[str, Any], path: Sequence[str]) -> Any:  # noqa: ANN401 - any TOML
    found: Any = held
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _without(held: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    left = copy.deepcopy(dict(held))
    tables = [left]
    for name in path[:-1]:
        inner = tables[-1].get(name)
        tables.append(inner if isinstance(inner, dict) else {})
    tables[-1].pop(path[-1], None)
    return _pruned(left, path[:-1])


def _pruned(held: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """Without tables on the path in which nothing stands any more."""
    if path and isinstance(held.get(path[0]), dict):
        inner = _pruned(held[path[0]], path[1:])
        held = {**held, path[0]: inner}
        if not inner:
            del held[path[0]]
    return held


def _checked(after: str, wanted: dict[str, Any], path: Sequence[str]) -> str:
    try:
        found = tomllib.loads(after)
    except tomllib.TOMLDecodeError as error:
        raise _other_form(path) from error
    if _pruned(found, path[:-1]) != _pruned(wanted, path[:-1]):
        raise _other_form(path)
    return after


def _other_form(path: Sequence[str]) -> ValueError:
    return ValueError(f"{'.'.join(path)} is not written as a [table] of its own")
