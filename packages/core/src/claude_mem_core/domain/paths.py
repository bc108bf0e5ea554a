# SPDX-License-Identifier: Apache-2.0
"""Whether two spellings of a path can mean one file, or a file and its folder."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable

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


class Places:
    """Rooted paths, with each of which others are compared as `same_file` does.

    A path is looked at only beside those that have its last segment: neither how many
    they are nor how deep they lie makes it slow.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        for path in dict.fromkeys(one for one in paths if one):
            self._by_name[_last(path)].append(path)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._by_name)

    @property
    def names(self) -> Collection[str]:
        """The last segments that they have."""
        return self._by_name.keys()

    def match(self, path: str) -> bool:
        """Whether a rooted path is one of them, ends with one, or is the end of one."""
        beside = self._by_name.get(_last(path), ())
        return any(same_file(path, one) for one in beside)


def _last(path: str) -> str:
    return path[path.rfind("/") + 1 :]
