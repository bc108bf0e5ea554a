# SPDX-License-Identifier: Apache-2.0
"""An answer, read: in linear time, whatever a model wrote, and nothing taken on trust.

The form is the reference system's. Where a tag is left open, what it holds ends at the
next one; what is cut off at the end of the answer is left out. Whatever syntax an
answer is in, it becomes blocks of leaves first; what these mean is said here alone.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from claude_mem_core.errors import FailureKind

from claude_mem_generator_llm.escaping import unescaped
from claude_mem_generator_llm.vocabulary import (
    FORM_WORDS,
    LEAVES,
    LISTS,
    OBSERVATION,
    ROOTS,
    SKIP,
    TAGS,
    TELLING_PARTS,
    Wanted,
)

AnswerClass = Literal[
    "valid",
    "skip",
    "empty",
    "idle",
    "auth",
    "quota",
    "model_error",
    "overflow",
    "refused",
    "drift",
    "prose",
]

POLICY: Mapping[AnswerClass, tuple[FailureKind, str]] = {
    "empty": ("parse_error", "its answer has the form of a memory and says nothing"),
    "idle": ("transient", "it answered with nothing"),
    "auth": ("auth_invalid", "it answered that the key does not count"),
    "quota": ("quota_exhausted", "it answered that a quota is used up"),
    "model_error": ("transient", "it answered that it failed"),
    "overflow": (
        "unrecoverable",
        "it answered that the prompt is too long; lower CLAUDE_MEM_MODEL_INPUT_BYTES",
    ),
    "refused": ("unrecoverable", "it refuses to answer this"),
    "drift": ("parse_error", "its answer has another form than it was asked for"),
    "prose": ("parse_error", "it answered in prose"),
}
"""What becomes of an answer that is neither memories nor a skip: never nothing.

The job fails in sight, or is tried again: what it is about stays in the store."""

MOST_OBSERVATIONS = 20
"""Of one answer: a model that repeats itself without end is stopped here."""

_FENCE = re.compile(r"\s*```[\w-]*[ \t]*\n(.*?)\n?```\s*", re.DOTALL)
_TAG = re.compile(rf"<(/?)({'|'.join(TAGS)})(?=[\s/>])([^<>]*)>", re.IGNORECASE)
_REASON = re.compile(r"""reason\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_NUMBERS = re.compile(r"\d{1,6}")
_BLANKS = re.compile(r"\s+")

# Looked at only where there is no memory and no skip to be found.
_LOOKED_AT = 4_000
_PROSE: Sequence[tuple[AnswerClass, re.Pattern[str]]] = (
    (
        "quota",
        re.compile(
            r"quota|credit balance|usage limit|rate limit|out of credits|billing",
            re.IGNORECASE,
        ),
    ),
    (
        "auth",
        re.compile(
            r"api key|unauthori[sz]ed|authenticat|not logged in|/login|forbidden",
            re.IGNORECASE,
        ),
    ),
    (
        "overflow",
        re.compile(
            r"prompt is too long|context (?:length|window)|token limit", re.IGNORECASE
        ),
    ),
    (
        "model_error",
        re.compile(r"internal (?:server )?error|overloaded|unavailable", re.IGNORECASE),
    ),
)


