# SPDX-License-Identifier: Apache-2.0
"""A pack tells the most for its room, and is never over it."""

from __future__ import annotations

import random

from claude_mem_core.domain.choosing import Budget, Valued, chosen
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
        narrative=" ".join(dice.choices(WORDS, k=dice.randrange(1, 60))),
        metadata={"standing": dice.random() < 0.3},
    )


def told(verdicts: object) -> dict[str, str]:
    return {one.item.id: one.reason for one in verdicts}  # type: ignore[attr-defined]


def test_ten_thousand_budgets_are_never_exceeded() -> None:
    dice = random.Random(1)
    pool = [Valued(random_item(n, dice), dice.random() + 0.01) for n in range(40)]
    sizes = set()
    for _ in range(10_000):
        own = dice.sample(pool, dice.randrange(1, 5))
        budget = Budget(
            tokens=dice.randrange(1, 700),
            characters=dice.choice([None, dice.randrange(1, 1_500)]),
            memories=dice.randrange(1, 5),
        )
        pack = chosen(own, budget)
        shown = [one for one in pack.verdicts if one.is_told]
        assert estimated_tokens(pack.text) == pack.tokens <= budget.tokens
        assert budget.characters is None or len(pack.text) <= budget.characters
        assert [one.id for one in read(pack.text)] == [one.item.id for one in shown]
        assert len(shown) <= budget.memories
        assert len(pack.verdicts) == len(own)
        sizes.add(len(shown))
    assert sizes == {0, 1, 2, 3, 4}


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


def test_directives_that_stand_leave_two_thirds_to_the_rest() -> None:
    standing = [
        item(
            n,
            type="decision",
            title=f"Rule {n} {WORDS[n % 5] * n}",
            metadata={"standing": True},
        )
        for n in range(30)
    ]
    work = item(99, narrative="What was done.")

    pack = chosen(
        [*(Valued(o, 1.0) for o in standing), Valued(work, 2.0)], Budget(300, None, 50)
    )

    assert told(pack.verdicts)["m99"] == "whole"


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


def test_a_memory_that_is_too_long_is_told_by_its_headline() -> None:
    long = item(1, narrative="lengthy " * 900)

    pack = chosen([Valued(long, 1.0)], Budget(200, None, 50))

    assert told(pack.verdicts) == {"m1": "headline"}
    assert "lengthy" not in pack.text


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


def test_a_pack_without_its_reasons_is_the_same_pack() -> None:
    dice = random.Random(4)
    for _ in range(100):
        pool = [Valued(random_item(n, dice), dice.random() + 0.01) for n in range(30)]
        budget = Budget(dice.randrange(50, 900), None, dice.randrange(1, 9))
        whole = chosen(pool, budget)
        short = chosen(pool, budget, explain=False)
        assert short.text == whole.text
        assert short.verdicts == tuple(one for one in whole.verdicts if one.is_told)


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
