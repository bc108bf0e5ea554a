# SPDX-License-Identifier: Apache-2.0
"""An answer in JSON says what the same answer in XML does, and is trusted as little."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from claude_mem_conformance.generator import finished_session, turn_with_work
from claude_mem_core.errors import ConfigurationError
from claude_mem_core.ports.generator import ModelCallError
from claude_mem_generator_llm.answers import MOST_OBSERVATIONS, read_answer
from claude_mem_generator_llm.json_answers import (
    MOST,
    MOST_OF_ANY,
    read_json_answer,
    schema_of,
)
from claude_mem_generator_llm.modes import load_mode
from claude_mem_generator_llm.opening import BUNDLED
from model_stub import OBSERVATION, SUMMARY, Act

MADE = {
    "title": "The parser took < for <=",
    "subtitle": "Empty input no longer crashes it",
    "facts": ["parser.py compares with <= now"],
    "narrative": "The bound was off by one.",
    "type": "bugfix",
    "concepts": ["problem-solution"],
    "files_read": [],
    "files_modified": ["/home/me/app/parser.py"],
    "evidence": [1, 2],
}
SUMMED_UP = {
    "request": "Mend the parser",
    "investigated": "",
    "learned": "The bound was off by one",
    "completed": "It is mended",
    "next_steps": "None",
    "notes": "",
    "evidence": [1],
    "skip_summary": "",
}


def answer(*observations: object, skip: object = "", **more: object) -> str:
    return json.dumps({"observations": observations, "skip_summary": skip, **more})


def read(text: str):
    return read_json_answer(text, "observation")


@pytest.fixture
def held(opened):
    """A generator whose model is held to a schema."""
    return opened("openai", openrouter_answer_format="json_schema")


def failed(generator) -> ModelCallError:
    with pytest.raises(ModelCallError) as caught:
        generator.observe(turn_with_work())
    return caught.value


def test_both_syntaxes_say_the_same():
    assert read(answer(MADE)) == read_answer(OBSERVATION, "observation")
    in_json = read_json_answer(json.dumps(SUMMED_UP), "summary")
    assert in_json == read_answer(SUMMARY, "summary")


def test_a_turn_becomes_the_same_memory_in_both_syntaxes(opened, stub, held):
    free = opened("openai").observe(turn_with_work())
    stub.usual = Act(text=answer(MADE))

    made = held.observe(turn_with_work())

    assert made == free


def test_a_session_becomes_the_same_summary_in_both_syntaxes(opened, stub, held):
    free = opened("openai").summarise(finished_session())
    stub.usual = Act(text=json.dumps(SUMMED_UP))

    assert held.summarise(finished_session()) == free


def test_who_is_held_to_a_schema_is_told_of_json_and_who_is_free_of_xml(
    opened, stub, held
):
    stub.acts = [Act(text=answer(MADE)), Act()]

    held.observe(turn_with_work())
    opened("openai").observe(turn_with_work())

    by_schema, free = stub.requests
    assert by_schema.body["response_format"] == {
        "type": "json_schema",
        "json_schema": {
            "name": "memory",
            "strict": True,
            "schema": schema_of("observation", load_mode("code", [BUNDLED])),
        },
    }
    assert "Answer in JSON alone" in by_schema.system
    assert "<observation>" not in by_schema.system
    assert by_schema.user == free.user
    assert "response_format" not in free.body


def objects(schema: object):
    """Every object that a schema describes."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for each in schema.values():
            yield from objects(each)


@pytest.mark.parametrize("wanted", ["observation", "summary"])
def test_a_schema_leaves_nothing_open(wanted):
    found = list(objects(schema_of(wanted, load_mode("code", [BUNDLED]))))

    assert found
    for one in found:
        assert one["required"] == list(one["properties"])
        assert one["additionalProperties"] is False
        for part in one["properties"].values():
            assert part["type"] != "array" or 0 < part["maxItems"] <= MOST_OF_ANY


def test_a_schema_allows_the_types_and_concepts_of_the_mode():
    for name in ("code", "code-small"):
        mode = load_mode(name, [BUNDLED])
        each = schema_of("observation", mode)["properties"]["observations"]["items"]

        assert each["properties"]["type"]["enum"] == list(mode.types)
        concepts = each["properties"]["concepts"]["items"]
        assert concepts["enum"] == list(mode.concepts)


def test_a_fence_around_it_or_a_word_after_it_does_no_harm():
    assert read(f"```json\n{answer(MADE)}\n```") == read(answer(MADE))
    assert read(f"{answer(MADE)}\nThat is all.") == read(answer(MADE))


def test_what_it_tells_counts_before_a_reason_to_tell_nothing():
    assert read(answer(MADE, skip="nothing")).kind == "valid"
    skipped = read(answer(skip="a mere look"))
    assert (skipped.kind, skipped.reason) == ("skip", "a mere look")
    assert read(answer({"title": " "}, skip="a mere look")).kind == "skip"


