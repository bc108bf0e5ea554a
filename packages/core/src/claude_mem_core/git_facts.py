# SPDX-License-Identifier: Apache-2.0
"""What the disk tells of a folder: the repository around it, and its remotes.

A few small files are read, and no program is started: a session must not wait for
this, and must never fail over it. What cannot be read is left out.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from claude_mem_core.domain.folder import folder_key, is_wide
from claude_mem_core.domain.project_identity import MOST_REMOTES, ProjectFacts
from claude_mem_core.domain.remote import without_secrets

MOST_PARENTS = 64
LONGEST_POINTER = 8 * 1024
LARGEST_CONFIG = 1024 * 1024
_FIRST = ("origin", "upstream")
"""The remotes that decide, in this order; without them any does."""

_SECTION = re.compile(r'\[\s*remote\s+"((?:[^"\\]|\\.)*)"\s*\]', re.IGNORECASE)
_URL = re.compile(r"\s*url\s*=\s*(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Repository:
    """Where a repository is.

    Attributes:
        top_level: None where it has no working copy.
    """

    top_level: Path | None
    common_dir: Path


def facts_of(folder: Path) -> ProjectFacts:
    """What is known of a folder; it may be gone, and then of the nearest one above."""
    try:
        return _facts_of(folder)
    except (OSError, ValueError, RuntimeError):
        return ProjectFacts(folder=str(folder))


def _facts_of(folder: Path) -> ProjectFacts:
    given = Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100 - links stay
    real = given.resolve()
    found = _around(real)
    if found is None:
        return ProjectFacts(
            folder=str(given), real_folder=str(real), looked=given.is_dir()
        )
    top = found.top_level
    return ProjectFacts(
        folder=str(given),
        real_folder=str(real),
        top_level=str(top) if top is not None else None,
        common_dir=str(found.common_dir),
        remotes=tuple(_told(_remotes(found.common_dir), top or found.common_dir)),
        looked=True,
    )


def _around(folder: Path) -> _Repository | None:
    for place in (folder, *folder.parents)[:MOST_PARENTS]:
        found = _at(place)
        if found is None:
            continue
        # Who keeps the settings of a home in git has not put all that is in it there.
        is_home = is_wide(folder_key(str(place)) or "")
        return None if is_home and place != folder else found
    return None


def _at(place: Path) -> _Repository | None:
    inside = place / ".git"
    kind = _kind(inside)
    if kind == stat.S_IFDIR:
        return _Repository(place, _common(inside))
    if kind == stat.S_IFREG:
        pointer = _read(inside, LONGEST_POINTER).removeprefix("gitdir:").strip()
        return _Repository(place, _common(_from(place, pointer))) if pointer else None
    is_bare = all(_kind(place / name) for name in ("HEAD", "objects", "refs", "config"))
    return _Repository(None, place) if is_bare else None


def _common(git_dir: Path) -> Path:
    """Where the working copies of a repository meet; a submodule has its own place."""
    told = _read(git_dir / "commondir", LONGEST_POINTER).strip()
    return (_from(git_dir, told) if told else git_dir).resolve()


def _remotes(common_dir: Path) -> Mapping[str, str]:
    """The first address of each remote, by its name."""
    found: dict[str, str] = {}
    name = None
    for line in _read(common_dir / "config", LARGEST_CONFIG).splitlines():
        section = _SECTION.match(line.strip())
        if line.lstrip().startswith("["):
            name = section[1] if section else None
        elif name is not None and (url := _URL.fullmatch(line)):
            found.setdefault(name, url[1].strip().strip('"'))
    return found


def _told(remotes: Mapping[str, str], place: Path) -> Iterator[str]:
    for name in _deciding(remotes):
        url = remotes[name]
        # A path is relative to the working copy, as git has it.
        url = str(_from(place, url)) if url.startswith(".") else url
        told = without_secrets(str(Path(url).resolve()) if folder_key(url) else url)
        if told is not None:
            yield told


def _deciding(remotes: Mapping[str, str]) -> Sequence[str]:
    first = [name for name in _FIRST if name in remotes]
    return first or sorted(remotes)[:MOST_REMOTES]


def _from(place: Path, path: str) -> Path:
    return Path(os.path.normpath(place / path))


def _kind(path: Path) -> int:
    """What is there, by the bits of its mode; 0 for nothing."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except (OSError, ValueError):
        return 0


def _read(path: Path, most: int) -> str:
    """The text of a small file; anything else has none: no pipe is waited for."""
    if _kind(path) != stat.S_IFREG:
        return ""
    try:
        with path.open("rb") as file:
            return file.read(most).decode("utf-8", "replace")
    except OSError:
        return ""
