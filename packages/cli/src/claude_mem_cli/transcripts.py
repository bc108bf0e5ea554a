# SPDX-License-Identifier: Apache-2.0
"""Finding transcripts: where the agents keep them, in a folder, or by their names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from claude_mem_core.domain.transcript import Heard
from claude_mem_core.errors import ConfigurationError
from claude_mem_core.file_heads import head_of
from claude_mem_core.launch import installed_plugins
from claude_mem_core.plugins import Format

FIRST = 50
"""Events at the beginning of a transcript that are looked at for its folder."""

_OWN_FILES = (".git", "node_modules", ".venv", "__pycache__")


FileState = tuple[str, int, int]
"""A file's path, its bytes, and when it was written, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Found:
    """A transcript: its file, and those of the same session's helpers.

    Attributes:
        at_home: It stands where its agent keeps it, and may still write it.
    """

    format: Format
    path: Path
    companions: tuple[Path, ...]
    at_home: bool

    @property
    def files(self) -> tuple[Path, ...]:
        """All files of it."""
        return (self.path, *self.companions)

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(state[1] for state in self.state)

    @property
    def state(self) -> Sequence[FileState]:
        """What changes when one of them does."""
        return [state for one in self.files for state in states_of(one)]

    @property
    def written_at(self) -> int:
        """When the last of them was written, in nanoseconds."""
        return max(state[2] for state in self.state)


class Finder:
    """Finds the transcripts of this user.

    Args:
        env: In which the agents run: it says where the home is.
        agents: Only of these agents; of all that can be read without any.

    Raises:
        ConfigurationError: No installed distribution reads those of such an agent.
    """

    def __init__(self, env: Mapping[str, str], agents: Iterable[str] = ()) -> None:
        known = {one.name: one for one in installed_plugins().transcripts()}
        for name in agents:
            if name not in known:
                names = ", ".join(sorted(known)) or "none; install claude-mem-agents"
                fault = f"no transcripts of {name!r} are read; only of: {names}"
                raise ConfigurationError(fault)
        wanted = tuple(agents) or tuple(known)
        self._formats = [known[name] for name in wanted]
        home = Path(env.get("HOME") or Path.home())
        self._places = {
            one.name: [place.absolute() for place in one.places(home, env)]
            for one in self._formats
        }

    @property
    def places(self) -> Sequence[Path]:
        """Where the agents keep their transcripts, as far as these places exist."""
        each = [place for places in self._places.values() for place in places]
        return [place for place in each if place.exists()]

    def at_home(self) -> Iterator[Found]:
        """Every transcript in the agents' own places, in the order of their names."""
        for format_ in self._formats:
            yield from self._several(self._files_of(format_), [format_])

    def states(self) -> Iterator[tuple[Path, Sequence[FileState]]]:
        """Each file in the agents' own places, and what changes when it is written."""
        for format_ in self._formats:
            for path in self._files_of(format_):
                yield path, states_of(path)

    def whole(self, path: Path) -> Found | None:
        """The transcript that a file of the agents' places is of, with all its files.

        A helper's file is of the transcript of its session.
        """
        for format_ in self._formats:
            files = self._files_of(format_)
            if path in files:
                owners = (one for one in files if path in format_.companions(one))
                owner = next(owners, path)
                return next(self._several([owner], [format_]), None)
        return None

    def in_folder(self, folder: Path) -> tuple[Sequence[Found], Sequence[Path]]:
        """The transcripts in a folder and below it, and the other files."""
        files = [*walk(folder)]
        found = [*self._several(files, self._formats)]
        taken = {path for one in found for path in one.files}
        return found, [path for path in files if path not in taken]

    def one(self, path: Path) -> Found | None:
        """The transcript that a file is, if it is one."""
        return next(self._several([path], self._formats), None)

    def newest(self, most: int) -> Sequence[Found]:
        """The transcripts that were written last, the newest first."""
        files = [
            (path, format_)
            for format_ in self._formats
            for path in _without_companions(self._files_of(format_), [format_])
        ]
        files.sort(key=lambda one: _written(one[0])[1], reverse=True)
        found = (self._several([path], [format_]) for path, format_ in files)
        return [*islice((one for each in found for one in each), most)]

    def _files_of(self, format_: Format) -> Sequence[Path]:
        return [path for one in self._places[format_.name] for path in walk(one)]

    def _several(
        self, files: Sequence[Path], formats: Sequence[Format]
    ) -> Iterator[Found]:
        for path in _without_companions(files, formats):
            format_ = _recognised(path, formats)
            if format_ is not None:
                others = tuple(format_.companions(path))
                yield Found(format_, path, others, self._is_at_home(path, format_))

    def _is_at_home(self, path: Path, format_: Format) -> bool:
        whole = path.absolute()
        return any(whole.is_relative_to(one) for one in self._places[format_.name])


def states_of(path: Path) -> Sequence[FileState]:
    """What changes when a file is written.

    A database that is being written has what is new in a file beside it.
    """
    beside = path.with_name(f"{path.name}-wal")
    both = (path, beside) if path.suffix == ".db" else (path,)
    return [(str(one), *_written(one)) for one in both]


def walk(place: Path) -> Iterator[Path]:
    """A file, or the files below a folder, in the order of their names."""
    if place.is_file():
        yield place
        return
    for folder, below, names in os.walk(place):
        below[:] = sorted(one for one in below if one not in _OWN_FILES)
        yield from (Path(folder, name) for name in sorted(names))


def folders_of(found: Found) -> frozenset[str]:
    """The folders in which the first events of a transcript happened."""
    try:
        heard = found.format.open(found.path).read()
        first = [one for one in islice(heard, FIRST) if isinstance(one, Heard)]
    except OSError:
        return frozenset()
    return frozenset(one.event.root_path for one in first if one.event.root_path)


def is_of_folder(found: Found, folder: Path) -> bool:
    """Whether the agent worked in this folder, or in one around it."""
    around = {str(one) for one in (folder, *folder.parents, folder.resolve())}
    wide = {str(Path.home()), "/"} - {str(folder)}
    return not folders_of(found).isdisjoint(around - wide)


def _recognised(path: Path, formats: Sequence[Format]) -> Format | None:
    head = head_of(path)
    return next((one for one in formats if one.recognises(path, head)), None)


def _without_companions(
    files: Sequence[Path], formats: Sequence[Format]
) -> Sequence[Path]:
    """The files that belong to no other one of them."""
    each = (one.companions(path) for one in formats for path in files)
    of_others = {other for others in each for other in others}
    return [path for path in files if path not in of_others]


def _written(path: Path) -> tuple[int, int]:
    try:
        known = path.stat()
    except OSError:
        return 0, 0
    return known.st_size, known.st_mtime_ns
