# SPDX-License-Identifier: Apache-2.0
"""The files that are open where a question is asked, and how near a memory is."""

from __future__ import annotations

from collections.abc import Iterable

from claude_mem_core.domain.paths import Places, folder_of, rooted

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
        self._files = Places(files)
        self._folders = Places(map(folder_of, files))

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


NOTHING_OPEN = OpenFiles(())
"""Where nobody said what is open."""
