# SPDX-License-Identifier: Apache-2.0
"""When a memory takes another's place: it says the same again, or the opposite.

Only generated memories give way, and none gives way to one of less trust: what a tool
printed never replaces what the user said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from pydantic import JsonValue

from claude_mem_core.domain.analysis import asked
from claude_mem_core.domain.memory_item import MemoryItem, MemoryRecord, MemorySource
from claude_mem_core.domain.terms import content_words
from claude_mem_core.domain.value import LAST_EPOCH, JsonObject

M = TypeVar("M", bound=MemoryRecord)

ALIKE = 0.8
"""Share of common words. Two reports of one change word by word reach it; two changes
of one file seldom share more than half of their words."""

LEAST_WORDS = 4
"""Fewer do not tell two memories apart."""

LONGEST_CHOICE = 6
"""Content words; a longer clause is about more than one choice."""

MOST_TERMS = 12

MOST_SOURCES = 100
"""What is said in every session does not gather evidence without end."""

INHERITED = "inheritedFrom"
"""In a source's metadata: the id of the memory that it was a source of."""

GAVE_WAY, TOOK_PLACE, ENDED = "gaveWayTo", "tookThePlaceOf", "endBefore"
"""In the metadata of a source that is somebody's hand: what it did to the memory."""

_DEEDS = {GAVE_WAY, TOOK_PLACE, ENDED}
_RANK = {"user": 3, "agent": 2, "tool": 1, "import": 0, None: 2}
_CLAUSES = re.compile(r"[.;:!,\n()\"“”]+|\b(?:and|but)\b", re.IGNORECASE)
_CONTRAST = re.compile(r"\b(?:instead of|rather than|not|over)\b", re.IGNORECASE)
_REFUSED = re.compile(
    r"\b(?:don[\u2019']t|do not|never|avoid|stop|no longer|without)\b", re.IGNORECASE
)
_WANTED = re.compile(
    r"\b(?:always|use|using|prefer|go with|stick (?:to|with)|switch to)\b",
    re.IGNORECASE,
)
_EMPTY = frozenset(
    (
        *("always", "ever", "longer", "never", "please", "rather", "instead"),
        *("avoid", "go", "prefer", "stick", "stop", "switch", "use", "using"),
        *("asked", "decided", "said", "user", "want", "wants", "without"),
    )
)
"""Words that say that there is a choice, not which."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a statement wants and what it refuses, as content words."""

    wanted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


def takes_the_place_of(new: MemoryItem, old: MemoryItem) -> bool:
    """Whether `new`, which is the later of the two, makes `old` superfluous."""
    if not (_may_give_way(old) and _may_give_way(new)):
        return False
    if old.type != new.type or _RANK[old.trust] > _RANK[new.trust]:
        return False
    return _says_the_same(new, old) or _revokes(new, old)


def superseded(old: MemoryItem, new: MemoryItem) -> MemoryItem:
    """`old`, whose place `new` took: since when that is known, and since when it holds.

    Until when `old` was to hold anyway stays what it was.
    """
    return old.changed(
        superseded_by_id=new.id,
        superseded_at_epoch=max(old.created_at_epoch, new.created_at_epoch),
        superseded_from_epoch=new.when,
    )


def current_again(old: M) -> M:
    """`old` without a successor."""
    return old.changed(
        superseded_by_id=None, superseded_at_epoch=None, superseded_from_epoch=None
    )


def without_later_deeds(item: M, moment: int) -> M:
    """The memory without the marks of what somebody did to it after a moment.

    They are among its sources, which a record does not have.
    """
    if not isinstance(item, MemoryItem):
        return item
    later = [
        one for one in item.sources if is_deed(one) and one.created_at_epoch > moment
    ]
    if not later:
        return item
    return item.changed(sources=tuple(one for one in item.sources if one not in later))


def is_deed(source: MemorySource) -> bool:
    """Whether it is a hand that changed none of the words."""
    return source.source_type == "manual" and not _DEEDS.isdisjoint(source.metadata)


