# SPDX-License-Identifier: Apache-2.0
"""A folder by its path: the same one on every way that a client may spell it.

Paths are read as text. Nothing here looks at a disk: a path may be of another
machine, and whoever sent it must not decide what this one opens.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Sequence

_DRIVE = re.compile(
    r"(?:[\\/]{2}[?.][\\/])?(?P<drive>[a-zA-Z]):(?P<path>(?:[\\/](?s:.*))?)"
)
_MOUNTED = re.compile(r"/mnt/(?P<drive>[a-z])(?P<path>(?:/(?s:.*))?)")
_WSL = re.compile(
    r"[\\/]{2}(?i:wsl)(?:\$|(?i:\.localhost))[\\/][^\\/]+(?P<path>(?:[\\/](?s:.*))?)"
)
_PRIVATE = re.compile(r"/private(?=/(?:tmp|var|etc)(?:/|$))")
_WORKTREES = re.compile(
    r"(?P<main>folder:(?s:.+?))/(?:\.claude/worktrees|\.worktrees)(?:/(?s:.*))?"
)
_BLIND_TO_CASE = re.compile(r"(?i:[a-z]:/)|//|/(?:Users|Volumes)/")
_WIDE = re.compile(
    r"~|[a-z]:/|/|/(?:root|tmp|var/tmp|home|users|mnt|volumes|opt|srv)"
    r"|(?:[a-z]:)?/(?:home|users)/[^/]+|/var/folders/.*|[a-z]:/users/[^/]+/appdata/.*",
)

MOST_PARENTS = 64
"""Folders above one that are looked at: a path may have as many as it likes."""


def folder_key(path: str) -> str | None:
    """The identity of a folder, None for a path that does not say from where.

    Blanks of spelling are gone: `.` and `..`, doubled and last slashes, `/private` of
    macOS, the forms of Unicode. A Windows path, and what WSL calls it, are one. Case
    counts, except on Windows and below `/Users` and `/Volumes`, as macOS has it.
    """
    plain = _plain(path)
    return None if plain is None else f"folder:{plain}"


def root_key(path: str) -> str | None:
    """The identity of the folder that a path is of, by what its name alone tells.

    A folder below `.claude/worktrees` or `.worktrees` is a second working copy of the
    one that holds these.
    """
    key = folder_key(path)
    found = _WORKTREES.fullmatch(key) if key else None
    return found["main"] if found else key


def parent_keys(key: str) -> Sequence[str]:
    """The folders above one, nearest first, cut where a name ends."""
    path, found = key.removeprefix("folder:"), list[str]()
    while len(found) < MOST_PARENTS and (above := _above(path)) not in ("", path):
        found.append(f"folder:{above}")
        path = above
    return found


def is_wide(key: str) -> bool:
    """Whether a folder holds what has nothing in common: a home, a root, a tmp."""
    return _WIDE.fullmatch(key.removeprefix("folder:").lower()) is not None


def last_name(path: str) -> str:
    """The last name in a path or a remote's key, the whole where it has none."""
    parts = [part for part in re.split(r"[\\/]", path) if part]
    return parts[-1] if parts else path


def _plain(path: str) -> str | None:
    # A file's name may hold what is no character, and so half of a pair.
    path = path.encode("utf-8", "backslashreplace").decode()
    path = unicodedata.normalize("NFC", path)
    wsl = _WSL.fullmatch(path)
    path = wsl["path"].replace("\\", "/") or "/" if wsl else path
    drive = _DRIVE.fullmatch(path) or _MOUNTED.fullmatch(path)
    if drive is not None:
        path = f"{drive['drive']}:{drive['path'].replace(chr(92), '/') or '/'}"
        return _cased(drive["drive"].lower() + ":" + _normal(path[2:]))
    if path.startswith("\\\\"):
        return _cased("/" + _normal("/" + path.replace("\\", "/").strip("/")))
    if not path.startswith(("/", "~")) or "\0" in path:
        return None
    return _cased(_PRIVATE.sub("", _normal(path), count=1))


def _above(path: str) -> str:
    above = posixpath.dirname(path)
    is_drive = re.fullmatch("[a-z]:", above)
    return f"{above}/" if is_drive else above


def _normal(path: str) -> str:
    # POSIX keeps two leading slashes apart; no client of ours means anything by them.
    return posixpath.normpath(re.sub(r"/{2,}", "/", path))


def _cased(path: str) -> str:
    return path.casefold() if _BLIND_TO_CASE.match(path) else path
