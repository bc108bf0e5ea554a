# SPDX-License-Identifier: Apache-2.0

"""What a storage is held to about filters and about other times, beside a model.

The model does not know how a filter is written: it asks each memory in plain words
whether it is one of those meant. Questions and histories are drawn from fixed seeds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, ClassVar

from claude_mem_core.domain.memory_item import MemoryItem, MemoryRecord
from claude_mem_core.domain.search import TermQuery
from claude_mem_core.ports.memories import MemoryRepository
from claude_mem_core.ports.storage import Storage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.histories import History, histories, questions, shown
from claude_mem_conformance.repository import RepositoryContract
from claude_mem_conformance.samples import OURS

MEMORIES = 120
QUESTIONS = 600
EVERY = 1_000
PATIENT = settings(
    max_examples=300,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

_FILES = (
    *("/home/me/app/src/lamp.py", "src/lamp.py", "lamp.py", "app/src/lamp.py"),
    *("C:\\job\\app\\src\\lamp.py", "//host/app//src/lamp.py", "./src/tower.py"),
    *(
        "/home/me/app/src/deep/lamp.py",
        "src/xlamp.py",
        "docs/with,comma.md",
        "été/a.md",
    ),
)
_ASKED = (
    *(*_FILES, "src", "src/", "/home/me/app/src", "C:/job/app/src/", "deep", "/"),
    *("/srv/other/src/lamp.py", "docs", "py", "SRC"),
)
_CHOICES: Mapping[str, Sequence[Any]] = {
    "kind": ("observation", "summary", "prompt", "manual"),
    "type": ("decision", "bugfix", "Bugfix"),
    "concept": ("gotcha", "GOTCHA", "how-it-works", "straße", "STRASSE", "a%", "_"),
    "file": _ASKED,
    "session_id": ("session", "on codex", "other-session", "nowhere"),
    "platform_source": ("codex", "claude", "gemini"),
    "author": ("Anna", "anna", "Ömer", "ömer", "nobody"),
    "trust": ("user", "agent", "tool", "import"),
}


class RecallContract(RepositoryContract):
    """What a search and the lists of memories show. It extends `MemoryContract`."""

    ports: ClassVar[tuple[type, ...]] = (MemoryRepository,)

    def test_filters_are_those_of_a_model(self, inhabited: Storage) -> None:
        """What a filter does not ask for is never found, whatever fits better."""
        with inhabited.begin() as tx:
            tx.sessions.add(samples.session("on codex", platform_source="codex"))
            draw = random.Random(7)  # noqa: S311 - the same memories every time
            items = [_drawn(draw, number) for number in range(MEMORIES)]
            for item in items:
                tx.memories.add(item)
        found_any = 0
        for _ in range(QUESTIONS):
            asked = _question(draw)
            expected = {item.id for item in items if _is_meant(item, asked)}
            assert _answers(inhabited, asked) == (expected, expected), asked
            found_any += bool(expected)
        assert found_any > QUESTIONS // 5

    def test_a_filter_leaves_room_for_what_it_asks_for(
        self, inhabited: Storage
    ) -> None:
        """What a filter does not ask for is never found, whatever fits better."""
        with inhabited.begin() as tx:
            for number in range(40):
                loud = samples.memory(f"loud {number}", "banana banana banana")
                tx.memories.add(loud)
            text = "A long tale in which somebody once ate a banana by the sea"
            tx.memories.add(samples.memory("quiet", text, author="Anna"))
        query = TermQuery(
            terms=("banana",), wanted=samples.wanted(author=("anna",)), limit=1
        )
        with inhabited.read() as snapshot:
            [only] = snapshot.memories.search(query, scope=OURS).candidates
            [latest] = snapshot.memories.recent(query.wanted, scope=OURS, limit=1)
        assert only.item_id == latest.id == "quiet"

    def test_other_times_are_those_of_a_model(self, inhabited: Storage) -> None:
        """A question about another time is answered as it was true and known then."""
        numbers = count()

        @PATIENT
        @given(histories, st.lists(questions, min_size=1, max_size=12))
        def property_(story: History, asked: Sequence[Mapping[str, Any]]) -> None:
            project_id = f"history {next(numbers)}"
            story.write(inhabited, project_id)
            for one in asked:
                expected = story.answer(project_id, one)
                found, latest = _answered(inhabited, one, project_id)
                assert found == set(expected), (story, one)
                assert shown(latest, one) == expected, (story, one)

        property_()


def _answers(
    storage: Storage, asked: Mapping[str, Any], *projects: str
) -> tuple[set[str], set[str]]:
    """What a search for a word that all have finds, and what the list shows."""
    found, latest = _answered(storage, asked, *projects)
    return found, {item.id for item in latest}


def _answered(
    storage: Storage, asked: Mapping[str, Any], *projects: str
) -> tuple[set[str], Sequence[MemoryRecord]]:
    asked = {**asked, "project_ids": projects or asked.get("project_ids", ("project",))}
    known, true = asked.get("known_at"), asked.get("as_of")
    now = NOW if known is None or true is not None else known
    wanted = samples.wanted().changed(**asked, now=now)
    query = TermQuery(terms=("banana",), wanted=wanted, limit=MEMORIES)
    with storage.read() as snapshot:
        found = snapshot.memories.search(query, scope=OURS).candidates
        latest = snapshot.memories.recent(wanted, scope=OURS, limit=MEMORIES)
    order = [(item.when, item.id) for item in latest]
    assert order == sorted(order, reverse=True)
    return {one.item_id for one in found}, latest


def _drawn(draw: random.Random, number: int) -> MemoryItem:
    elsewhere = draw.random() < 0.2
    home = "other-session" if elsewhere else draw.choice(("session", "on codex"))
    concepts = draw.sample(_CHOICES["concept"], draw.randrange(3))
    return samples.memory(
        f"{number}",
        "banana",
        project_id="other" if elsewhere else "project",
        server_session_id=None if draw.random() < 0.1 else home,
        kind=draw.choice(_CHOICES["kind"]),
        type=draw.choice(_CHOICES["type"]),
        concepts=tuple(concepts),
        files_read=tuple(draw.sample(_FILES, draw.randrange(3))),
        files_modified=tuple(draw.sample(_FILES, draw.randrange(2))),
        author=draw.choice((None, *_CHOICES["author"][:4])),
        trust=draw.choice((None, *_CHOICES["trust"])),
        created_at_epoch=NOW - draw.randrange(50) * EVERY,
        valid_from_epoch=draw.choice((None, NOW - draw.randrange(99) * EVERY)),
    )


def _question(draw: random.Random) -> Mapping[str, Any]:
    asked: dict[str, Any] = {}
    for name in draw.sample(sorted(_CHOICES), draw.randrange(1, 4)):
        asked[name] = tuple(draw.sample(_CHOICES[name], draw.randrange(1, 3)))
    if draw.random() < 0.3:
        asked["date_start"] = NOW - draw.randrange(99) * EVERY
    if draw.random() < 0.3:
        asked["date_end"] = max(asked.get("date_start", 0), NOW - 30 * EVERY)
    asked["project_ids"] = draw.choice((("project",), ("other", "project")))
    return asked


def _is_meant(item: MemoryItem, asked: Mapping[str, Any]) -> bool:
    if item.project_id not in asked["project_ids"]:
        return False
    when = item.created_at_epoch
    if item.valid_from_epoch is not None:
        when = item.valid_from_epoch
    if not asked.get("date_start", 0) <= when <= asked.get("date_end", when):
        return False
    return all(
        any(is_one(item, value) for value in asked[name])
        for name, is_one in _IS_ONE.items()
        if name in asked
    )


def _has_file(item: MemoryItem, asked: str) -> bool:
    """Segments are compared from the end, for the file and for its folder."""
    wanted = _segments(asked)
    for path in (*item.files_read, *item.files_modified):
        own = _segments(path)
        for segments in (own, own[:-1]):
            pairs = list(zip(reversed(segments), reversed(wanted), strict=False))
            if pairs and all(one == other for one, other in pairs):
                return True
    return False


def _segments(path: str) -> list[str]:
    parts = path.replace("\\", "/").split("/")
    return [part for part in parts if part not in ("", ".")]


_PLATFORMS = {"on codex": "codex", "session": "claude", "other-session": "claude"}
_IS_ONE: Mapping[str, Callable[[MemoryItem, str], bool]] = {
    "kind": lambda item, value: item.kind == value,
    "type": lambda item, value: item.type == value,
    "concept": lambda item, value: (
        value.casefold() in [one.casefold() for one in item.concepts]
    ),
    "file": _has_file,
    "session_id": lambda item, value: item.server_session_id == value,
    "platform_source": lambda item, value: (
        _PLATFORMS.get(item.server_session_id or "") == value
    ),
    "author": lambda item, value: (item.author or "").casefold() == value.casefold(),
    "trust": lambda item, value: item.trust == value,
}
