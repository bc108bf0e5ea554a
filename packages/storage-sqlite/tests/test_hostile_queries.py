# SPDX-License-Identifier: Apache-2.0
"""No question breaks the full-text index, whatever it is made of."""

from __future__ import annotations

import random

import pytest
from claude_mem_conformance import samples
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.memory_item import MemoryItemDraft
from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.domain.search import SearchQuery, TermQuery
from claude_mem_core.errors import InvalidInputError
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.runtime import assemble
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.queue import SqliteQueueEngine
from claude_mem_storage_sqlite.storage import SqliteStorage

ME = Principal.local()
QUESTIONS = 20_000
PIECES = (
    *("AND", "OR", "NOT", "NEAR(", "NEAR/3", "*", '"', '""', "'", "(", ")", "((", "^"),
    *("title:", "scope:p1", "{title text}:", "- title:", "memory_items_fts:", "rank"),
    *(
        "\0",
        "\x01",
        "\ufeff",
        "\u202e",
        "\u200b",
        "\n",
        "\t",
        "--",
        ";",
        "/*",
        "%",
        "_",
    ),
    *("🗼", "👩‍🚀", "e\u0301", "ﬁ", "İ", "ß", "灯台", "маяк", "منارة", "\U0010ffff"),
    *("lamp", "lamp*", '"lamp', 'lamp"', "+lamp", "-lamp", "lamp:tower", "a" * 5_000),
    *(
        "; DROP TABLE memory_items",
        "1 OR 1=1",
        "\\",
        "$.a[0]",
        "MATCH",
        "x" * 70 + "_y",
    ),
)


@pytest.fixture
def runtime(tmp_path):
    system = RealSystem()
    storage = SqliteStorage(tmp_path / "memory.db", system)
    with assemble(
        storage=storage,
        queue=SqliteQueueEngine(storage, system),
        generator=RuleBasedGenerator(),
        system=system,
    ) as runtime:
        yield runtime


@pytest.fixture
def project(runtime):
    project = runtime.projects.create(ProjectDraft(name="Lighthouse"), by=ME)
    for title in ("The lamp of the tower", "AND", "灯台", "маяк"):
        draft = MemoryItemDraft(
            project_id=project.id, kind="manual", type="note", title=title
        )
        runtime.memories.add(draft, by=ME)
    return project


def hostile(draw: random.Random) -> str:
    pieces = [draw.choice(PIECES) for _ in range(draw.randrange(1, 7))]
    if draw.random() < 0.3:
        pieces.append("".join(chr(draw.randrange(0xD800)) for _ in range(5)))
    return draw.choice(("", " ")).join(pieces)


def test_twenty_thousand_hostile_questions_are_answered(runtime, project) -> None:
    draw = random.Random(20_000)
    found = 0
    for _ in range(QUESTIONS):
        query = SearchQuery(project_id=project.id, query=hostile(draw), limit=1)
        found += len(runtime.recall.search(query, by=ME).hits)

    assert found > QUESTIONS // 10


def test_the_store_itself_takes_any_term(tmp_path) -> None:
    draw = random.Random(7)
    storage = SqliteStorage(tmp_path / "memory.db", RealSystem())
    samples.inhabit(storage)
    with storage.begin() as tx:
        tx.memories.add(samples.memory("m", "lamp"))
    with storage.read() as snapshot:
        for _ in range(2_000):
            terms = ("lamp", hostile(draw), hostile(draw))
            query = TermQuery(terms=terms, wanted=samples.wanted(), limit=1)
            [only] = snapshot.memories.search(query, scope=samples.OURS).candidates
            assert only.item_id == "m"
    storage.close()


@pytest.mark.parametrize("query", ["\ud800", "lamp \udfff tower", "\udc00\ud800"])
def test_half_a_character_is_refused_by_name(project, query) -> None:
    with pytest.raises(InvalidInputError) as refused:
        SearchQuery.from_wire({"projectId": project.id, "query": query})

    assert [issue.field for issue in refused.value.issues] == ["query"]


@pytest.mark.parametrize(
    "field", ["concept", "file", "type", "author", "sessionId", "platformSource"]
)
def test_hostile_filters_find_nothing_and_break_nothing(
    runtime, project, field
) -> None:
    draw = random.Random(field)
    for _ in range(100):
        name = hostile(draw)[:200].replace("\0", "") + "?"
        given = {"projectId": project.id, field: [name]}
        query = SearchQuery.from_wire(given)

        assert not runtime.recall.search(query, by=ME).hits


def test_a_filter_refuses_what_a_store_would_cut_off(project) -> None:
    with pytest.raises(InvalidInputError, match="author: a value of it holds a NUL"):
        SearchQuery.from_wire({"projectId": project.id, "author": ["Anna\0"]})
