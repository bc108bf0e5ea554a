# SPDX-License-Identifier: Apache-2.0
"""What is private or secret is gone before anything is kept, and only that."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import AgentEventCapture, AgentEventDraft
from claude_mem_core.domain.filters import MemoryFilter
from claude_mem_core.domain.keeping import Keeping
from claude_mem_core.domain.memory_item import MemoryItemDraft, MemoryItemPatch
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.domain.server_session import ServerSessionDraft
from claude_mem_core.errors import GeneratorError, InvalidInputError
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime, assemble
from claude_mem_core.system import RealSystem
from secret_samples import draw

Make = Callable[..., AgentEventDraft]
ME = Principal.local()
TOKEN = f"ghp_{draw(random.Random(1), 36)}"
MARK = "[redacted:github-token]"


def _runtime(keeping: Keeping) -> Runtime:
    system = RealSystem()
    storage = InProcessStorage(system)
    queue = InProcessQueueEngine(storage, system)
    return assemble(
        storage=storage,
        queue=queue,
        generator=RuleBasedGenerator(),
        system=system,
        keeping=keeping,
    )


def _capture(event_type: str, number: int, **payload: object) -> AgentEventCapture:
    return AgentEventCapture(
        source_type="hook",
        event_type=event_type,
        content_session_id="s",
        occurred_at_epoch=number,
        root_path="/home/me/shop",
        payload={"number": number, **payload},
    )


def test_an_event_is_kept_without_its_secret_and_says_of_which_family(
    runtime: Runtime, draft: Make
) -> None:
    event = draft("tool_use", payload={"out": f"is {TOKEN}", TOKEN: 1})

    kept = runtime.events.accept(event, by=ME).event

    assert kept.payload == {"out": f"is {MARK}", MARK: 1}
    assert kept.metadata["privacy"] == {"redacted": {"github-token": 2}}


def test_the_identity_of_an_event_is_that_of_what_is_kept(
    runtime: Runtime, draft: Make
) -> None:
    raw, known = ({"out": f"is {one}"} for one in (TOKEN, MARK))

    first, again = (
        runtime.events.accept(
            draft("tool_use", payload=payload, occurred_at_epoch=1), by=ME
        )
        for payload in (raw, known)
    )

    assert first.created
    assert not again.created


def test_a_secret_is_found_before_the_middle_of_a_long_text_is_cut_out(
    runtime: Runtime,
) -> None:
    longest = 256 * 1024
    head = "a " * (longest * 6 // 20 - 8)
    seen = _capture("tool_use", 1, out=f"{head} {TOKEN} " + "b " * longest)

    accepted = runtime.events.capture(seen, by=ME)

    assert accepted is not None
    assert TOKEN[4:16] not in str(accepted.event.payload)


def test_sessions_projects_and_memories_are_kept_without_secrets(
    runtime: Runtime, project: Project
) -> None:
    place = {"project_id": project.id}
    named = ProjectDraft(name=f"of {TOKEN}", metadata={"password": "all of it"})
    made = runtime.projects.create(named, by=ME)
    session = runtime.sessions.start(
        ServerSessionDraft(content_session_id=TOKEN, title=TOKEN, **place), by=ME
    ).session
    memory = runtime.memories.add(
        MemoryItemDraft(
            kind="manual", type="note", title="t", facts=(f"is {TOKEN}",), **place
        ),
        by=ME,
    )
    changed = runtime.memories.update(
        memory.id, MemoryItemPatch(narrative=f"was {TOKEN}"), by=ME
    )

    assert (made.name, made.slug) == (f"of {MARK}", "of-redacted-github-token")
    assert made.metadata == {"password": "[redacted:password]"}
    assert (session.content_session_id, session.title) == (MARK, MARK)
    assert memory.facts == (f"is {MARK}",)
    assert changed.narrative == f"was {MARK}"


def test_a_memory_of_which_all_is_private_is_refused(
    runtime: Runtime, project: Project
) -> None:
    draft = MemoryItemDraft(
        project_id=project.id,
        kind="manual",
        type="note",
        title="<private>all of it</private>",
    )

    with pytest.raises(InvalidInputError, match="nothing to search for"):
        runtime.memories.add(draft, by=ME)


def test_nothing_of_a_private_turn_is_kept_and_its_events_are_still_known() -> None:
    runtime = _runtime(Keeping())
    seen = [
        _capture("user_prompt", 1, prompt="<private>plan the surprise</private>"),
        _capture("tool_use", 2, tool_name="Bash", out="surprise"),
        _capture("turn_end", 3, last_assistant_message="The surprise is planned."),
    ]

    kept = [runtime.events.capture(one, by=ME) for one in seen]
    again = [runtime.events.capture(one, by=ME) for one in seen]
    runtime.generator.drain()

    events = [one.event for one in kept if one]
    assert [event.payload for event in events] == [
        {"prompt": ""},
        {},
        {"last_assistant_message": ""},
    ]
    notes = [event.metadata["privacy"] for event in events]
    assert notes == [{"withheld": "private_turn"}] * 3
    assert not any(one.created for one in again if one)
    job = kept[-1].generation_job if kept[-1] else None
    assert job is not None
    assert runtime.jobs.get(job.id, by=ME).job.skip_reason == "private"
    assert runtime.memories.count(events[0].project_id, by=ME) == {}


def test_after_a_private_turn_the_next_one_is_kept() -> None:
    runtime = _runtime(Keeping())
    edit = {"file_path": "/home/me/shop/login.py", "new_string": "renew()"}
    said = "The login is fixed: the cookie was never renewed."
    seen = [
        _capture("user_prompt", 1, prompt="<private>first</private>"),
        _capture("turn_end", 2, last_assistant_message="Done."),
        _capture("user_prompt", 3, prompt="Fix the login, it forgets its users."),
        _capture("tool_use", 4, tool_name="Edit", tool_input=edit),
        _capture("turn_end", 5, last_assistant_message=said),
    ]

    kept = [runtime.events.capture(one, by=ME) for one in seen]
    runtime.generator.drain()

    last = kept[-1]
    assert last is not None
    assert last.event.payload == {"number": 5, "last_assistant_message": said}
    assert sum(runtime.memories.count(last.event.project_id, by=ME).values()) > 0


def test_a_prompt_that_is_a_task_notification_alone_makes_no_memory() -> None:
    runtime = _runtime(Keeping())
    note = "<task-notification>the build is done</task-notification>"

    kept = runtime.events.capture(_capture("user_prompt", 1, prompt=note), by=ME)
    runtime.events.capture(_capture("turn_end", 2), by=ME)
    runtime.generator.drain()

    assert kept is not None
    assert runtime.memories.count(kept.event.project_id, by=ME) == {}


@pytest.mark.parametrize(
    "pattern", ["/home/me/shop", "/home/me/*", "shop", "/home/*", "/home/me"]
)
def test_of_an_excluded_project_nothing_is_kept(pattern: str) -> None:
    runtime = _runtime(Keeping(excluded_projects=(pattern,)))

    assert runtime.events.capture(_capture("tool_use", 1), by=ME) is None
    assert list(runtime.projects.list(by=ME)) == []


def test_an_excluded_project_is_refused_by_name() -> None:
    runtime = _runtime(Keeping(excluded_projects=("secret-*",)))
    project = runtime.projects.create(ProjectDraft(name="secret-plan"), by=ME)
    draft = AgentEventDraft(
        project_id=project.id,
        source_type="api",
        event_type="note",
        occurred_at_epoch=1,
    )

    for accept in (
        lambda: runtime.events.accept(draft, by=ME),
        lambda: runtime.events.accept_batch([draft], by=ME),
    ):
        with pytest.raises(InvalidInputError, match="CLAUDE_MEM_EXCLUDED_PROJECTS"):
            accept()


@pytest.mark.parametrize(
    ("keeping", "payload"),
    [
        (Keeping(), {"tool_name": "TodoWrite"}),
        (Keeping(skipped_tools=frozenset({"Edit"})), {"tool_name": "Edit"}),
        (Keeping(skips_subagents=True), {"tool_name": "Edit", "agent_id": "a1"}),
    ],
)
def test_what_is_to_be_skipped_shows_in_no_memory(
    keeping: Keeping, payload: dict[str, str]
) -> None:
    runtime = _runtime(keeping)
    file = {"tool_input": {"file_path": "/home/me/shop/cart.py", "new_string": "x"}}
    prompt = _capture("user_prompt", 1, prompt="Make the cart remember its items.")
    runtime.events.capture(prompt, by=ME)
    runtime.events.capture(_capture("tool_use", 2, **payload, **file), by=ME)
    ends = _capture("turn_end", 3, last_assistant_message="The cart remembers them.")
    kept = runtime.events.capture(ends, by=ME)

    runtime.generator.drain()

    assert kept is not None
    with runtime.rescan._storage.read() as snapshot:
        items = snapshot.memories.recent(
            MemoryFilter(project_ids=(kept.event.project_id,), now=1),
            scope=ME.scope,
            limit=9,
        )
    assert not any("cart.py" in str(item.to_wire()) for item in items)


def test_a_subagent_neither_opens_nor_closes_a_turn() -> None:
    runtime = _runtime(Keeping())
    who = {"agent_id": "a1"}
    seen = [
        _capture("user_prompt", 1, prompt="Look for the bug."),
        _capture("user_prompt", 2, prompt="You are a helper.", **who),
        _capture("turn_end", 3, last_assistant_message="Found it.", **who),
        _capture("turn_end", 4, last_assistant_message="The bug is found."),
    ]

    kept = [runtime.events.capture(one, by=ME) for one in seen]

    with runtime.rescan._storage.read() as snapshot:
        turns = [
            snapshot.events.turn_of(one.event.id, scope=ME.scope)
            for one in kept
            if one is not None
        ]
    assert turns == [1, 1, 1, 1]


def test_too_many_tags_are_told_without_what_they_enclose(
    runtime: Runtime, draft: Make, caplog: pytest.LogCaptureFixture
) -> None:
    text = "<private>hush</private>" * 60

    with caplog.at_level(logging.WARNING):
        runtime.events.accept(draft("tool_use", payload={"a": text}), by=ME)

    assert "120 tags" in caplog.text
    assert "hush" not in caplog.text


def test_a_failure_is_told_without_its_secret(
    runtime: Runtime,
    draft: Make,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object) -> None:
        raise GeneratorError(f"the provider said {TOKEN}", kind="unrecoverable")

    monkeypatch.setattr(runtime.generator._generator, "observe", fail)
    accepted = runtime.events.accept(draft("turn_end"), by=ME)
    runtime.generator.drain()

    assert accepted.generation_job is not None
    job = runtime.jobs.get(accepted.generation_job.id, by=ME)
    assert job.job.last_error == f"GeneratorError: the provider said {MARK}"
    assert TOKEN not in caplog.text
    assert MARK in caplog.text


def test_an_error_repeats_no_secret_that_was_a_key() -> None:
    key = f"eyJ{draw(random.Random(2), 30)}.eyJ{draw(random.Random(3), 90)}"

    with pytest.raises(InvalidInputError) as caught:
        ProjectDraft.from_wire({"name": "a", key: 1})

    assert key[4:16] not in str(caught.value)
