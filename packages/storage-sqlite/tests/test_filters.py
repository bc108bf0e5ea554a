# SPDX-License-Identifier: Apache-2.0
"""What a filter of many values, or of deep paths, costs a row."""

from __future__ import annotations

import tracemalloc

import pytest
from claude_mem_conformance import samples

DEEP = "a/" * 2_000
MANY = 98


@pytest.fixture
def kept(storage):
    """The store with a memory of one file and one concept."""
    with storage.begin() as tx:
        lamp = {"files_read": ("src/lamp.py",), "concepts": ("how-it-works",)}
        tx.memories.add(samples.memory("lamp", "a lamp", **lamp))
    return storage


def latest(storage, **asked):
    wanted = samples.wanted().changed(**asked)
    with storage.read() as snapshot:
        found = snapshot.memories.recent(wanted, scope=samples.OURS, limit=9)
        return [one.id for one in found]


def test_deep_paths_take_no_more_room_than_they_are_long(kept):
    names = [f"{DEEP}{number}.py" for number in range(MANY)]

    tracemalloc.start()
    found = latest(kept, file=(*names, "lamp.py"))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found == ["lamp"]
    assert most < 20 * sum(map(len, names))


@pytest.mark.parametrize("more", [0, MANY])
def test_a_filter_of_many_values_is_one_of_each(kept, more):
    files = tuple(f"src/{number}.py" for number in range(more))
    concepts = tuple(f"concept {number}" for number in range(more))

    assert latest(kept, file=(*files, "/home/me/src/lamp.py")) == ["lamp"]
    assert latest(kept, file=(*files, "src")) == ["lamp"]
    assert latest(kept, file=(*files, "src/deep/lamp.py", "xlamp.py")) == []
    assert latest(kept, concept=(*concepts, "How-It-Works")) == ["lamp"]
    assert latest(kept, concept=(*concepts, "how-it")) == []