@dataclass(frozen=True, slots=True)
class ReadObservation:
    """An observation as it was written, before anything of it was checked.

    Attributes:
        evidence: The numbers of events that it names.
    """

    type: str = ""
    title: str = ""
    subtitle: str = ""
    narrative: str = ""
    facts: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    files_read: tuple[str, ...] = ()
    files_modified: tuple[str, ...] = ()
    evidence: tuple[int, ...] = ()

    @property
    def is_ghost(self) -> bool:
        """Whether it says nothing: a subtitle alone is no memory."""
        return not (self.title or self.narrative or self.facts or self.concepts)


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """What an answer turned out to be."""

    kind: AnswerClass
    observations: tuple[ReadObservation, ...] = ()
    summary: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[int, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    closes: bool
    is_empty: bool
    start: int
    end: int
    attributes: str

    @property
    def opens(self) -> bool:
        return not self.closes and not self.is_empty


@dataclass(slots=True)
class Block:
    """The leaves of one root, in order."""

    leaves: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, the list around it, text."""

    def put(self, name: str, around: str, text: str) -> None:
        """Add a leaf, unless it repeats what the form says in its place."""
        if _line(text) not in FORM_WORDS:
            self.leaves.append((name, around, text))

    def text(self, name: str) -> str:
        """The first element of this name."""
        return next((text for n, _, text in self.leaves if n == name and text), "")

    def items(self, name: str, within: str | None = None) -> tuple[str, ...]:
        """The elements of this name, each once."""
        found = (
            text
            for n, around, text in self.leaves
            if n == name and text and within in (None, around)
        )
        return tuple(dict.fromkeys(found))

    @property
    def evidence(self) -> tuple[int, ...]:
        """The numbers that it names."""
        told = (text for n, _, text in self.leaves if n == "evidence")
        numbers = (int(each) for text in told for each in _NUMBERS.findall(text))
        return tuple(dict.fromkeys(numbers))


def read_answer(text: str, wanted: Wanted) -> ReadAnswer:
    """What an answer in XML says to the question for an observation, or for a summary.

    The first root tag decides what it is: neither is ever taken for the other.
    """
    plain = without_fence(text)
    tags = [_tag(found) for found in _TAG.finditer(plain)]
    root = next((t for t in tags if t.name in ROOTS and not t.closes), None)
    if root is None:
        return ReadAnswer(class_of_prose(plain, has_tags=bool(tags)))
    if root.name == SKIP:
        return ReadAnswer("skip", reason=_reason(root))
    if root.name != wanted:
        return ReadAnswer("drift")
    blocks = _Reader(plain, tags).blocks(wanted)
    return observed(blocks) if wanted == OBSERVATION else summed_up(blocks)


def observed(blocks: Iterable[Block]) -> ReadAnswer:
    """The observations of these blocks, without those that say nothing.

    One that has the title of an earlier one says nothing either: it is repeated.
    """
    told = [one for one in map(_observation, blocks) if not one.is_ghost]
    titles = [one.title.casefold() for one in told]
    seen = tuple(
        one
        for n, one in enumerate(told)
        if not titles[n] or titles.index(titles[n]) == n
    )
    return ReadAnswer("valid", observations=seen) if seen else ReadAnswer("empty")


def _observation(block: Block) -> ReadObservation:
    kind = _line(block.text("type"))
    return ReadObservation(
        type=kind,
        title=_line(block.text("title")),
        subtitle=_line(block.text("subtitle")),
        narrative=block.text("narrative"),
        facts=block.items("fact"),
        concepts=tuple(_concepts(block.items("concept"), kind)),
        files_read=block.items("file", "files_read"),
        files_modified=block.items("file", "files_modified"),
        evidence=block.evidence,
    )


def _concepts(given: Sequence[str], kind: str) -> Iterator[str]:
    """Up to its first colon each, without the one that repeats the type."""
    cut = (_line(one.partition(":")[0]) for one in given)
    yield from dict.fromkeys(one for one in cut if one and one != kind)


def summed_up(blocks: Iterable[Block]) -> ReadAnswer:
    """The summary that the first of these blocks is."""
    block = next(iter(blocks), Block())
    parts = {name: text for name, _, text in reversed(block.leaves) if text}
    told = {name: parts[name] for name in (*TELLING_PARTS, "notes") if name in parts}
    if not any(name in told for name in TELLING_PARTS):
        return ReadAnswer("empty")
    return ReadAnswer("valid", summary=told, evidence=block.evidence)


class _Reader:
    """Goes through the tags of an answer once."""

    def __init__(self, text: str, tags: Sequence[_Tag]) -> None:
        self._text = text
        self._tags = tags
        self._closers: dict[str, list[int]] = {}
        for place, tag in enumerate(tags):
            if tag.closes:
                self._closers.setdefault(tag.name, []).append(place)

    def blocks(self, root: str) -> Iterator[Block]:
        """The elements of this name, one after the other."""
        place, found = 0, 0
        while place < len(self._tags) and found < MOST_OBSERVATIONS:
            tag = self._tags[place]
            place += 1
            if tag.name == root and tag.opens:
                block, place = self._block(root, place)
                found += 1
                yield block

    def _block(self, root: str, place: int) -> tuple[Block, int]:
        """What stands up to the root's end, or to the next root."""
        block, around = Block(), ""
        while place < len(self._tags):
            tag = self._tags[place]
            if tag.name in ROOTS:
                return block, place + (tag.closes and tag.name == root)
            place += 1
            if tag.name in LISTS:
                around = tag.name if tag.opens else ""
            elif tag.name in LEAVES and tag.opens:
                text, place = self._leaf(tag, place)
                block.put(tag.name, around, text)
        return block, place

    def _leaf(self, tag: _Tag, place: int) -> tuple[str, int]:
        """The text up to the element's own end, and the place of the tag after it."""
        end = self._end_of(tag, place)
        if end is not None:
            return self._between(tag.end, self._tags[end].start), end + 1
        if place < len(self._tags):
            return self._between(tag.end, self._tags[place].start), place
        return "", place

    def _end_of(self, tag: _Tag, place: int) -> int | None:
        """Where the element ends; whole roots that it quotes are a part of it."""
        closers = self._closers.get(tag.name, [])
        if bisect_left(closers, place) == len(closers):
            return None
        depth = 0
        for at in range(place, len(self._tags)):
            other = self._tags[at]
            if other.name in ROOTS and not other.is_empty:
                depth += -1 if other.closes else 1
                if depth < 0:
                    return None
            elif depth == 0 and other.name == tag.name:
                return at if other.closes else None
        return None

    def _between(self, start: int, end: int) -> str:
        return unescaped(self._text[start:end]).strip()


def without_fence(text: str) -> str:
    """The text without the one code fence that encloses all of it."""
    fence = _FENCE.fullmatch(text)
    return fence[1] if fence else text


def _tag(found: re.Match[str]) -> _Tag:
    rest = found[3].rstrip()
    return _Tag(
        name=found[2].lower(),
        closes=bool(found[1]),
        is_empty=not found[1] and rest.endswith("/"),
        start=found.start(),
        end=found.end(),
        attributes=rest,
    )


def _reason(root: _Tag) -> str:
    found = _REASON.search(root.attributes)
    return unescaped(found[1] or found[2] or "") if found else ""


def _line(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()


def class_of_prose(text: str, *, has_tags: bool) -> AnswerClass:
    """What an answer is in which nothing of the form was found."""
    seen = text[:_LOOKED_AT].strip()
    if not seen:
        return "idle"
    if has_tags:
        return "drift"
    return next((name for name, words in _PROSE if words.search(seen)), "prose")
