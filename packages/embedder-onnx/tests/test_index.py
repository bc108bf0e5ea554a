# SPDX-License-Identifier: Apache-2.0
"""The index says what comparing everything with everything says."""

from __future__ import annotations

import numpy as np
import pytest
from claude_mem_embedder_onnx.index import NumpyIndex

DIMENSIONS = 384


def units(count, seed):
    """Vectors in clusters, as those of real texts are."""
    dice = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(40, DIMENSIONS))
    rows = centres[dice.integers(40, size=count)]
    rows = rows + dice.normal(size=rows.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("<f4")


@pytest.fixture(scope="module")
def stored():
    rows = units(3_000, 1)
    sizes = np.random.default_rng(2).integers(1, 4, size=1_500)
    ends = np.cumsum(sizes)
    parts = np.split(rows[: ends[-1]], ends[:-1])
    return {f"m{n}": part.tobytes() for n, part in enumerate(parts) if len(part)}


def truth(stored, question, limit):
    told = {
        one: float((np.frombuffer(own, "<f4").reshape(-1, DIMENSIONS) @ question).max())
        for one, own in stored.items()
    }
    return dict(sorted(told.items(), key=lambda one: -one[1])[:limit])


def built(stored, **how):
    index = NumpyIndex(DIMENSIONS, **how)
    entries = list(stored.items())
    for start in range(0, len(entries), 100):
        index.put(entries[start : start + 100])
    return index


def loader(stored):
    return lambda ids: {one: stored[one] for one in ids}


def test_an_exact_index_finds_what_is_nearest(stored):
    index = built(stored)
    for question in units(20, 3):
        found = index.similar(question.tobytes(), limit=10, load=loader({}))
        expected = truth(stored, question, 10)
        assert list(found) == list(expected)
        assert list(found.values()) == pytest.approx(list(expected.values()), abs=1e-6)


def test_bits_find_nearly_all_that_is_nearest(stored):
    index = built(stored, exact=500)
    shared = 0
    for question in units(50, 3):
        found = index.similar(question.tobytes(), limit=10, load=loader(stored))
        expected = truth(stored, question, 10)
        shared += len(found.keys() & expected.keys())
        assert all(found[one] == pytest.approx(expected[one], abs=1e-6)
                   for one in found.keys() & expected.keys())  # fmt: skip
    assert shared >= 0.95 * 500


@pytest.mark.parametrize("exact", [10_000, 100], ids=["exact", "bits"])
def test_named_memories_are_compared_by_their_own_vectors(stored, exact):
    index = built(stored, exact=exact)
    gone = ["m3", "m4", "m700"]
    index.remove(gone)
    (question,) = units(1, 7)
    wanted = [*list(stored)[::-9], *gone, "nobody"]
    told = index.compare(question.tobytes(), wanted, load=loader(stored))
    expected = truth(stored, question, len(stored))
    left = set(wanted) - {*gone, "nobody"}
    assert told == pytest.approx({one: expected[one] for one in left}, abs=1e-6)


def test_bits_take_a_fraction_of_the_memory(stored):
    assert built(stored, exact=500)._rows.nbytes * 15 < built(stored)._rows.nbytes


@pytest.mark.parametrize("exact", [10_000, 100], ids=["exact", "bits"])
def test_many_changes_leave_what_a_new_index_would_hold(stored, exact):
    index, now = built(stored, exact=exact), dict(stored)
    dice = np.random.default_rng(5)
    fresh = units(3_000, 6)
    for turn in range(30):
        gone = dice.choice(sorted(now), size=40, replace=False).tolist()
        index.remove(gone)
        now = {one: own for one, own in now.items() if one not in gone}
        anew = {f"m{n}": fresh[n * 2 : n * 2 + 2].tobytes()
                for n in range(turn * 20, turn * 20 + 25)}  # fmt: skip
        index.put(anew.items())
        now |= anew
    question = units(1, 7)[0]
    found = index.similar(question.tobytes(), limit=len(now), load=loader(now))
    assert found == pytest.approx(truth(now, question, len(now)), abs=1e-6)


def test_an_index_from_which_everything_was_taken_finds_nothing(stored):
    index = built(stored)
    index.remove(list(stored))

    assert index.similar(units(1, 3).tobytes(), limit=3, load=loader({})) == {}

    index.put([("again", units(1, 3).tobytes())])
    assert set(index.similar(units(1, 3).tobytes(), limit=3, load=loader({}))) == {
        "again"
    }