def end_before(metadata: JsonObject) -> int | None:
    """The end that a memory had before the deed that a source's metadata tells of."""
    told = metadata.get(ENDED)
    # Whoever adds a memory says what is in its sources, so it may be anything.
    if isinstance(told, bool) or not isinstance(told, int):
        return None
    return told if 0 <= told <= LAST_EPOCH else None


def is_worded_by_hand(item: MemoryItem) -> bool:
    """Whether somebody wrote it, corrected it, or said what its place is.

    That it took another's place, and until when it holds, says nothing of its own.
    """
    hands = (one for one in item.sources if one.source_type == "manual")
    return any({TOOK_PLACE, ENDED}.isdisjoint(one.metadata) for one in hands)


def heir(new: MemoryItem, old: MemoryItem) -> MemoryItem:
    """`new` with the evidence of `old`, whose place it took, marked as inherited.

    It then stands for the sessions of both. A revocation inherits nothing.
    """
    if old.id in map(_inherited_from, new.sources) or not _says_the_same(new, old):
        return new
    known = {_place(source) for source in new.sources}
    inherited = tuple(
        source.changed(
            memory_item_id=new.id,
            metadata={INHERITED: old.id},
        )
        for source in old.sources
        if source.event_id and _place(source) not in known
    )
    return new.changed(sources=(*new.sources, *inherited)[:MOST_SOURCES])


def without_inheritance(new: MemoryItem, old: MemoryItem) -> MemoryItem:
    """`new` as it was before it inherited the evidence of `old`."""
    own = (one for one in new.sources if _inherited_from(one) != old.id)
    return new.changed(sources=tuple(own))


def likely_terms(item: MemoryItem) -> tuple[str, ...]:
    """The tokens by which memories that a new one might replace are searched."""
    text = " ".join((item.title or "", *item.facts))
    return asked(text).tokens[:MOST_TERMS]


def choices(text: str) -> Iterator[Choice]:
    """Each clause that chooses or forbids: `use uv, never pip` has two."""
    for clause in _CLAUSES.split(text):
        choice = _choice(clause)
        if 0 < len(choice.wanted | choice.refused) <= LONGEST_CHOICE:
            yield choice


def _choice(clause: str) -> Choice:
    if sign := _REFUSED.search(clause):
        return Choice(refused=_words(clause[sign.end() :]))
    if sign := _CONTRAST.search(clause):
        wanted, refused = clause[: sign.start()], clause[sign.end() :]
        return Choice(_words(wanted), _words(refused))
    if sign := _WANTED.search(clause):
        return Choice(wanted=_words(clause[sign.end() :]))
    return Choice()


def _words(text: str) -> frozenset[str]:
    return frozenset(content_words(text)) - _EMPTY


def _inherited_from(source: MemorySource) -> JsonValue:
    return source.metadata.get(INHERITED)


def _place(source: MemorySource) -> tuple[str | None, ...]:
    return source.event_id, source.json_path, str(source.start)


def _may_give_way(item: MemoryItem) -> bool:
    return item.kind == "observation" and not is_worded_by_hand(item)


def _says_the_same(new: MemoryItem, old: MemoryItem) -> bool:
    ours, theirs = _vocabulary(new), _vocabulary(old)
    if min(len(ours), len(theirs)) < LEAST_WORDS:
        return ours == theirs
    return len(ours & theirs) >= ALIKE * len(ours | theirs)


def _vocabulary(item: MemoryItem) -> frozenset[str]:
    prose = (item.title, item.subtitle, item.text, item.narrative)
    told = " ".join(filter(None, (*prose, *item.facts)))
    return frozenset(content_words(told))


def _revokes(new: MemoryItem, old: MemoryItem) -> bool:
    """Whether the user now wants what was refused, or refuses what was wanted."""
    if new.type != "decision":
        return False
    now = list(choices("\n".join(new.facts)))
    then = list(choices("\n".join(old.facts)))
    wanted = frozenset[str]().union(*(choice.wanted for choice in now))
    refused = frozenset[str]().union(*(choice.refused for choice in now))
    return any(
        (one.wanted and one.wanted <= refused)
        or (one.refused and one.refused <= wanted)
        for one in then
    )