@pytest.mark.parametrize("wanted", ["observation", "summary"])
def test_neither_told_nor_skipped_is_a_failure(wanted):
    for text in ("{}", answer(), answer(skip=" "), answer(skip=7)):
        assert read_json_answer(text, wanted).kind == "empty"


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        '{"observations": 7}',
        '{"observations": "none"}',
        "{observations: []}",
        "[" * 100_000,
        '{"observations": [{"title": "\\ud800"}]}',
    ],
    ids=["list", "number", "text", "unquoted", "deep", "surrogate"],
)
def test_what_has_another_form_is_a_failure(text):
    assert read(text).kind == "drift"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "idle"),
        ("I fixed it.", "prose"),
        ("Your usage limit is reached", "quota"),
        (OBSERVATION, "prose"),
    ],
)
def test_what_is_no_json_is_told_apart_as_prose_is(text, kind):
    assert read(text).kind == kind


@pytest.mark.parametrize("field", list(MADE))
@pytest.mark.parametrize("wrong", [None, 7, True, {"a": "b"}, [["a"]]], ids=repr)
def test_a_value_of_another_type_is_left_out(field, wrong):
    (told,) = read(answer({**MADE, field: wrong})).observations
    (without,) = read(
        answer({name: one for name, one in MADE.items() if name != field})
    ).observations

    assert told == without
    assert told != read(answer(MADE)).observations[0] or not MADE[field]


def test_an_unknown_type_is_kept_and_a_missing_one_claims_nothing(stub, held):
    untyped = {name: one for name, one in MADE.items() if name != "type"}
    stub.acts = [
        Act(text=answer({**MADE, "type": "riddle"})),
        Act(text=answer(untyped)),
    ]

    made = [held.observe(turn_with_work()).memories[0] for _ in range(2)]

    assert [memory.type for memory in made] == ["riddle", "discovery"]


def test_no_word_of_it_adds_a_file_or_an_event(stub, held):
    claims = {
        **MADE,
        "files_read": ["/etc/passwd"],
        "files_modified": ["/etc/shadow", "parser.py"],
        "evidence": [0, -1, 99, True, 2],
    }
    stub.usual = Act(text=answer(claims))

    (memory,) = held.observe(turn_with_work()).memories

    assert memory.files_read == ()
    assert memory.files_modified == ("/home/me/app/parser.py",)
    assert [one.event_id for one in memory.sources] == ["edit"]
    assert memory.trust == "agent"


def test_text_is_unescaped_once_and_rid_of_what_cannot_be_said():
    told = read(answer({"title": "&amp;lt; &lt;=\u0000 \u001b[2J"})).observations[0]

    assert told.title == "&lt; <= [2J"


def test_a_list_ends_and_what_repeats_itself_counts_once():
    many = [{"title": f"t{n}", "facts": ["a", "a", "b"]} for n in range(50)]

    told = read(answer(*many, *many)).observations

    assert len(told) == MOST_OBSERVATIONS
    assert told[0].facts == ("a", "b")
    assert MOST["observations"] <= MOST_OBSERVATIONS
    assert len(read(answer(MADE, MADE)).observations) == 1


def test_what_is_cut_off_is_left_out():
    text = answer(MADE, {"title": "b", "narrative": "half of it"})

    for end in range(len(text)):
        cut = read(text[:end])
        assert cut.kind in ("valid", "empty", "idle")
        for one in cut.observations:
            assert one.title in (MADE["title"], "b", "")
            assert one.narrative in (MADE["narrative"], "half of it", "")


def test_an_answer_that_is_cut_before_it_says_anything_names_the_setting(stub, held):
    stub.usual = Act(text='{"observations": [{"title": "ha', stop="length")

    error = failed(held)

    assert error.kind == "parse_error"
    assert "CLAUDE_MEM_MODEL_OUTPUT_TOKENS" in str(error)
    assert [one.outcome for one in error.usage] == ["parse_error"]


@pytest.mark.parametrize("status", [400, 404, 415, 422])
def test_an_endpoint_that_knows_no_schema_is_told_by_the_setting(stub, held, status):
    stub.usual = Act(status=status, text="response_format is not supported")

    error = failed(held)

    assert error.kind == "unrecoverable"
    assert "CLAUDE_MEM_OPENROUTER_ANSWER_FORMAT to xml" in str(error)
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (Act(status=400, text="prompt is too long"), "CLAUDE_MEM_MODEL_INPUT_BYTES"),
        (Act(status=401), "refuses the key"),
        (Act(status=307), "points elsewhere"),
        (Act(status=500), "that passes"),
    ],
    ids=lambda given: getattr(given, "status", ""),
)
def test_another_refusal_is_not_laid_on_the_schema(stub, held, act, told):
    stub.usual = act

    error = failed(held)

    assert told in str(error)
    assert "ANSWER_FORMAT" not in str(error)


def test_who_is_left_free_is_not_told_of_schemas(opened, stub):
    stub.usual = Act(status=400, text="no")

    assert "ANSWER_FORMAT" not in str(failed(opened("openai")))


@pytest.mark.parametrize("name", ["anthropic", "gemini"])
def test_who_cannot_be_held_to_a_schema_is_refused_at_the_start(opened, name):
    with pytest.raises(ConfigurationError, match="OPENROUTER_ANSWER_FORMAT"):
        opened(name, openrouter_answer_format="json_schema")


def test_an_unknown_format_is_refused_at_the_start(opened):
    with pytest.raises(ConfigurationError, match="OPENROUTER_ANSWER_FORMAT"):
        opened("openai", openrouter_answer_format="yaml")


def test_every_bundled_mode_is_one():
    names = [one.stem for one in Path(BUNDLED).glob("*.toml")]

    assert {load_mode(name, [BUNDLED]).name for name in names} == set(names)
    assert "code-small" in names
