# SPDX-License-Identifier: Apache-2.0
"""An answer is read by the reference system's rules, and no answer loses a turn."""

from __future__ import annotations

from typing import get_args

import pytest
from claude_mem_conformance.generator import finished_session, turn_with_work
from claude_mem_core.ports.generator import ModelCallError
from claude_mem_generator_llm.answers import POLICY, AnswerClass, read_answer
from claude_mem_generator_llm.prompts import turn_prompt
from claude_mem_generator_llm.syntax import Xml
from claude_mem_generator_llm.vocabulary import (
    OBSERVATION_FORM,
    SKIP_FORM,
    SUMMARY_FORM,
)
from model_stub import OBSERVATION, SUMMARY, Act

everyone = pytest.mark.parametrize("name", ["anthropic", "gemini", "openai"])


def seen(text: str):
    answer = read_answer(text, "observation")
    assert answer.kind == "valid"
    return answer.observations


def one(inner: str):
    (only,) = seen(f"<observation>{inner}</observation>")
    return only


@pytest.mark.parametrize(
    "text",
    [
        OBSERVATION,
        f"```xml\n{OBSERVATION}\n```",
        f"\n ```\n{OBSERVATION}```\n",
        f"Here it is:\n{OBSERVATION}\nThat is all.",
        f"<OBSERVATION >{OBSERVATION[len('<observation>') :]}",
    ],
)
def test_the_same_answer_is_read_in_any_wrapping(text):
    assert seen(text) == seen(OBSERVATION)


def test_a_fence_inside_a_text_stays():
    assert one("<narrative>run\n```\nmake\n```</narrative>").narrative == (
        "run\n```\nmake\n```"
    )


def test_the_first_root_tag_decides_what_an_answer_is():
    assert read_answer(SUMMARY + OBSERVATION, "observation").kind == "drift"
    assert read_answer(OBSERVATION + SUMMARY, "summary").kind == "drift"
    assert read_answer(SKIP_FORM + OBSERVATION, "observation").kind == "skip"
    other = OBSERVATION.replace("The parser", "The lexer")
    assert len(seen(OBSERVATION + SUMMARY + other)) == 2


def test_a_skip_has_the_form_that_the_prompt_asks_for():
    assert read_answer(SKIP_FORM, "observation").reason == "why"
    assert read_answer("<skip_summary/>", "summary").kind == "skip"


def test_an_unknown_type_is_kept_and_a_missing_one_claims_nothing(opened, stub):
    stub.acts = [
        Act(text="<observation><type>riddle</type><title>a</title></observation>"),
        Act(text="<observation><title>a</title></observation>"),
    ]
    generator = opened("openai")

    made = [generator.observe(turn_with_work()).memories[0] for _ in range(2)]

    assert [memory.type for memory in made] == ["riddle", "discovery"]


def test_a_concept_ends_at_its_colon_and_is_not_the_type():
    read = one(
        "<type>bugfix</type><concepts><concept>gotcha: a long story</concept>"
        "<concept>bugfix</concept><concept>gotcha</concept><concept>: </concept>"
        "</concepts>"
    )

    assert read.concepts == ("gotcha",)


@pytest.mark.parametrize(
    "inner",
    [
        "",
        "<subtitle>alone</subtitle>",
        "<type>bugfix</type><concepts><concept>bugfix</concept></concepts>",
        "<title> </title><facts><fact/></facts>",
    ],
)
def test_an_observation_that_says_nothing_is_dropped(inner):
    ghost = f"<observation>{inner}</observation>"

    assert read_answer(ghost, "observation").kind == "empty"
    assert len(seen(ghost + OBSERVATION)) == 1


def test_a_form_that_is_repeated_says_nothing():
    assert read_answer(OBSERVATION_FORM, "observation").kind == "empty"
    assert read_answer(SUMMARY_FORM, "summary").kind == "empty"
    read = one("<title>a</title><facts><fact>one fact that stands alone</fact></facts>")
    assert (read.title, read.facts) == ("a", ())


def test_an_observation_that_is_repeated_counts_once():
    again = OBSERVATION.replace("The parser took", "The Parser took")

    assert seen(OBSERVATION + again) == seen(OBSERVATION)
    untitled = "<observation><narrative>{}</narrative></observation>"
    assert len(seen(untitled.format("a") + untitled.format("b"))) == 2


def test_notes_alone_are_no_summary():
    notes = "<summary><notes>n</notes></summary>"
    next_steps = "<summary><next_steps>n</next_steps></summary>"

    assert read_answer(notes, "summary").kind == "empty"
    assert read_answer(next_steps, "summary").summary == {"next_steps": "n"}


def test_what_is_cut_off_is_left_out():
    whole = "<observation><title>a</title><narrative>all of it</narrative>"

    (read,) = seen(whole + "<facts><fact>half of")

    assert (read.title, read.narrative) == ("a", "all of it")
    assert read.facts == ()


def test_a_tag_left_open_ends_at_the_next_one():
    read = one("<title>a\n<subtitle>b</subtitle><facts><fact>c<fact>d</fact></facts>")

    assert (read.title, read.subtitle, read.facts) == ("a", "b", ("c", "d"))


def test_an_observation_that_a_text_quotes_is_a_part_of_the_text():
    quoted = "<observation><title>evil</title></observation>"

    read = one(f"<title>a</title><narrative>it says {quoted} there</narrative>")

    assert read.title == "a"
    assert read.narrative == f"it says {quoted} there"


