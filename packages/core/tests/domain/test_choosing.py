# SPDX-License-Identifier: Apache-2.0
"""A pack tells the most for its room, and is never over it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from claude_mem_core.domain.choosing import (
    ASKED,
    AT_START,
    Budget,
    Verdict,
    chosen,
)
from claude_mem_core.domain.forms import FORMS, Valued, is_standing
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.packing import read
from claude_mem_core.domain.tokens import estimated_tokens

WORDS = [
    "lamp",
    "motor",
    "turn",
    "速度",
    "schöner",
    "get_speed",
    "LampMotor",
    "12345",
    "{}()=>",
    "🙂",
    "the",
    "of",
]
LENGTHS = [1, 5, 20, 60, 200]
ROOM = Budget(tokens=5_000, characters=None, memories=50)


def item(number: int, **fields: object) -> MemoryItem:
    given = {
        "id": f"m{number}",
        "project_id": "p",
        "kind": "observation",
        "type": "bugfix",
        "title": f"Fix number {number}",
        "created_at_epoch": 1_700_000_000_000,
        "updated_at_epoch": 1_700_000_000_000,
    }
    return MemoryItem.model_validate({**given, **fields})


def random_item(number: int, dice: random.Random) -> MemoryItem:
    return item(
        number,
        kind=dice.choice(["observation", "summary", "manual"]),
        type=dice.choice(["bugfix", "decision"]),
        trust=dice.choice(["user", "agent"]),
        narrative=" ".join(dice.choices([*WORDS, "now."], k=dice.choice(LENGTHS))),
        metadata={"standing": dice.random() < 0.3},
    )


def rule(number: int, **fields: object) -> MemoryItem:
    told = {"type": "decision", "metadata": {"standing": True}, **fields}
    return item(number, **told)


def told(verdicts: object) -> dict[str, str]:
    return {one.item.id: one.reason for one in verdicts}  # type: ignore[attr-defined]


def test_ten_thousand_budgets_are_never_exceeded() -> None:
    dice = random.Random(1)
    pool = [Valued(random_item(n, dice), dice.random() + 0.01) for n in range(40)]
    sizes, forms = set(), set()
    for _ in range(10_000):
        own = dice.sample(pool, dice.randrange(1, 5))
        budget = Budget(
            tokens=dice.randrange(1, 700),
            characters=dice.choice([None, dice.randrange(1, 1_500)]),
            memories=dice.randrange(1, 5),
            standing=dice.choice([AT_START, ASKED]),
        )
        pack = chosen(own, budget)
        shown = [one for one in pack.verdicts if one.is_told]
        assert estimated_tokens(pack.text) == pack.tokens <= budget.tokens
        assert budget.characters is None or len(pack.text) <= budget.characters
        entries = read(pack.text)
        assert [one.id for one in entries] == [one.item.id for one in shown]
        assert [one.text for one in entries] == [
            FORMS[one.reason][0](one.item).text for one in shown
        ]
        assert share_of_directives(shown) * budget.standing <= budget.tokens
        assert len(shown) <= budget.memories
        assert len(pack.verdicts) == len(own)
        sizes.add(len(shown))
        forms |= {one.reason for one in pack.verdicts}
    assert sizes == {0, 1, 2, 3, 4}
    assert forms > {"whole", "shortened", "headline"}


def share_of_directives(shown: Sequence[Verdict]) -> int:
    """The tokens of the directives, where there is more than one title of one."""
    own = [
        one
        for one in shown
        if is_standing(one.item)
        and (one.item.kind != "manual" or one.item.trust != "user")
    ]
    if [one.reason for one in own] == ["headline"]:
        return 0
    return sum(one.tokens for one in own)


def test_what_was_written_by_hand_comes_first_and_is_told_while_it_fits() -> None:
    hand = [item(n, kind="manual", narrative=f"Own words {n}.") for n in range(3)]
    other = [item(n, narrative=f"Other {n} {'word' * n}") for n in range(5, 40)]
    considered = [
        *(Valued(one, 9.0) for one in other),
        *(Valued(o, 0.01) for o in hand),
    ]

    pack = chosen(considered, Budget(250, None, 50))

    first = [one.item.id for one in pack.verdicts[:3]]
    assert sorted(first) == ["m0", "m1", "m2"]
    assert all(one.is_told for one in pack.verdicts[:3])


@pytest.mark.parametrize(("standing", "part"), [(AT_START, 1 / 3), (ASKED, 1 / 6)])
def test_directives_that_stand_leave_the_rest_of_the_pack_to_the_rest(
    standing: int, part: float
) -> None:
    rules = [rule(n, title=f"Rule {n} {WORDS[n % 5] * n}") for n in range(30)]
    work = item(99, narrative="What was done.")
    budget = Budget(600, None, 50, standing)

    pack = chosen([*(Valued(o, 9.0) for o in rules), Valued(work, 0.1)], budget)

    told_rules = [v.tokens for v in pack.verdicts if v.is_told and v.item != work]
    assert told(pack.verdicts)["m99"] == "whole"
    assert part * 600 - 50 < sum(told_rules) <= part * 600


@pytest.mark.parametrize("fields", [{"kind": "manual"}, {"trust": "user"}])
def test_only_a_directive_that_the_user_wrote_by_hand_is_beyond_its_share(
    fields: dict[str, object],
) -> None:
    own = [
        rule(n, title=f"Own {n} {WORDS[n % 5] * n}", kind="manual", trust="user")
        for n in range(6)
    ]
    others = [
        rule(n, title=f"R {n} {WORDS[n % 5] * n}", **fields) for n in range(9, 20)
    ]

    pack = chosen([Valued(o, 1.0) for o in (*own, *others)], Budget(600, None, 50, 6))

    verdicts = told(pack.verdicts)
    assert {verdicts[one.id] for one in own} == {"whole"}
    assert {verdicts[one.id] for one in others} == {"whole", "over_budget"}


def test_one_directive_has_its_title_told_however_small_its_share_is() -> None:
    rules = [rule(n, title=f"Rule {n}", narrative="word " * 99) for n in (1, 2)]

    pack = chosen([Valued(one, 1.0) for one in rules], Budget(150, None, 50, ASKED))

    assert sorted(told(pack.verdicts).values()) == ["headline", "over_budget"]


def test_what_another_memory_tells_is_not_told_again() -> None:
    words = "the lighthouse lamp motor reads speed before starting"
    pack = chosen(
        [
            Valued(item(1, title="One", narrative=f"{words} today"), 2.0),
            Valued(item(2, title="One", narrative=words), 1.0),
            Valued(item(3, title="Other matter", narrative="Fresh news here."), 0.5),
        ],
        ROOM,
    )

    assert told(pack.verdicts) == {"m1": "whole", "m3": "whole", "m2": "redundant"}


def test_a_summary_and_what_it_sums_up_are_not_both_told_at_length() -> None:
    summary = item(1, kind="summary", server_session_id="s", narrative="All of it.")
    part = item(
        2, title="A part", server_session_id="s", narrative="The details of it."
    )
    apart = item(3, title="Apart", server_session_id="t", narrative="Another session.")

    pack = chosen([Valued(summary, 9.0), Valued(part, 1.0), Valued(apart, 1.0)], ROOM)

    assert told(pack.verdicts) == {"m1": "whole", "m2": "headline", "m3": "whole"}


def test_a_summary_told_by_its_title_lets_what_it_sums_up_be_told_at_length() -> None:
    long = "everything that happened on that long day, and why it did; " * 40
    summary = item(1, kind="summary", server_session_id="s", narrative=long)
    part = item(2, title="A part", server_session_id="s", narrative="Its details.")

    pack = chosen([Valued(summary, 99.0), Valued(part, 1.0)], Budget(150, None, 50))

    assert told(pack.verdicts) == {"m1": "headline", "m2": "whole"}


def test_a_long_memory_is_told_by_how_it_begins_and_else_by_its_headline() -> None:
    long = item(1, narrative=f"The lamp turns. {'lengthy ' * 900}")

    middle = chosen([Valued(long, 1.0)], Budget(250, None, 50))
    small = chosen([Valued(long, 1.0)], Budget(90, None, 50))

    assert told(middle.verdicts) == {"m1": "shortened"}
    assert "The lamp turns." in middle.text
    assert "[m1]" in middle.text
    assert told(small.verdicts) == {"m1": "headline"}
    assert "lamp" not in small.text


def test_the_beginning_of_a_long_memory_is_weighed_by_its_own_length() -> None:
    day = "On that day the motor was taken out, and it was cleaned. "
    long = item(1, kind="summary", narrative=day * 60)
    short = [item(n, narrative=f"{n} {WORDS[n % 5] * n} " * 6) for n in range(5, 30)]
    considered = [Valued(long, 5.0), *(Valued(one, 1.0) for one in short)]

    pack = chosen(considered, Budget(300, None, 50))

    assert told(pack.verdicts)["m1"] == "shortened"
    assert "the motor was taken out" in pack.text


def test_each_reason_for_silence_has_its_word() -> None:
    two = [Valued(item(1), 2.0), Valued(item(2, title="Another matter"), 1.0)]

    assert told(chosen(two, Budget(500, None, 1)).verdicts)["m2"] == "over_limit"
    assert set(told(chosen(two, Budget(5, None, 9)).verdicts).values()) == {
        "over_budget"
    }
    assert chosen(two, Budget(5, None, 9)).text == ""


def test_the_same_memories_give_the_same_bytes_in_any_order() -> None:
    pool = [Valued(item(n, narrative=f"Matter {n}"), 1.0) for n in range(20)]
    shuffled = random.Random(3).sample(pool, len(pool))

    assert chosen(pool, ROOM) == chosen(shuffled, ROOM)


def test_each_memory_told_is_worth_the_most_of_those_that_are_left() -> None:
    dice, many = random.Random(5), [f"word{n}" for n in range(300)]
    pool = [
        Valued(
            item(n, narrative=" ".join(dice.choices(many, k=dice.randrange(1, 60)))),
            dice.random() + 0.01,
        )
        for n in range(30)
    ]
    every = chosen(pool, Budget(100_000, None, 50)).verdicts
    shown = [one for one in every if one.is_told]
    worths = [one.per_token for one in shown]
    assert len(shown) > 5
    assert worths == sorted(worths, reverse=True)
    alone = {one.item.id: chosen([one], ROOM).verdicts[0].per_token for one in pool}
    assert shown[0].item.id == max(alone, key=lambda one: alone[one])
