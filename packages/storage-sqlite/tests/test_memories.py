# SPDX-License-Identifier: Apache-2.0
"""How memories are read: what the contract cannot see."""

from __future__ import annotations

from claude_mem_conformance import samples


def test_a_count_reads_no_memory_but_an_index_alone(storage, statements, open_storage):
    with open_storage().read() as snapshot:
        snapshot.memories.count("project", scope=samples.OURS)
    [asked] = [text for text in statements if "count(*)" in text and "r.kind" in text]
    with storage.read() as snapshot:
        plan = snapshot.memories._db.all(f"EXPLAIN QUERY PLAN {asked}")
    told = [row[-1] for row in plan]
    assert any("COVERING INDEX memory_items_project_kind" in line for line in told)
    assert not any("TEMP B-TREE" in line for line in told)