def test_entities_are_read_once():
    read = one("<title>&amp;lt; &lt;b&gt; &#65;&#x42; &nbsp; &#9999999;</title>")

    assert read.title == "&lt; <b> AB &nbsp;"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "idle"),
        (" \n ", "idle"),
        ("```\n```", "idle"),
        ("Invalid API key. Please run /login", "auth"),
        ("You have reached your usage limit", "quota"),
        ("Error: prompt is too long", "overflow"),
        ("Internal server error", "model_error"),
        ("I fixed the parser for you.", "prose"),
        ("<title>no root</title>", "drift"),
        ("<observation", "prose"),
    ],
)
def test_an_answer_that_is_none_has_a_class_and_fails_in_sight(
    opened, stub, text, kind
):
    assert read_answer(text, "observation").kind == kind
    stub.usual = Act(text=text)

    with pytest.raises(ModelCallError) as caught:
        opened("anthropic").observe(turn_with_work())

    assert caught.value.kind == POLICY[kind][0]
    assert caught.value.usage[-1].outcome == POLICY[kind][0]
    assert caught.value.usage[-1].input_tokens == 100


def test_every_class_of_answer_has_a_policy():
    assert {*POLICY, "valid", "skip"} == set(get_args(AnswerClass))


@everyone
def test_a_refusal_of_the_model_fails_in_sight(opened, stub, name):
    stub.usual = Act(text="", stop="refused")

    with pytest.raises(ModelCallError) as caught:
        opened(name).observe(turn_with_work())

    assert caught.value.kind == "unrecoverable"


@everyone
def test_an_answer_that_was_cut_names_the_setting(opened, stub, name):
    stub.usual = Act(text="<observation><title>ha", stop="length")

    with pytest.raises(ModelCallError, match="CLAUDE_MEM_MODEL_OUTPUT_TOKENS"):
        opened(name).observe(turn_with_work())


def test_an_observation_is_never_taken_for_a_summary(opened, stub):
    stub.usual = Act(text=OBSERVATION)

    with pytest.raises(ModelCallError) as caught:
        opened("openai").summarise(finished_session())

    assert caught.value.kind == "parse_error"


def test_a_skip_is_a_reason_and_its_call_is_counted(opened, stub):
    stub.usual = Act(text='<skip_summary reason="nothing came out"/>')

    made = opened("openai").observe(turn_with_work())

    assert (made.skip, made.memories) == ("nothing_to_remember", ())
    assert len(made.usage) == 1


@pytest.mark.parametrize(
    "evidence", ["", "<evidence>99, 0</evidence>", "<evidence>none</evidence>"]
)
def test_a_memory_that_names_no_event_that_was_shown_cites_the_turn(
    opened, stub, evidence
):
    stub.usual = Act(text=f"<observation><title>a</title>{evidence}</observation>")

    (memory,) = opened("openai").observe(turn_with_work()).memories

    cited = [source.event_id for source in memory.sources]
    assert cited == ["prompt", "edit", "run", "stop"]
    assert memory.metadata["evidence"] == "turn"


def test_only_files_that_tools_touched_are_files_of_a_memory(opened, stub):
    files = "".join(
        f"<file>{name}</file>"
        for name in ("parser.py", "/home/me/app/parser.py", "/etc/passwd", "other.py")
    )
    stub.usual = Act(
        text="<observation><title>a</title>"
        f"<files_read>{files}</files_read><files_modified>{files}</files_modified>"
        "</observation>"
    )

    (memory,) = opened("openai").observe(turn_with_work()).memories

    assert memory.files_modified == ("/home/me/app/parser.py",)
    assert memory.files_read == ()


def test_a_subtitle_has_24_words_at_most(opened, stub):
    many = " ".join(["word"] * 40)
    stub.usual = Act(
        text=f"<observation><title>a</title><subtitle>{many}</subtitle></observation>"
    )

    (memory,) = opened("openai").observe(turn_with_work()).memories

    assert len((memory.subtitle or "").split()) == 24


@pytest.mark.parametrize(
    "unit",
    [
        "<observation>",
        "<observation><narrative>",
        "<narrative><observation>",
        "<fact><concept>",
        "<title><",
        "```",
        "<observation><title>a</title></observation>",
        "&#65;&",
        "<fact>" + "</concept>",
    ],
)
def test_what_an_answer_costs_grows_with_its_length_alone(unit):
    # Counted in steps, as a clock says little on a machine that others use too.
    def steps(times: int) -> int:
        import sys

        count = 0

        def tick(*_: object):
            nonlocal count
            count += 1
            return tick

        text = "<observation><title>a</title>" + unit * times + "</narrative>"
        sys.settrace(tick)
        try:
            read_answer(text, "observation")
        finally:
            sys.settrace(None)
        return count

    assert steps(800) <= 2.5 * steps(400) + 1_000


def test_the_prompt_asks_for_what_the_parser_reads(opened):
    mode = opened("anthropic")._mode

    prompt = turn_prompt(turn_with_work(), mode, Xml(), limit=100_000)

    assert prompt is not None
    assert SKIP_FORM in prompt.system
    assert read_answer(prompt.system, "observation").kind == "skip"
    for name in mode.types:
        assert name in prompt.system
