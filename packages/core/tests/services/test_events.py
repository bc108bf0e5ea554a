# SPDX-License-Identifier: Apache-2.0
"""Events are taken in once, all or none, and put to work."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.agent_event import AgentEventCapture, AgentEventDraft
from claude_mem_core.domain.audit import AuditQuery
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.domain.server_session import ServerSessionDraft
from claude_mem_core.errors import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime

Make = Callable[..., AgentEventDraft]
ME = Principal.local()


def test_an_event_its_job_and_its_audit_entry_appear_together(
    runtime: Runtime, storage: InProcessStorage, draft: Make
) -> None:
    accepted = runtime.events.accept(draft("tool_use", tool_use_id="t1"), by=ME)

    assert accepted.created
    assert runtime.events.get(accepted.event.id, by=ME) == accepted.event
    assert accepted.generation_job is not None
    assert accepted.generation_job.status == "queued"
    assert accepted.generation_job.source_id == accepted.event.id
    with storage.begin() as tx:
        actions = [
            entry.action
            for entry in tx.audit.list(AuditQuery(limit=10), scope=ME.scope)
        ]
    assert actions[0] == "event.write"


@pytest.mark.parametrize(
    "identity",
    [
        {"source_event_id": "mine"},
        {"tool_use_id": "toolu_1"},
        {"occurred_at_epoch": 5, "payload": {"b": 1, "a": [2]}},
    ],
    ids=["the caller's id", "the tool call", "the content"],
)
def test_the_same_event_sent_twice_is_one_event(
    runtime: Runtime, draft: Make, identity: dict[str, object]
) -> None:
    first = runtime.events.accept(draft("tool_use", **identity), by=ME)
    again = runtime.events.accept(draft("tool_use", **identity), by=ME)

    assert not again.created
    assert again.event == first.event
    assert again.generation_job == first.generation_job


def test_the_order_of_keys_in_a_payload_makes_no_other_event(
    runtime: Runtime, draft: Make
) -> None:
    one = draft("note", occurred_at_epoch=5, payload={"a": 1, "b": 2})
    other = draft("note", occurred_at_epoch=5, payload={"b": 2, "a": 1})

    first, second = runtime.events.accept_batch([one, other], by=ME)

    assert second.event.id == first.event.id


def test_one_tool_call_id_in_two_sessions_is_two_events(
    runtime: Runtime, draft: Make
) -> None:
    events = runtime.events.accept_batch(
        [
            draft("tool_use", tool_use_id="t", content_session_id="s1"),
            draft("tool_use", tool_use_id="t", content_session_id="s2"),
        ],
        by=ME,
    )

    assert [one.created for one in events] == [True, True]


def test_a_tool_call_before_and_after_its_use_is_two_events(
    runtime: Runtime, draft: Make
) -> None:
    events = runtime.events.accept_batch(
        [draft("pre_tool_use", tool_use_id="t"), draft("tool_use", tool_use_id="t")],
        by=ME,
    )

    assert [one.created for one in events] == [True, True]


def test_a_batch_with_one_event_of_a_foreign_project_changes_nothing(
    runtime: Runtime, draft: Make
) -> None:
    with pytest.raises(NotFoundError):
        runtime.events.accept_batch(
            [draft("note"), draft("note", project_id="nobody's")], by=ME
        )

    assert runtime.status.progress().queue_depth == 0


def test_a_key_of_one_project_cannot_write_to_another(
    runtime: Runtime, draft: Make, project: Project
) -> None:
    other = runtime.projects.create(ProjectDraft(name="Other"), by=ME)
    limited = Principal(team_id=project.team_id, project_id=project.id)

    with pytest.raises(ForbiddenError):
        runtime.events.accept_batch(
            [draft("note"), draft("note", project_id=other.id)], by=limited
        )

    assert runtime.status.progress().queue_depth == 0


@pytest.mark.parametrize("count", [0, 501])
def test_a_batch_holds_1_to_500_events(
    runtime: Runtime, draft: Make, count: int
) -> None:
    with pytest.raises(InvalidInputError, match=f"{count} events"):
        runtime.events.accept_batch([draft("note")] * count, by=ME)


def test_events_of_one_conversation_share_a_session(
    runtime: Runtime, draft: Make
) -> None:
    one, other = runtime.events.accept_batch(
        [draft("user_prompt", platform_source="Claude Code"), draft("tool_use")], by=ME
    )

    assert one.event.server_session_id is not None
    assert one.event.server_session_id == other.event.server_session_id
    session = runtime.sessions.get(one.event.server_session_id, by=ME)
    assert session.platform_source == "claude"
    assert session.started_at_epoch == one.event.occurred_at_epoch


def test_an_event_that_names_no_platform_joins_the_newest_session_of_any(
    runtime: Runtime, draft: Make
) -> None:
    codex = runtime.events.accept(draft("note", platform_source="codex"), by=ME)
    silent = runtime.events.accept(draft("note"), by=ME)
    without = runtime.events.accept(draft("note", platform_source=None), by=ME)

    assert silent.event.server_session_id == codex.event.server_session_id
    assert without.event.server_session_id != codex.event.server_session_id


def test_an_event_without_a_session_is_kept_and_makes_no_work(
    runtime: Runtime, draft: Make
) -> None:
    accepted = runtime.events.accept(draft("note", content_session_id=None), by=ME)

    assert accepted.event.server_session_id is None
    assert accepted.generation_job is None


def test_an_event_cannot_enter_a_session_of_another_project(
    runtime: Runtime, draft: Make
) -> None:
    other = runtime.projects.create(ProjectDraft(name="Other"), by=ME)
    theirs = runtime.sessions.start(ServerSessionDraft(project_id=other.id), by=ME)

    with pytest.raises(NotFoundError):
        runtime.events.accept(draft("note", server_session_id=theirs.session.id), by=ME)


def capture(event_type: str, **fields: object) -> AgentEventCapture:
    given = {"source_type": "hook", "event_type": event_type, "occurred_at_epoch": 7}
    return AgentEventCapture.model_validate(given | fields)


def test_a_hook_finds_the_project_of_its_folder(runtime: Runtime) -> None:
    first = capture("note", content_session_id="a", root_path="/home/me/lighthouse")
    later = capture("note", content_session_id="b", root_path="/home/me/lighthouse")
    namesake = capture("note", content_session_id="c", root_path="/srv/lighthouse")

    events = [
        runtime.events.capture(one, by=ME).event for one in (first, later, namesake)
    ]

    assert events[0].project_id == events[1].project_id != events[2].project_id
    projects = runtime.projects.list(by=ME)
    assert [project.name for project in projects] == ["lighthouse", "lighthouse"]
    assert projects[0].slug == "lighthouse"
    assert str(projects[1].slug).startswith("lighthouse-")


def test_a_session_stays_in_its_project_when_the_agent_changes_folder(
    runtime: Runtime,
) -> None:
    start = capture("user_prompt", content_session_id="a", root_path="/home/me/one")
    moved = capture("tool_use", content_session_id="a", root_path="/home/me/two")

    events = [runtime.events.capture(one, by=ME).event for one in (start, moved)]

    assert events[0].project_id == events[1].project_id


def test_hooks_without_a_folder_share_one_project(runtime: Runtime) -> None:
    ids = {
        runtime.events.capture(
            capture("note", content_session_id=name), by=ME
        ).event.project_id
        for name in ("a", "b")
    }

    assert len(ids) == 1


def test_a_hook_that_names_no_platform_is_taken_like_any_such_event(
    runtime: Runtime, draft: Make, project: Project
) -> None:
    limited = Principal(team_id=project.team_id, project_id=project.id)
    codex = runtime.events.accept(draft("note", platform_source="codex"), by=ME)
    silent = capture("note", content_session_id="s1")
    fresh = capture("note", content_session_id="another")

    joined = runtime.events.capture(silent, by=limited).event
    started = runtime.events.capture(fresh, by=limited).event

    assert joined.server_session_id == codex.event.server_session_id
    session = runtime.sessions.get(started.server_session_id or "", by=ME)
    assert session.platform_source == "claude"


def test_an_over_long_string_of_a_hook_is_cut_and_says_so(runtime: Runtime) -> None:
    long = "x" * 300_000
    seen = capture("tool_use", payload={"tool_response": {"stdout": [long]}})

    kept = runtime.events.capture(seen, by=ME).event.payload

    text = kept["tool_response"]["stdout"][0]
    assert len(text) < 263_000
    assert 'original_size_chars="300000"' in text


def test_an_event_after_the_end_opens_its_session_again(
    runtime: Runtime, draft: Make
) -> None:
    first = runtime.events.accept(draft("user_prompt"), by=ME)
    session_id = first.event.server_session_id or ""
    runtime.sessions.end(session_id, by=ME)
    assert runtime.sessions.get(session_id, by=ME).status == "completed"

    runtime.events.accept(draft("user_prompt"), by=ME)

    session = runtime.sessions.get(session_id, by=ME)
    assert (session.status, session.completed_at_epoch) == ("active", None)


def test_another_teams_event_looks_as_if_it_did_not_exist(
    runtime: Runtime, draft: Make, storage: InProcessStorage
) -> None:
    event = runtime.events.accept(draft("note"), by=ME).event
    stranger = Principal(team_id="strangers")

    with pytest.raises(NotFoundError) as theirs:
        runtime.events.get(event.id, by=stranger)
    with pytest.raises(NotFoundError) as absent:
        runtime.events.get(event.id.replace("-", "_"), by=stranger)

    assert str(theirs.value).replace("-", "_") == str(absent.value)
    with storage.read() as snapshot, pytest.raises(NotFoundError):
        snapshot.events.get(event.id, scope=Scope("local", "another project"))


def test_an_event_that_is_only_kept_puts_no_job_in_and_ends_no_session(
    runtime, draft
) -> None:
    drafts = [draft("user_prompt"), draft("session_end")]

    accepted = runtime.events.accept_batch(drafts, by=ME, generate=False)

    session = runtime.sessions.get(accepted[1].event.server_session_id, by=ME)
    assert [one.generation_job for one in accepted] == [None, None]
    assert session.status == "active"
    assert runtime.status.progress().queue_depth == 0


def test_an_event_that_was_only_kept_is_part_of_its_turn(
    runtime, draft, generator
) -> None:
    runtime.events.accept(draft("user_prompt"), by=ME)
    runtime.events.accept(draft("tool_use"), by=ME, generate=False)
    runtime.events.accept(draft("turn_end"), by=ME)

    runtime.generator.drain()

    (turn,) = generator.turns
    assert [one.event_type for one in turn.events] == [
        *("user_prompt", "tool_use", "turn_end")
    ]


def test_what_happens_after_a_clock_was_set_back_follows_what_is_known(
    runtime: Runtime, storage: InProcessStorage
) -> None:
    now = runtime.system.now()
    hour = 3_600_000
    told = [
        ("user_prompt", now + hour),
        ("turn_end", now + hour + 1),
        ("user_prompt", now),
        ("tool_use", now),
        ("note", now - hour),
    ]

    events = [
        runtime.events.capture(
            capture(what, content_session_id="a", occurred_at_epoch=at), by=ME
        ).event
        for what, at in told
    ]

    moments = [event.occurred_at_epoch for event in events]
    assert moments == [now + hour, *[now + hour + 1] * 3, now - hour]
    with storage.read() as snapshot:
        session_id = events[0].server_session_id
        second = snapshot.events.of_turn(session_id, 2, scope=ME.scope)
    assert [event.id for event in second] == [events[2].id, events[3].id]
