# SPDX-License-Identifier: Apache-2.0
"""The wire speaks camelCase and is told exactly what is wrong with it."""

from __future__ import annotations

import zlib

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import AgentEvent, AgentEventDraft, stored
from claude_mem_core.domain.audit import AuditDeed, AuditEntry, audit_entry
from claude_mem_core.domain.canonical import canonical_json, fingerprint
from claude_mem_core.domain.elide import elided
from claude_mem_core.domain.generation_job import JobDraft, job_id
from claude_mem_core.domain.keys import hash_key, mint_key, read_key
from claude_mem_core.domain.memory_item import MemoryItemDraft
from claude_mem_core.domain.platform import normalised_platform
from claude_mem_core.errors import InvalidInputError
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

EVENT = {
    "projectId": "p",
    "sourceType": "api",
    "eventType": "note",
    "occurredAtEpoch": 1,
}


def test_a_stored_event_is_what_validation_would_make_of_it() -> None:
    draft = AgentEventDraft.from_wire({**EVENT, "payload": {"deep": [1]}})

    event = stored(draft, session_id="s", id_="e", now=2)

    fields = {**vars(draft), "server_session_id": "s"}
    checked = AgentEvent(**fields, id="e", created_at_epoch=2)
    assert event == checked
    assert event.model_fields_set == checked.model_fields_set
    assert event.to_wire() == checked.to_wire()
    assert event.changed(id="f").id == "f"
    with pytest.raises(ValidationError, match="frozen"):
        event.id = "g"  # type: ignore[misc]


def test_an_audit_entry_is_what_validation_would_make_of_it() -> None:
    deed = AuditDeed(action="event.write", project_id="p", metadata={"count": 1})
    by = Principal.local()

    entry = audit_entry(deed, by=by, id_="a", now=2)

    who = {"team_id": by.team_id, "actor_type": "user", "actor_id": None}
    assert entry == AuditEntry(**vars(deed), **who, id="a", created_at_epoch=2)
    assert set(vars(entry)) == set(AuditEntry.model_fields)


def test_a_value_comes_back_from_the_wire_as_it_was() -> None:
    event = AgentEventDraft.from_wire({**EVENT, "payload": [1, {"deep": None}]})

    assert AgentEventDraft.from_wire(event.to_wire()) == event
    assert event.to_wire()["payload"] == [1, {"deep": None}]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"project_id": "p"}, "project_id"),
        ({"eventType": ""}, "eventType"),
        ({"occurredAtEpoch": "1"}, "occurredAtEpoch"),
        ({"occurredAtEpoch": True}, "occurredAtEpoch"),
        ({"occurredAtEpoch": -1}, "occurredAtEpoch"),
        ({"sourceType": "guess"}, "sourceType"),
        ({"metadata": []}, "metadata"),
    ],
)
def test_a_wrong_key_or_value_is_refused_by_its_name_on_the_wire(
    change: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        AgentEventDraft.from_wire(EVENT | change)

    assert [issue.field for issue in refused.value.issues] == [field]
    assert refused.value.issues[0].cure


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(InvalidInputError) as refused:
        AgentEventDraft.from_wire({"eventType": 5, "extra": 1})

    assert {issue.field for issue in refused.value.issues} == {
        "projectId", "sourceType", "occurredAtEpoch", "eventType", "extra",
    }  # fmt: skip


@pytest.mark.parametrize("part", ["half \ud800", float("nan"), float("inf")])
def test_what_is_no_json_has_no_identity(part: str | float) -> None:
    with pytest.raises(InvalidInputError, match="no JSON"):
        fingerprint("event", {"payload": [part]})


def test_an_error_is_short_however_much_is_wrong() -> None:
    wrong = {f"key{number}": 1 for number in range(1000)}
    with pytest.raises(InvalidInputError) as refused:
        AgentEventDraft.from_wire({**EVENT, "k" * 100_000: 1, **wrong})

    assert len(refused.value.issues) == 20
    assert "and 981 faults more" in str(refused.value)
    assert len(str(refused.value)) < 5000


@pytest.mark.parametrize("body", [None, [], "text", 5])
def test_a_body_that_is_no_object_is_refused(body: object) -> None:
    with pytest.raises(InvalidInputError, match="object"):
        AgentEventDraft.from_wire(body)


def test_a_value_cannot_be_changed() -> None:
    event = AgentEventDraft.from_wire(EVENT)

    with pytest.raises(ValueError, match="frozen"):
        event.event_type = "other"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Claude Code", "claude"),
        ("OpenAI Codex", "codex"),
        ("transcript", "codex"),
        ("Cursor 2", "cursor"),
        ("Gemini CLI", "gemini-cli"),
        ("", "claude"),
    ],
)
def test_a_platform_has_one_spelling(name: str, plain: str) -> None:
    assert normalised_platform(name) == plain


def test_null_is_no_platform_and_no_word_is_another_thing() -> None:
    assert AgentEventDraft.from_wire({**EVENT, "platformSource": None}).names_platform
    assert not AgentEventDraft.from_wire(EVENT).names_platform


def test_a_memory_says_what_is_missing_when_there_is_nothing_to_find() -> None:
    with pytest.raises(InvalidInputError, match="give a title"):
        MemoryItemDraft.from_wire({"projectId": "p", "kind": "manual", "type": "x"})


def test_the_id_of_a_job_is_the_same_each_time_and_has_no_colon() -> None:
    draft = JobDraft(
        kind="event-batch",
        team_id="t",
        project_id="p",
        server_session_id="s:1",
        source_id="e:1",
        dedupe_key="k",
    )

    assert job_id(draft) == job_id(draft.changed(dedupe_key="other"))
    assert job_id(draft) != job_id(draft.changed(team_id="u"))
    assert job_id(draft).startswith("evtb_")
    assert ":" not in job_id(draft)


@given(st.binary(min_size=44, max_size=44))
def test_a_minted_key_reads_back_and_a_typing_error_does_not(random: bytes) -> None:
    key = mint_key(random)
    parts = read_key(key)
    swapped = key[:10] + ("A" if key[10] != "A" else "B") + key[11:]

    assert parts is not None
    assert len(parts.secret) == 43
    assert read_key(swapped) is None
    assert parts.secret not in hash_key(parts)


def test_the_last_six_characters_of_a_key_are_the_crc_of_the_rest() -> None:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    key = mint_key(bytes(44))

    checksum = sum(
        digits.index(digit) * 62**place for place, digit in enumerate(key[:-7:-1])
    )

    assert key[:25] == "cmem_sk_0000000000000000_"
    assert checksum == zlib.crc32(key[:-6].encode())


@given(st.dictionaries(st.text(), st.integers()))
def test_canonical_json_does_not_depend_on_the_order_of_keys(
    value: dict[str, int],
) -> None:
    backwards = dict(reversed(value.items()))

    assert canonical_json(value) == canonical_json(backwards)


@given(st.text(min_size=101, max_size=400))
def test_an_elided_text_keeps_both_ends_and_tells_its_size(text: str) -> None:
    short = elided({"a": [text]}, longest=100)["a"][0]

    assert short.startswith(text[:60])
    assert short.endswith(text[-30:])
    assert f'original_size_chars="{len(text)}"' in short


def test_a_short_text_is_left_alone() -> None:
    assert elided(["x" * 100, 5, None], longest=100) == ["x" * 100, 5, None]
