# SPDX-License-Identifier: Apache-2.0
"""The best fit comes first, sessions support and give way to each other."""

from __future__ import annotations

from typing import Any

import pytest
from claude_mem_core.domain.bm25 import K1, Frequencies
from claude_mem_core.domain.calendar import Times
from claude_mem_core.domain.feedback import Standing
from claude_mem_core.domain.ranking import Asked, ranked
from claude_mem_core.domain.search import Candidate
from claude_mem_core.domain.weights import CONTRADICTED, FEEDBACK
from hypothesis import given
from hypothesis import strategies as st

FREQUENCIES = Frequencies(memories=10**9, tokens=10**11, having=(0,))
LENGTH = 100
[RARITY] = FREQUENCIES.rarities


def counts(score: float) -> Any:
    """The occurrences, in the text alone, that make such a score at usual length."""
    often = K1 * score / ((K1 + 1) * RARITY - score)
    return ((0,), (often,), (0,), (0,))


def candidate(name: str, score: float, session: str | None = None) -> Candidate:
    return Candidate(
        item_id=name,
        session_id=session,
        kind="observation",
        created_at_epoch=1,
        tokens=LENGTH,
        counts=counts(score),
    )


def asked(question: str = "", **cosines: float) -> Asked:
    times = Times.named_in(question)
    return Asked(question, FREQUENCIES, cosines, times=times)


def order(*candidates: Candidate, question: str = "", **cosines: float) -> list[str]:
    return [one.item_id for one in ranked(candidates, asked(question, **cosines))]


def said(name: str, score: float, at: int, **told: Any) -> Candidate:
    """A turn of one talk."""
    one = candidate(name, score, "talk")._replace(author="Anna", length=100)
    return one._replace(when_epoch=at, **told)


NOISE = tuple(candidate(f"n{n}", 0.1)._replace(author="Ben") for n in range(20))


def test_nothing_found_is_nothing_ranked() -> None:
    assert ranked([], asked()) == []


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


def test_the_answer_to_a_question_that_fits_comes_before_other_talk() -> None:
    question = said("asks", 9, at=1, asks=True)
    answer, other = said("answer", 0, at=2), said("other", 0, at=9)
    between = [said(f"b{n}", 0, at=3 + n) for n in range(5)]

    places = order(question, answer, *between, other, *NOISE)

    assert places.index("answer") < places.index("b0")
    assert places.index("answer") < places.index("other")


def test_what_stands_near_what_fits_comes_before_what_does_not() -> None:
    talk = [said(f"t{n}", 5 if n == 10 else 0, at=n) for n in range(20)]

    places = order(*talk, *NOISE)

    assert places.index("t12") < places.index("t18")


def test_a_question_that_several_turns_answer_between_them_finds_them() -> None:
    frequencies = Frequencies(memories=1_000, tokens=100_000, having=(9, 9))

    def turn(name: str, at: int, first: int, second: int) -> Candidate:
        told = ((0, 0), (first, second), (0, 0), (0, 0))
        return said(name, 0, at=at, counts=told)

    shared = [turn("a", 1, 1, 0), turn("b", 2, 0, 1)]
    apart = [turn("c", 30, 1, 0), turn("d", 60, 0, 1)]
    between = [turn(f"f{n}", n, 0, 0) for n in range(10, 60, 2)]
    best = ranked([*shared, *apart, *between], Asked("", frequencies))

    assert {one.item_id for one in best[:2]} == {"a", "b"}


def test_what_is_alike_comes_first_where_words_tell_nothing() -> None:
    found = [candidate(name, 3) for name in "abc"]

    assert order(*found, a=0.1, b=0.9, c=0.3) == ["b", "c", "a"]


def test_a_vector_tells_more_of_what_was_made_of_work_than_of_a_note() -> None:
    note, far = candidate("note", 3), candidate("far", 3)
    made = candidate("made", 3)._replace(trust="agent")

    assert order(note, made, far, note=0.8, made=0.8, far=0.1)[0] == "made"


