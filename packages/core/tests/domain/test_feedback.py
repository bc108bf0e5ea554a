# SPDX-License-Identifier: Apache-2.0
"""What was seen of a memory becomes a number with bounds, and fades."""

from __future__ import annotations

from functools import reduce

import pytest
from claude_mem_core.domain.feedback import (
    CONTRADICTIONS,
    HALF_LIVES,
    UNKNOWN,
    WEIGHTS,
    EvidenceKind,
    Feedback,
    Seen,
    Total,
    UseKind,
    standing,
)
from claude_mem_core.errors import InvalidInputError
from hypothesis import given
from hypothesis import strategies as st

SEEN = st.builds(
    Seen,
    kind=st.sampled_from(sorted(WEIGHTS)),
    weeks=st.integers(0, 10_000),
    times=st.integers(0, 10**6),
)


def value(*seen: Seen) -> float:
    return standing(seen).value


@given(st.lists(SEEN))
def test_no_evidence_takes_it_over_a_bound(seen: list[Seen]) -> None:
    assert -1 < value(*seen) < 1


USED = st.sampled_from(sorted(WEIGHTS.keys() - {"superseded"}))


@given(USED, st.lists(st.integers(0, 300), min_size=1, max_size=30), st.integers(0, 99))
def test_a_total_stands_for_its_uses_in_whatever_order_they_came(
    kind: UseKind, weeks: list[int], later: int
) -> None:
    newest = max(weeks) + later
    uses = [Seen(kind, newest - week) for week in weeks]

    total = reduce(lambda one, other: one.and_(kind, other), map(Total, weeks))
    seen = Seen(kind, newest - total.week, total.times)

    assert value(seen) == pytest.approx(value(*uses))


def test_it_grows_with_the_evidence() -> None:
    some, much = value(Seen("useful")), value(Seen("useful", times=10_000))

    assert 0 < some < much
    assert value(Seen("not_useful")) == -some
    assert standing([]) == UNKNOWN
    assert UNKNOWN.value == 0


def test_a_word_counts_for_more_than_a_trace_and_a_reading_for_more_than_a_touch() -> (
    None
):
    kinds: list[EvidenceKind] = ["useful", "fetched", "touched"]
    values = [value(Seen(kind)) for kind in kinds]

    assert values == sorted(values, reverse=True)
    assert values[-1] > 0


def test_what_contradicts_a_memory_is_told_apart() -> None:
    known = standing([Seen("fetched"), Seen("contradicted"), Seen("not_useful")])

    assert known.contradicted < 0
    assert known.used < 0
    assert known.value == known.used + known.contradicted
    assert standing([Seen("not_useful")]).contradicted == 0
    assert standing([Seen("superseded")]).used == 0
    assert value(Seen("contradicted")) < value(Seen("not_useful"))


@pytest.mark.parametrize("kind", sorted(HALF_LIVES))
def test_a_use_counts_half_after_its_half_life(kind: EvidenceKind) -> None:
    old = Seen(kind, weeks=HALF_LIVES[kind], times=2)

    assert value(old) == pytest.approx(value(Seen(kind)))


@pytest.mark.parametrize("kind", sorted(CONTRADICTIONS))
def test_a_contradiction_does_not_fade(kind: EvidenceKind) -> None:
    assert value(Seen(kind, weeks=10_000)) == value(Seen(kind))


def test_what_is_wrong_is_not_useful() -> None:
    assert Feedback.from_wire({"useful": False, "wrong": True}).kind == "contradicted"
    assert Feedback.from_wire({"useful": False}).kind == "not_useful"
    with pytest.raises(InvalidInputError, match="say one of the two"):
        Feedback.from_wire({"useful": True, "wrong": True})
