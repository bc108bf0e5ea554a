# SPDX-License-Identifier: Apache-2.0
"""A pack is what looking at every memory in every round would choose."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.choosing import SAME, Budget, chosen
from claude_mem_core.domain.forms import (
    BY_HAND,
    OTHER,
    STANDING,
    Measured,
    Open,
    Valued,
    words_of,
)
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.packing import frame
from claude_mem_core.domain.tokens import estimated_tokens
from hypothesis import given, settings
from hypothesis import strategies as st

Fate = tuple[str, str, int, float]
"""A memory's id, why it is told or is not, its tokens, and its worth for each."""


class _Exhaustive:
    """Every memory is looked at in every round, and each takes the form that fits."""

    def __init__(self, considered: Sequence[Valued], budget: Budget) -> None:
        self.budget = budget
        self.told: list[Measured] = []
        self.directives: list[Measured] = []
        self.fates: list[Fate] = []
        self.left = [Open(one, estimated_tokens) for one in considered]

    def run(self) -> list[Fate]:
        for tier in (BY_HAND, STANDING, OTHER):
            own = [one for one in self.left if one.tier == tier]
            while own := [one for one in own if self.has_room(one)]:
                best = min(own, key=lambda one: one.rank)
                self.fates.append(self.fate(best, best.form))
                own.remove(best)
                self.left.remove(best)
                self.told.append(best.told)
                self.directives += [best.told][: tier == STANDING]
                for one in self.left:
                    one.hear(best, words_of(best.told.entry))
        untold = [self.fate(o, self.against(o) or "over_budget") for o in self.left]
        return [*self.fates, *untold]

    def has_room(self, one: Open) -> bool:
        if self.against(one):
            return False
        while not self.fits(one):
            if not one.shorten():
                return False
        return True

    def against(self, one: Open) -> str | None:
        if one.overlap >= SAME and one.item.kind != "manual":
            return "redundant"
        return "over_limit" if len(self.told) >= self.budget.memories else None

    def fits(self, one: Open) -> bool:
        around = "".join(frame())
        frames = Measured(one.told.entry, estimated_tokens(around), len(around))
        if not self.holds([frames, *self.told, one.told]):
            return False
        if one.tier != STANDING or (not self.directives and one.form == "headline"):
            return True
        return self.holds([*self.directives, one.told] * self.budget.standing)

    def holds(self, measured: Sequence[Measured]) -> bool:
        tokens = sum(one.tokens for one in measured)
        return self.budget.holds(tokens, sum(one.characters for one in measured))

    @staticmethod
    def fate(one: Open, why: str) -> Fate:
        return one.item.id, why, one.told.tokens, one.per_token


WORDS = st.sampled_from(
    [*("lamp", "motor", "turns", "LampMotor", "12345", "{}()=>", "the", "of", "🙂")]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=90).map(" ".join)
SESSIONS = st.sampled_from([None, "one", "two"])
ITEMS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["observation", "observation", "summary", "manual"]),
        "type": st.sampled_from(["bugfix", "bugfix", "decision"]),
        "trust": st.sampled_from(["user", "agent", None]),
        "title": st.none() | TEXTS,
        "narrative": st.none() | TEXTS,
        "facts": st.lists(TEXTS, max_size=2),
        "server_session_id": SESSIONS,
        "metadata": st.sampled_from([{}, {"standing": True}]),
        "created_at_epoch": st.integers(0, 2),
    }
)
CONSIDERED = st.lists(
    st.tuples(ITEMS, st.sampled_from([0.0, 0.3, 1.0, 1.0, 2.5, 10.0])), max_size=12
)
BUDGETS = st.builds(
    Budget,
    tokens=st.sampled_from([60, 150, 400, 1_000, 4_000]),
    characters=st.none() | st.sampled_from([300, 1_500, 6_000]),
    memories=st.integers(1, 12),
    standing=st.sampled_from([3, 6]),
)


def memory(number: int, fields: dict[str, object]) -> MemoryItem:
    given_ = {"id": f"m{number}", "project_id": "p", "updated_at_epoch": 2}
    return MemoryItem.model_validate({**given_, **fields})


@settings(max_examples=100)
@given(CONSIDERED, BUDGETS)
def test_a_pack_is_what_an_exhaustive_choice_gives(
    drawn: list[tuple[dict[str, object], float]], budget: Budget
) -> None:
    considered = [
        Valued(memory(number, fields), value)
        for number, (fields, value) in enumerate(drawn)
    ]
    expected = _Exhaustive(considered, budget).run()

    best = chosen(considered, budget)

    fates = [(v.item.id, v.reason, v.tokens, v.per_token) for v in best.verdicts]
    assert fates == expected
    told = tuple(one for one in best.verdicts if one.is_told)
    assert chosen(considered, budget, untold=False).verdicts == told
