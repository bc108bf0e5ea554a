# SPDX-License-Identifier: Apache-2.0
"""Whether two spellings of a path can mean one file, or a file and its folder."""

from __future__ import annotations

import re
from collections.abc import Iterable

_GAPS = re.compile(r"[/\\]+")
_UNFIT = re.compile(r"[\x00-\x1f]")


def rooted(path: str) -> str:
    r"""A path by its segments, each after a slash, whatever slashes it had.

    `C:\src/app.py` becomes `/C:/src/app.py`, `./src//app.py` is `/src/app.py`, and the
    root alone is empty.
    """
    plain = _UNFIT.sub(" ", path.strip())
    segments = (one for one in _GAPS.split(plain) if one not in ("", "."))
    return "".join(f"/{one}" for one in segments)


def folder_of(path: str) -> str:
    """The folder in which a rooted path lies, rooted; empty when none is told."""
    return path.rpartition("/")[0]


def all_rooted(paths: Iterable[str]) -> tuple[str, ...]:
    """Paths by their segments, each once and in their order, without empty ones."""
    return tuple(dict.fromkeys(one for one in map(rooted, paths) if one))


def endings(path: str) -> tuple[str, ...]:
    """A rooted path and its ends of whole segments, the longest first."""
    segments = path.split("/")[1:]
    return tuple("/" + "/".join(segments[at:]) for at in range(len(segments)))


def matches(stored: str, asked: str) -> bool:
    """Whether `stored` can be the file `asked`, or lie directly in that folder.

    One is the other, or its end by whole segments: so an absolute path finds a
    relative one, and the other way round.
    """
    file, wanted = rooted(stored), rooted(asked)
    return same_file(file, wanted) or same_file(folder_of(file), wanted)


def same_file(one: str, other: str) -> bool:
    """Whether one rooted path is the other, or its end by whole segments."""
    return bool(one and other) and (one.endswith(other) or other.endswith(one))
