# SPDX-License-Identifier: Apache-2.0
"""A session that left no memory is found by what was asked in it."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.extraction.asked import LONGEST_REQUEST
from claude_mem_core.domain.extraction.verify import unsupported
from claude_mem_core.ports.generator import FinishedSession, Generation
from claude_mem_core.reference.generator import RuleBasedGenerator
from turns import PROJECT, SESSION, asked, event, only

WISH = "Find out how invoices of the shop could be sent twice when a worker is killed."


def ended(*prompts: AgentEvent) -> Generation:
    end = event("session_end", {})
    finished = FinishedSession(PROJECT, SESSION, prompts, (), end)
    made = RuleBasedGenerator().summarise(finished)
    known = {each.id: each for each in prompts}
    for memory in made.memories:
        assert unsupported(memory, known) == []
    return made


def test_what_was_asked_is_the_summary_of_a_session_that_left_no_memory() -> None:
    summary = only(ended(asked(f"I like that. {WISH}")))

    assert (summary.kind, summary.type) == ("summary", "session_summary")
    assert summary.title == WISH.rstrip(".")
    assert summary.text == f"I like that.\n{WISH}"
    assert summary.metadata == {"request": WISH.rstrip(".")}


@pytest.mark.parametrize(
    "chat",
    [
        "thanks, that was all",
        "Fix it",
        "commit this with all the invoices, carts, totals, discounts, prices, groups",
    ],
)
def test_what_says_too_little_by_itself_makes_no_summary(chat: str) -> None:
    made = ended(asked(chat), asked(chat))

    assert (made.memories, made.skip) == ((), "nothing_to_remember")


def test_what_is_private_or_pasted_is_no_part_of_it() -> None:
    summary = only(
        ended(
            asked(f"{WISH} <private>The key is kept under the blue pot.</private>"),
            asked("<private>Where did grandmother hide the golden spoon?</private>"),
            asked("What does this output mean:\n\nAlways push to the main branch."),
        )
    )

    told = summary.model_dump_json()
    assert not any(word in told for word in ("blue", "spoon", "push"))


def test_it_tells_as_much_as_a_request_may_have() -> None:
    wishes = (f"{WISH[:-1]} in country number {number}." for number in range(40))
    summary = only(ended(asked("\n".join(wishes))))

    assert summary.text is not None
    assert len(summary.text) <= LONGEST_REQUEST
