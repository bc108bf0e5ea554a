# SPDX-License-Identifier: Apache-2.0
"""How memories are read: what the contract cannot see."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from claude_mem_conformance import samples
from claude_mem_core.domain.search import TermQuery
from claude_mem_core.domain.timeline import Place
from claude_mem_core.errors import StorageError


def test_a_count_reads_no_memory_but_an_index_alone(storage, statements, open_storage):
    with open_storage().read() as snapshot:
        snapshot.memories.count("project", scope=samples.OURS)
    [asked] = [text for text in statements if "count(*)" in text and "r.kind" in text]
    with storage.read() as snapshot:
        plan = snapshot.memories._db.all(f"EXPLAIN QUERY PLAN {asked}")
    told = [row[-1] for row in plan]
    assert any("COVERING INDEX memory_items_of_kind" in line for line in told)
    assert not any("TEMP B-TREE" in line for line in told)


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "memory_items_when (project_id=?)"),
        ({"kind": ("manual",)}, "memory_items_of_kind (project_id=? AND kind=?)"),
        ({"type": ("decision",)}, "memory_items_of_type (project_id=? AND type=?)"),
    ],
)
def test_the_lists_that_a_pack_chooses_from_are_read_in_an_indexs_order(
    storage, statements, open_storage, asked, index
):
    with open_storage().read() as snapshot:
        statements.clear()
        wanted = samples.wanted(**asked)
        snapshot.memories.outlines(wanted, scope=samples.OURS, limit=400)
    [asked_for] = [text for text in statements if "r.files_read" in text]
    with storage.read() as snapshot:
        plan = snapshot.memories._db.all(f"EXPLAIN QUERY PLAN {asked_for}")
    told = [row[-1] for row in plan]
    assert f"SEARCH r USING INDEX {index}" in told
    assert not any("SCAN" in line or "TEMP B-TREE" in line for line in told)


def test_recall_reads_no_sources(storage, statements, open_storage):
    with storage.begin() as tx:
        tx.memories.add(samples.memory("m"))
    wanted = samples.wanted()
    with open_storage().read() as snapshot:
        memories = snapshot.memories
        statements.clear()
        assert memories.recent(wanted, scope=samples.OURS, limit=9)
        assert memories.since(Place(0), wanted, scope=samples.OURS, limit=9)
        assert memories.outlines(wanted, scope=samples.OURS, limit=9)
        assert memories.records(["m"], scope=samples.OURS)
        asked = TermQuery(terms=("m",), wanted=wanted, limit=9)
        assert memories.among(["m"], asked, scope=samples.OURS)
        assert len(statements) == 5
        assert not any("memory_sources" in text for text in statements)
        assert memories.get("m", scope=samples.OURS).sources
        assert any("memory_sources" in text for text in statements)


@pytest.mark.parametrize(
    "spoilt",
    [
        *("metadata = '{'", "metadata = '[]'", "metadata = '1'"),
        *("files_read = 'x'", "files_read = '{}'", "files_modified = '[1]'"),
    ],
)
def test_a_row_that_somebody_spoilt_is_named_by_every_way_to_read_it(
    path, storage, open_storage, spoilt
):
    with storage.begin() as tx:
        tx.memories.add(samples.memory("m"))
    storage.close()
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(f"UPDATE memory_items SET {spoilt} WHERE id = 'm'")
    wanted = samples.wanted()
    with open_storage().read() as snapshot:
        memories = snapshot.memories
        for read in (
            lambda: memories.get("m", scope=samples.OURS),
            lambda: memories.records(["m"], scope=samples.OURS),
            lambda: memories.recent(wanted, scope=samples.OURS, limit=9),
            lambda: memories.outlines(wanted, scope=samples.OURS, limit=9),
        ):
            with pytest.raises(StorageError, match="memory_items: the row 'm'"):
                read()
