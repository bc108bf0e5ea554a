# SPDX-License-Identifier: Apache-2.0
"""The promises of a port, read from its docstrings, and those that a test quotes.

A port promises what stands behind the bullets of its own docstring, and what the
first paragraphs of its methods say. A test quotes a promise word for word: each
paragraph of its docstring is one.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import get_type_hints

PORTS = "claude_mem_core.ports"

_BULLET = re.compile(r"^\* (.+?)(?=^\* |^$|\Z)", re.MULTILINE | re.DOTALL)


def promises(port: type) -> frozenset[str]:
    """Everything that `port`, and the ports that it extends, promise."""
    family = [one for one in port.__mro__ if one.__module__.startswith(PORTS)]
    return frozenset(promise for one in family for promise in _own(one))


def quoted(test: object) -> frozenset[str]:
    """The promises that the docstring of a test quotes."""
    return frozenset(map(_plain, _paragraphs(test)))


def _own(port: type) -> Iterator[str]:
    yield from map(_plain, _BULLET.findall(inspect.getdoc(port) or ""))
    for member in vars(port).values():
        asked = getattr(member, "__isabstractmethod__", False)
        if asked and not _leads_to_a_port(member):
            yield from map(_plain, _paragraphs(member)[:1])


def _leads_to_a_port(member: object) -> bool:
    """Whether it is a property such as ``Transaction.jobs``."""
    if not isinstance(member, property):
        return False
    kind = get_type_hints(member.fget).get("return")
    return getattr(kind, "__module__", "").startswith(PORTS)


def _paragraphs(thing: object) -> list[str]:
    doc = inspect.getdoc(thing) or ""
    return [part for part in doc.split("\n\n") if part.strip()]


def _plain(text: str) -> str:
    """`text` in one line: neither the mark that ends it nor a capital matters."""
    line = " ".join(text.split()).rstrip(".;")
    return line[:1].lower() + line[1:]
