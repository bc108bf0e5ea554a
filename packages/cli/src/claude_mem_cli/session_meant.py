# SPDX-License-Identifier: Apache-2.0
"""Which transcript a user means: by its file, its session's id, or the folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from claude_mem_core.errors import InvalidInputError

from claude_mem_cli.transcripts import Finder, Found, is_of_folder

MOST_LOOKED_AT = 500
"""Transcripts that are opened to see whether they are of a folder, the newest first."""


def sessions_meant(
    env: Mapping[str, str], named: str | None, agents: Sequence[str], *, folder: Path
) -> Found:
    """The transcript of this name; without a name the newest one of the folder.

    Args:
        env: The environment, which says where the agents' folders are.
        named: A file, or the agent's id of a session.
        agents: Only of these agents.
        folder: Where the command was called.

    Raises:
        InvalidInputError: There is none; it says where it was looked for.
    """
    finder = Finder(env, agents)
    if named is None:
        return _newest(finder, folder)
    path = Path(named)
    if path.is_file():
        found = finder.one(path)
        if found is None:
            cause = f"{named} is no transcript of an agent that is known"
            raise InvalidInputError.of("SESSION", cause, "name another file")
        return found
    for one in finder.at_home():
        if named in one.path.stem:
            return one
    cause = f"no transcript of the session {named!r} was found{_among(finder)}"
    raise InvalidInputError.of("SESSION", cause, "name its file")


def _newest(finder: Finder, folder: Path) -> Found:
    for one in finder.newest(MOST_LOOKED_AT):
        if is_of_folder(one, folder):
            return one
    cause = f"no transcript of a session in {folder} was found{_among(finder)}"
    raise InvalidInputError.of("SESSION", cause, "name a file or a session")


def _among(finder: Finder) -> str:
    places = ", ".join(str(one) for one in finder.places)
    return f" in {places}" if places else ": no agent keeps any here"
