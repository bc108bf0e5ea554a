# SPDX-License-Identifier: Apache-2.0
"""The best fit comes first, sessions support and give way to each other."""

from __future__ import annotations

from claude_mem_core.domain.ranking import ranked
from claude_mem_core.domain.search import Candidate
from hypothesis import given
from hypothesis import strategies as st


def candidate(name: str, score: float, session: str | None = None) -> Candidate:
    return Candidate(
        item_id=name,
        session_id=session,
        kind="observation",
        created_at_epoch=1,
        score=score,
    )


def order(*candidates: Candidate) -> list[str]:
    return [one.item_id for one in ranked(candidates)]


def test_nothing_found_is_nothing_ranked() -> None:
    assert ranked([]) == []


def test_the_better_fit_comes_first() -> None:
    assert order(candidate("a", 1), candidate("b", 3), candidate("c", 2)) == [
        *("b", "c", "a")
    ]


def test_of_two_equal_fits_the_one_whose_session_fits_comes_first() -> None:
    lonely, supported = candidate("a", 5, "one"), candidate("b", 5, "two")
    support = [candidate(f"s{n}", 4.5, "two") for n in range(2)]
    rest = [candidate(f"r{n}", 1, f"other {n}") for n in range(6)]

    assert order(lonely, supported, *support, *rest)[0] == "b"


def test_one_session_does_not_fill_the_first_places() -> None:
    crowd = [candidate(f"a{n}", 10 - n / 10, "crowd") for n in range(9)]
    other = candidate("b", 9, "other")
    rest = [candidate(f"r{n}", 1, f"rest {n}") for n in range(9)]

    assert order(*crowd, other, *rest)[1] == "b"


def test_memories_without_a_session_do_not_count_as_one_session() -> None:
    alone = [candidate(f"a{n}", 9) for n in range(5)]
    low = [candidate(f"r{n}", 1, f"rest {n}") for n in range(9)]

    assert set(order(*alone, *low)[:5]) == {one.item_id for one in alone}


SESSIONS = st.sampled_from(["x", "y", "z", None])


@given(st.lists(st.tuples(st.floats(0, 1e6), SESSIONS), max_size=30))
def test_every_candidate_has_one_place_and_scores_fall(
    found: list[tuple[float, str | None]],
) -> None:
    candidates = [candidate(f"m{n}", *each) for n, each in enumerate(found)]

    best = ranked(candidates)

    assert sorted(one.item_id for one in best) == sorted(c.item_id for c in candidates)
    assert [one.score for one in best] == sorted(
        (one.score for one in best), reverse=True
    )
    assert ranked(candidates[::-1]) == best
