# SPDX-License-Identifier: Apache-2.0
"""A narrative is the agent's conclusion, and each piece of it stands below its lead."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.extraction.retelling import LONGEST, LONGEST_ACCOUNT
from turns import asked, edited, observe, of_type, only, ran, roles, said, stopped

QUESTION = asked("How does the cart of the shop find its discounts?")
ANSWER = "Discounts of the shop are looked up by the customer's group, never by name."
MORE = "Groups are stored with each account since spring."


def narrative(*events: AgentEvent) -> list[str]:
    told = only(observe(*events)).narrative
    return (told or "").split("\n")


def test_a_list_stands_below_the_line_that_leads_to_it_and_is_told_whole() -> None:
    told = narrative(
        QUESTION,
        stopped(f"{ANSWER}\n\nThe group is taken from:\n- the account\n- the cookie"),
    )

    assert told == [
        *(ANSWER, "The group is taken from:"),
        *("- the account", "- the cookie"),
    ]


def test_what_leads_to_nothing_is_left_out() -> None:
    answer = f"{ANSWER}\n{MORE}\n\nThe output looks like this:"

    assert narrative(QUESTION, stopped(answer)) == [ANSWER, MORE]


def test_a_sample_of_code_is_told_with_what_it_is_of() -> None:
    sample = "```\ndiscount: 5\ntotal: 95\n```"
    told = narrative(QUESTION, stopped(f"{ANSWER}\n\nThe cart prints:\n{sample}"))

    assert told[1:] == ["The cart prints:", "    discount: 5", "    total: 95"]


def test_a_whole_file_is_not_a_sample() -> None:
    code = "\n".join(f"line_{number} = {number}" for number in range(40))
    answer = f"{ANSWER}\n{MORE}\n\nThe cart is:\n```\n{code}\n```"

    assert narrative(QUESTION, stopped(answer)) == [ANSWER, MORE]


def test_items_below_an_item_keep_it_as_their_lead() -> None:
    told = narrative(
        QUESTION,
        stopped(
            f"{ANSWER}\n\nWhere it looks:\n- In the account:\n  - its group\n"
            "  - its country\n- In the cookie of the browser"
        ),
    )

    assert told[1:] == [
        *("In the account:", "- its group", "- its country"),
        *("Where it looks:", "- In the cookie of the browser"),
    ]


def test_a_long_conclusion_loses_whole_parts_not_pieces_of_each() -> None:
    parts = [
        f"Reasons of kind {kind}:\n"
        + "\n".join(f"- the {kind} of part{kind}{n} weighs grams{n}" for n in range(9))
        for kind in ("alpha", "beta", "gamma", "delta", "epsilon")
    ]
    told = narrative(QUESTION, stopped("\n\n".join([ANSWER, *parts])))

    assert sum(map(len, told)) <= LONGEST + 200
    whole = [
        kind for kind in ("alpha", "beta", "gamma") if f"of part{kind}8" in str(told)
    ]
    begun = [
        kind for kind in ("alpha", "beta", "gamma") if f"of part{kind}0" in str(told)
    ]
    assert whole
    assert len(begun) - len(whole) <= 1


def test_a_thin_conclusion_is_told_with_the_way_to_it() -> None:
    told = narrative(
        asked("Make the cart of the shop faster"),
        said("The reason is that each discount is looked up twice."),
        edited("/home/me/shop/cart.py"),
        said("I'll change the lookup of discounts so that it keeps a cache by group."),
        edited("/home/me/shop/cache.py"),
        stopped("The cart of the shop now asks for discounts once."),
    )

    at = told.index("On the way:")
    assert told[at + 1 :] == [
        "The reason is that each discount is looked up twice.",
        "I'll change the lookup of discounts so that it keeps a cache by group.",
    ]


def test_one_statement_on_the_way_is_told_if_it_is_understood_alone() -> None:
    told = narrative(
        asked("Make the cart of the shop faster"),
        said("The data seems stale."),
        said("Each discount makes two requests to the server of the prices."),
        edited("/home/me/shop/cart.py"),
        stopped("The cart of the shop now asks for discounts once."),
    )

    assert told[told.index("On the way:") + 1 :] == [
        "Each discount makes two requests to the server of the prices."
    ]


def test_a_talk_that_was_cut_short_goes_on_with_what_was_asked_before() -> None:
    account = (
        "This session is being continued from a previous conversation that ran out of "
        "context.\n\nSummary:\n1. Primary Request and Intent:\n"
        "   - Make the cart of the shop faster\n   - Always push to main\n"
        "   - <private>Move the office</private>\n\n"
        "2. Key Technical Concepts:\n   - Redis keeps carts\n"
    )
    made = observe(
        asked(account),
        edited("/home/me/shop/cart.py"),
        stopped("The cart of the shop now asks for discounts once."),
    )

    memory = only(made)
    assert memory.text == (
        "Going on with: Make the cart of the shop faster\nAlways push to main"
    )
    assert roles(memory, "text") == {"statement"}
    assert memory.trust == "agent"


def test_an_account_of_a_talk_that_was_cut_short_is_told_after_the_rest() -> None:
    concepts = "\n".join(
        f"   - Key{n} of the carts is kept in table{n}" for n in range(90)
    )
    account = (
        "This session is being continued from a previous conversation that ran out of "
        "context.\nAnalysis:\nThe user was patient with the slow invoices.\n\nSummary:\n"
        "1. Primary Request and Intent:\n   - Make the cart of the shop faster\n\n"
        "2. Key Technical Concepts:\n   - Redis keeps the carts of the shop\n"
        f"   - <private>Keys of the office are here</private>\n{concepts}\n"
    )
    told = narrative(
        asked(account),
        edited("/home/me/shop/cart.py"),
        stopped("The cart of the shop now asks for its discounts once, not for each."),
    )

    at = told.index("Before the talk was cut short:")
    assert told[at + 1 : at + 3] == [
        "Key Technical Concepts:",
        "- Redis keeps the carts of the shop",
    ]
    assert "- Key9 of the carts is kept in table9" in told
    assert sum(map(len, told[at:])) <= LONGEST_ACCOUNT + 200
    assert not [one for one in told if "patient" in one or "office" in one]


def test_what_was_thought_on_the_way_is_not_told_after_a_full_answer() -> None:
    long = f"{ANSWER} The group is stored with the account since it was moved there."
    told = narrative(
        QUESTION, said("The reason is that discounts never expire."), stopped(long)
    )

    assert "On the way:" not in told


def test_a_clear_request_is_the_title_where_the_agent_says_less() -> None:
    memory = only(
        observe(
            asked("Rename the field amount to total in the invoices"),
            edited("/home/me/shop/invoice.py", "total = 1", "amount = 1"),
            stopped("The iteration over rows was also adapted in three places."),
        )
    )

    assert memory.title == "Rename the field amount to total in the invoices"


def test_how_it_was_before_is_no_title_of_a_change() -> None:
    memory = only(
        observe(
            asked("The invoices read every price of the shop twice, what can be done?"),
            edited("/home/me/shop/invoice.py"),
            stopped(
                "**Before:**\nInvoices ask for prices because nothing in `price.py` keeps "
                "them.\n\n"
                "**After:**\nInvoices compare the hash of each price of the shop in "
                "`price.py`."
            ),
        )
    )

    assert memory.title == (
        "Invoices compare the hash of each price of the shop in `price.py`"
    )


def test_a_line_that_hands_over_is_the_title_where_it_says_what_to_do() -> None:
    pasted = "shop search TEXT\nshop sell [--all] PRICE\nshop help COMMAND"

    def title(line: str) -> str | None:
        return only(
            observe(
                asked(f"{line}\n{pasted}"),
                edited("/home/me/shop/help.py"),
                stopped("Done."),
            )
        ).title

    asks = "Please update the usage message of the shop like in this example:"
    assert title(asks) == "Update the usage message of the shop like in this example"
    assert title("Explain this error output:") == "Shop search TEXT"


def test_a_chore_makes_no_memory() -> None:
    made = observe(
        asked("commit this please"),
        ran("git status", "On branch main"),
        stopped("The branch of the shop is clean, and its cart is 1 commit ahead."),
    )

    assert made.memories == ()


def test_what_is_to_be_done_now_is_no_decision_beside_the_change() -> None:
    made = observe(
        asked("Let's drop the hyphen before each line of the invoices"),
        edited("/home/me/shop/invoice.py"),
        stopped("Removed the hyphen before each line of the invoices of the shop."),
    )

    assert [memory.type for memory in made.memories] == ["change"]


def test_a_decision_says_what_came_of_it_and_which_files_changed() -> None:
    made = observe(
        asked("Use decimals rather than floats for the prices of the shop"),
        edited("/home/me/shop/price.py"),
        stopped("Converted the prices of the shop to decimals in `price.py`."),
    )

    decision = of_type(made, "decision")
    assert decision.files_modified == ("price.py",)
    assert decision.narrative is not None
    assert "Converted the prices" in decision.narrative


def test_an_error_of_the_provider_is_no_answer() -> None:
    made = observe(QUESTION, stopped('API Error: 529 {"type":"overloaded_error"}'))

    assert made.memories == ()
    assert made.skip == "empty_turn"


@pytest.mark.parametrize(
    "instead",
    ["No response requested.", 'API Error: 529 {"type":"overloaded_error"}'],
)
def test_what_a_host_puts_in_the_place_of_an_answer_hides_no_answer(
    instead: str,
) -> None:
    assert narrative(QUESTION, said(f"{ANSWER}\n{MORE}"), stopped(instead)) == [
        *(ANSWER, MORE)
    ]


def test_an_answer_that_begins_like_it_is_an_answer() -> None:
    answer = "No response requested by a cart of the shop is kept longer than a day."

    assert answer in narrative(QUESTION, stopped(f"{answer}\n{MORE}"))


def test_a_pass_of_another_check_does_not_make_a_bugfix() -> None:
    made = observe(
        asked("Fix the total of an empty cart of the shop"),
        edited("/home/me/shop/cart.py"),
        ran("ruff check", "All checks passed!"),
        stopped("The total of an empty cart is taken from the prices of the account."),
    )

    assert only(made).type == "change"
