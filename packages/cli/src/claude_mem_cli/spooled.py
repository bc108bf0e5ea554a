# SPDX-License-Identifier: Apache-2.0
"""Taking in what hooks kept on disk while no server answered them."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.json_line import as_reported
from claude_mem_core.domain.scopes import allows
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.errors import (
    AdapterError,
    ClaudeMemError,
    ForbiddenError,
    InvalidInputError,
    QuotaExceededError,
    RateLimitedError,
    UnauthenticatedError,
)
from claude_mem_core.runtime import Runtime

from claude_mem_cli.hook.spool import DROPPED, EVENTS, FOLDER, locked

TAKING, TAKEN, REFUSED = "taking.jsonl", "taken", "refused.jsonl"
MOST_REFUSED = 8 * 1024 * 1024
"""Bytes of entries that are set aside; what is refused beyond is only counted."""

TAKE_EVERY = timedelta(seconds=5)
NEEDED = "events:write"
LATER = (AdapterError, RateLimitedError, QuotaExceededError)
"""Errors that an entry has no part in: it stays where it is."""

log = logging.getLogger(__name__)


class Spooled:
    """The spool of a data folder, as its server empties it.

    What is taken out is first put aside in whole, so that hooks go on writing; how far
    it was taken is written down after each entry, and an entry that is taken twice is
    the same event.
    """

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        self._runtime = runtime
        self._spool = folder / FOLDER

    def once(self, stop: StopSignal | None = None) -> int:
        """Take in what is there, in its order; how many entries that were."""
        count = 0
        while not (stop and stop.is_set) and self._put_aside():
            taken, is_whole = self._take(stop)
            count += taken
            if not is_whole:
                break
        if count:
            log.info("took in %d events that hooks had kept", count)
        return count

    def _put_aside(self) -> bool:
        """Whether there is anything to take in."""
        taking = self._spool / TAKING
        if taking.exists():
            return True
        if not (self._spool / EVENTS).exists():
            return False
        with locked(str(self._spool)) as is_ours:
            if is_ours:
                # An old note must not be read beside a new file.
                (self._spool / TAKEN).unlink(missing_ok=True)
                (self._spool / EVENTS).rename(taking)
                (self._spool / DROPPED).unlink(missing_ok=True)
            return is_ours

    def _take(self, stop: StopSignal | None) -> tuple[int, bool]:
        """How many were taken in, and whether that was all."""
        taking, noted = self._spool / TAKING, self._spool / TAKEN
        begin = _number(noted)
        count = 0
        with taking.open("rb") as file:
            file.seek(begin)
            for line in file:
                if stop and stop.is_set:
                    return count, False
                try:
                    self._take_one(line)
                except LATER as error:
                    log.warning("the events that hooks kept have to wait: %s", error)
                    return count, False
                count += 1
                begin += len(line)
                noted.write_text(f"{begin}\n")
        taking.unlink()
        noted.unlink(missing_ok=True)
        return count, True

    def _take_one(self, line: bytes) -> None:
        """Take in an entry, or set it aside for good."""
        try:
            self._accept(line)
        except LATER:
            raise
        except (
            ClaudeMemError,
            ValueError,
            KeyError,
            TypeError,
            RecursionError,
        ) as error:
            told = self._runtime.keeping.told(error)
            log.warning("an event that a hook kept is set aside: %s", told)
            self._refuse(line)

    def _accept(self, line: bytes) -> None:
        entry = json.loads(line)
        payload = as_reported(json.loads(entry["body"] or "{}"))
        if not isinstance(payload, dict):
            raise InvalidInputError.of("body", "is no JSON object", "mend the hook")
        vocabulary = self._runtime.agent(str(entry["agent"]))
        seen = vocabulary.capture(
            str(entry["event"]), payload, received_at=int(entry["at"])
        )
        self._runtime.hooks.take(seen, None, by=self._sender(entry.get("key")))

    def _sender(self, key: object) -> Principal:
        """Whoever the key stands for that the hook would have shown."""
        if key is None:
            return Principal.local()
        who = self._runtime.access.behind(str(key))
        if who is None:
            raise UnauthenticatedError("the key that it came with does not count")
        if not allows(who.scopes, NEEDED):
            raise ForbiddenError(f"the key that it came with lacks {NEEDED}")
        return who

    def _refuse(self, line: bytes) -> None:
        path = self._spool / REFUSED
        with suppress(FileNotFoundError):
            if path.stat().st_size + len(line) > MOST_REFUSED:
                return
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(line.rstrip(b"\n") + b"\n")


def depth(folder: Path) -> int:
    """How many events wait in the spool of a data folder."""
    spool = folder / FOLDER
    return _lines(spool / EVENTS, 0) + _lines(spool / TAKING, _number(spool / TAKEN))


def dropped(folder: Path) -> int:
    """How many gave way to younger ones since the spool was emptied last."""
    return _number(folder / FOLDER / DROPPED)


def refused(folder: Path) -> int:
    """How many are set aside, as no server can take them in."""
    return _lines(folder / FOLDER / REFUSED, 0)


def _lines(path: Path, begin: int) -> int:
    try:
        with path.open("rb") as file:
            file.seek(begin)
            return sum(1 for _ in file)
    except FileNotFoundError:
        return 0


def _number(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0
