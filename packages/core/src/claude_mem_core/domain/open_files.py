# SPDX-License-Identifier: Apache-2.0
"""The files that are open where a question is asked, and how near a memory is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from claude_mem_core.domain.paths import endings, folder_of, rooted

BESIDE = 0.25
"""What naming a file of the same folder counts, beside naming the file itself: a folder
has many files, and most of what is said of the others is of no use for this one."""


class OpenFiles:
    """Some files, of which memories may tell.

    Args:
        paths: As the asker spells them; they match as a filter by file does.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        files = [one for one in map(rooted, paths) if one]
        self._files = _Ends.of(files)
        self._folders = _Ends.of(map(folder_of, files))

    def __bool__(self) -> bool:
        """Whether any is open."""
        return bool(self._files)

    def names(self, files: Iterable[str]) -> bool:
        """Whether one of the rooted paths can be one of these files."""
        return any(map(self._files.match, files))

    def nearness(self, files: Iterable[str]) -> float:
        """1 where one of the rooted paths is an open file, less beside one, else 0."""
        told = tuple(files)
        if self.names(told):
            return 1.0
        return BESIDE * any(self._folders.match(folder_of(one)) for one in told)


class _Ends:
    """Paths that are compared by whole segments from their ends, at once with many."""

    def __init__(self, whole: frozenset[str], ends: frozenset[str]) -> None:
        self._whole = whole
        self._ends = ends

    def __bool__(self) -> bool:
        return bool(self._whole)

    @classmethod
    def of(cls, paths: Iterable[str]) -> Self:
        """Rooted paths; an empty one is none."""
        whole = frozenset(path for path in paths if path)
        return cls(whole, frozenset(end for path in whole for end in endings(path)))

    def match(self, path: str) -> bool:
        """Whether a rooted path is one of them, ends with one, or is the end of one."""
        if not path or not self._whole:
            return False
        return path in self._ends or not self._whole.isdisjoint(endings(path))


NOTHING_OPEN = OpenFiles(())
"""Where nobody said what is open."""
