# SPDX-License-Identifier: Apache-2.0
"""Which transcripts were taken in to their end, so that they need not be read again."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from claude_mem_core.errors import NotFoundError

from claude_mem_cli.client import Client
from claude_mem_cli.taken import Compared, Taken
from claude_mem_cli.transcripts import Found

FILE = "transcripts.jsonl"
"""Where it is noted, in the data folder: a line for each transcript."""


class TakenBefore:
    """The notes of a data folder.

    A note counts as long as the files are as they were, and the store keeps what it
    kept of their sessions: so a store that was put back is filled again.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._notes: dict[str, dict[str, Any]] = {}
        with suppress(OSError):
            for line in self._path.read_bytes().splitlines():
                # The last line of a process that was killed may be half a line.
                with suppress(ValueError, KeyError, TypeError):
                    note = json.loads(line)
                    self._notes[note["file"]] = note

    def known(self, found: Found, client: Client) -> Taken | None:
        """What became of the transcript then; None where it is to be read."""
        note = self._notes.get(_key(found))
        if note is None or note.get("state") != state_of(found):
            return None
        try:
            compared = [self._still(one, client) for one in note["sessions"]]
        except (NotFoundError, LookupError, TypeError):
            return None
        whole = [one for one in compared if one is not None]
        if len(whole) < len(compared):
            return None
        return Taken(
            file=str(found.path),
            projects=(),
            made=frozenset(),
            accepted=sum(one.kept for one in whole),
            new=0,
            sessions=tuple(one.session_id for one in whole if one.session_id),
            problems=(),
            mended=0,
            before={},
            seconds=0.0,
            agent=found.format.name,
            compared=tuple(whole),
            unchanged=True,
        )

    def note(self, found: Found, state: str, taken: Taken) -> None:
        """Note it, if nothing of it is left to do.

        Args:
            found: The transcript.
            state: That of its files before they were read.
            taken: What became of it.
        """
        if taken.problems or not all(map(_is_done, taken.compared)):
            return
        sessions = [[one.session_id, one.name, one.kept] for one in taken.compared]
        note = {"file": _key(found), "state": state, "sessions": sessions}
        self._notes[_key(found)] = note
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as file:
            # One write, which begins a line even after half a one.
            file.write(f"\n{json.dumps(note)}\n".encode())

    def _still(self, noted: list[Any], client: Client) -> Compared | None:
        session_id, name, kept = noted
        coverage = client.session(session_id).coverage
        if coverage is None or coverage.missing:
            return None
        return Compared(
            name=name,
            session_id=session_id,
            root_path=None,
            coverage=coverage,
            kept=kept,
            added=0,
            excluded=False,
            is_over=True,
        )


def state_of(found: Found) -> str:
    """What changes when one of its files does."""
    return hashlib.sha256(json.dumps(found.state).encode()).hexdigest()


def _key(found: Found) -> str:
    return str(found.path.absolute())


def _is_done(one: Compared) -> bool:
    return one.is_over and one.session_id is not None and not one.coverage.missing