def test_what_has_no_cosine_yet_counts_as_average() -> None:
    found = [candidate(name, 3) for name in "abcd"]

    assert order(*found, a=0.1, b=0.9, c=0.5)[1:3] in (["c", "d"], ["d", "c"])


def test_a_talk_gives_no_place_away_to_other_sessions() -> None:
    talk = [said(f"t{n}", 9 - n / 10, at=n) for n in range(4)]

    assert set(order(*talk, *NOISE)[:4]) == {one.item_id for one in talk}


def test_the_one_participant_who_is_named_comes_first() -> None:
    anna, ben = said("a", 5, at=1), said("b", 5, at=20)._replace(author="Ben Li")
    far = [said(f"f{n}", 0, at=n) for n in range(4, 16)]

    assert order(anna, ben, *far, question="what did ben li say?")[0] == "b"
    assert order(anna, ben, *far, question="what did Anna say?")[0] == "a"


def test_a_named_month_raises_what_is_of_it() -> None:
    day = 86_400_000
    january, march = candidate("j", 5, "one"), candidate("m", 5, "two")
    found = (
        january._replace(when_epoch=9 * day),
        march._replace(when_epoch=70 * day),
        *(candidate(f"r{n}", 1, f"rest {n}") for n in range(9)),
    )

    assert order(*found, question="what broke in January?")[0] == "j"
    assert order(*found, question="what broke in March?")[0] == "m"


def test_of_equal_fits_what_a_person_wrote_and_then_the_newer_comes_first() -> None:
    day = 86_400_000
    old, new = candidate("a", 5, "one"), candidate("b", 5, "two")
    new = new._replace(when_epoch=40 * day)
    said_so = candidate("c", 5, "three")._replace(trust="user")
    by_hand = candidate("d", 5, "four")._replace(kind="manual", when_epoch=1)
    better = candidate("e", 9, "five")
    rest = [candidate(f"r{n}", 1, f"rest {n}") for n in range(9)]

    assert order(old, new, said_so, by_hand, better, *rest)[:5] == [*"edcba"]


def test_the_parts_of_a_score_add_up_to_it() -> None:
    talk = [said(f"t{n}", n, at=n, asks=n % 2 == 0) for n in range(9)]

    for one in ranked([*talk, *NOISE], asked("what did Anna say in May?", t1=0.9)):
        assert one.score == pytest.approx(sum(one.parts.values()))
        assert {"title", "text", "average", "alike", "around", "window", "who"} <= set(
            one.parts
        )


SESSIONS = st.sampled_from(["x", "y", "z", None])


@given(st.lists(st.tuples(st.integers(0, 40), SESSIONS), max_size=30))
def test_every_candidate_has_one_place_and_scores_fall(
    found: list[tuple[int, str | None]],
) -> None:
    candidates = [candidate(f"m{n}", *each) for n, each in enumerate(found)]

    best = ranked(candidates, asked())

    assert sorted(one.item_id for one in best) == sorted(c.item_id for c in candidates)
    assert [one.score for one in best] == sorted(
        (one.score for one in best), reverse=True
    )
    assert ranked(candidates[::-1], asked()) == best
    assert ranked(candidates, asked(), limit=3) == best[:3]


def test_feedback_decides_between_equals_and_lifts_nothing_over_a_better_fit() -> None:
    used, wrong = Standing(used=0.99), Standing(contradicted=-0.99)
    equals = [candidate(name, 5) for name in ("a", "b", "c")]
    better = candidate("best", 9)
    rest = [candidate(f"r{n}", 1) for n in range(9)]

    standings = {"b": used, "a": wrong}
    best = ranked([*equals, better, *rest], Asked("", FREQUENCIES, standings=standings))

    assert [one.item_id for one in best][:4] == ["best", "b", "c", "a"]
    parts = {one.item_id: one.parts for one in best}
    assert parts["b"]["feedback"] == pytest.approx(FEEDBACK * 0.99)
    assert parts["a"]["contradicted"] == pytest.approx(-CONTRADICTED * 0.99)
    assert parts["c"]["feedback"] == parts["c"]["contradicted"] == 0
