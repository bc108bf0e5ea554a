# SPDX-License-Identifier: Apache-2.0
"""Which telling of a memory it was that a later deed answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from claude_mem_core.domain.feedback import UseKind
from claude_mem_core.domain.paths import rooted, same_file
from claude_mem_core.domain.value import Epoch, Id, Value, millis

Trace = Literal["fetched", "touched"]

WITHIN: Mapping[Trace, timedelta] = {
    "fetched": timedelta(days=1),
    "touched": timedelta(hours=4),
}
"""How long after a pack a deed answers it. An agent may come back to what it was told
for as long as its session lasts, seldom longer than a day. A touched file may have been
the next to be worked on anyway: that counts for one sitting."""

MOST_TOLD = 1_000
"""Memories told within such a span that are looked at, the latest first."""


class Telling(Value):
    """That a pack told a memory.

    Attributes:
        told_at_epoch: When it did so last.
        uses: The kinds of uses that answer this telling already.
    """

    memory_id: Id
    pack_id: Id
    project_id: Id
    server_session_id: Id | None = None
    told_at_epoch: Epoch
    uses: tuple[UseKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """That a memory was read, or spoke of a file that was touched, at a moment."""

    memory_id: str
    at: int


@dataclass(frozen=True, slots=True)
class Touch:
    """That a file was read or changed at a moment."""

    path: str
    at: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A telling that was of use, and when that showed."""

    telling: Telling
    at: int


def answers(
    kind: Trace, sights: Iterable[Sight], tellings: Sequence[Telling]
) -> Iterator[Answer]:
    """The last telling before each sight, unless it was answered in this way before.

    Each telling is answered once: reading a memory ten times is one use of it.

    Args:
        kind: What the sights are.
        sights: The earliest first.
        tellings: Of these and other memories, the latest told first.
    """
    done = {_of(one) for one in tellings if kind in one.uses}
    for sight in sights:
        told = next((one for one in tellings if _precedes(one, sight)), None)
        if told is None or _of(told) in done:
            continue
        if sight.at - told.told_at_epoch <= millis(WITHIN[kind]):
            done.add(_of(told))
            yield Answer(told, sight.at)


def sights_of(
    touches: Iterable[Touch], files: Mapping[str, Iterable[str]]
) -> Iterator[Sight]:
    """The memories that speak of the files that were touched.

    Args:
        touches: The earliest first.
        files: The files of each memory.
    """
    known = {one: [rooted(path) for path in paths] for one, paths in files.items()}
    for touch in touches:
        touched = rooted(touch.path)
        for memory_id, paths in known.items():
            if any(same_file(path, touched) for path in paths):
                yield Sight(memory_id, touch.at)


def _of(told: Telling) -> tuple[str, str]:
    return told.pack_id, told.memory_id


def _precedes(told: Telling, sight: Sight) -> bool:
    return told.memory_id == sight.memory_id and told.told_at_epoch <= sight.at
