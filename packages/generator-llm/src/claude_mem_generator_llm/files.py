# SPDX-License-Identifier: Apache-2.0
"""The files that a turn was seen to touch: no word of a model adds any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.extraction.evidence import evidence_of
from claude_mem_core.domain.project import Project

MOST_FILES = 20


@dataclass(frozen=True, slots=True)
class SeenFiles:
    """The files of a turn, by each way to spell them.

    Attributes:
        written: Those that a tool wrote.
        touched: Those that a tool wrote or read.
    """

    written: Mapping[str, str]
    touched: Mapping[str, str]

    def modified(self, named: Iterable[str]) -> tuple[str, ...]:
        """Those of the named files that a tool wrote."""
        return _known(named, self.written)

    def read(self, named: Iterable[str]) -> tuple[str, ...]:
        """Those of the named files that a tool touched."""
        return _known(named, self.touched)


def seen_files(events: Sequence[AgentEvent], project: Project) -> SeenFiles:
    """What tool calls show of files."""
    evidence = evidence_of(events)
    root = project.root_path or evidence.folder
    written = [line.text for use in evidence.writes for line in use.files]
    read = [line.text for use in evidence.reads for line in use.files]
    return SeenFiles(_spellings(written, root), _spellings([*written, *read], root))


def _known(named: Iterable[str], seen: Mapping[str, str]) -> tuple[str, ...]:
    found = (seen.get(_plain(one)) for one in named)
    return tuple(dict.fromkeys(one for one in found if one is not None))[:MOST_FILES]


def _spellings(paths: Iterable[str], root: str) -> Mapping[str, str]:
    """From each spelling to the path as the project knows it.

    The end of a path stands for it where no other file ends so.
    """
    whole = {path: _within(_plain(path), _plain(root)) for path in paths}
    short: dict[str, set[str]] = {}
    for path, known in whole.items():
        for end in _ends(_plain(path)):
            short.setdefault(end, set()).add(known)
    clear = {end: next(iter(found)) for end, found in short.items() if len(found) == 1}
    return {**clear, **{_plain(path): known for path, known in whole.items()}}


def _ends(path: str) -> Iterator[str]:
    parts = path.strip("/").split("/")
    for start in range(len(parts)):
        yield "/".join(parts[start:])


def _within(path: str, root: str) -> str:
    """The path as the project knows it, when it is inside the project."""
    folder = root.rstrip("/") + "/"
    inside = bool(root) and path.startswith(folder) and len(path) > len(folder)
    return path[len(folder) :] if inside else path


def _plain(path: str) -> str:
    return path.strip().replace("\\", "/").removeprefix("./")
