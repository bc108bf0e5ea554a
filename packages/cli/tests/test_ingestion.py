# SPDX-License-Identifier: Apache-2.0
"""Files become events: each once, in order, with their sessions ended."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import pytest
from claude_mem_cli import sending
from claude_mem_cli.client_here import ClientHere
from claude_mem_cli.ingestion import capture_of, take_in
from claude_mem_cli.payloads import Source
from claude_mem_cli.projects import project_for, project_named
from claude_mem_core.errors import ConfigurationError, InvalidInputError
from claude_mem_core.launch import open_in_process
from typing_extensions import override

pytestmark = pytest.mark.needs("claude_mem_agents")


class Watched(ClientHere):
    """The real client, which keeps count of what it was given."""

    batches: list[int]
    ended: list[str]

    @override
    def send(self, drafts: Sequence):
        self.batches.append(len(drafts))
        return super().send(drafts)

    @override
    def end_session(self, session_id: str) -> None:
        self.ended.append(session_id)
        super().end_session(session_id)


@pytest.fixture
def client():
    with open_in_process() as runtime:
        made = Watched(runtime, "here")
        made.batches, made.ended = [], []
        yield made


def take(client, payloads, *, name="small"):
    text = "".join(
        one if isinstance(one, str) else f"{json.dumps(one)}\n" for one in payloads
    )
    source = Source("f", io.BufferedReader(io.BytesIO(text.encode())))
    return take_in(
        source,
        into=name,
        client=client,
        capture=capture_of("claude-code"),
        step=lambda _: None,
    )


def prompt(text, session="s1", **fields):
    base = {"hook_event_name": "UserPromptSubmit", "session_id": session}
    return {**base, "prompt": text, **fields}


def test_the_same_file_twice_adds_nothing(client):
    payloads = [prompt("a"), prompt("a"), prompt("b", ts="2026-01-01T00:00:00Z")]
    first, again = take(client, payloads), take(client, payloads)
    assert (first.accepted, first.new, first.duplicates) == (3, 3, 0)
    assert (again.accepted, again.new, again.duplicates) == (3, 0, 3)
    assert again.sessions == first.sessions
    assert again.projects == first.projects


def test_a_file_that_has_grown_adds_only_what_is_new(client):
    take(client, [prompt("a"), prompt("a")])
    assert take(client, [prompt("a"), prompt("a"), prompt("a"), prompt("c")]).new == 2


def test_the_end_of_a_file_ends_every_session_in_it_once(client):
    taken = take(client, [prompt("a", "s1"), prompt("b", "s2"), prompt("c", "s1")])
    assert len(taken.sessions) == 2
    assert client.ended == list(taken.sessions)


def test_sessions_end_when_the_whole_file_is_sent(client, monkeypatch):
    monkeypatch.setattr(sending, "MOST_EVENTS", 2)
    take(client, [prompt(str(n), f"s{n % 2}") for n in range(7)])
    assert client.batches == [2, 2, 2, 1]
    assert len(client.ended) == 2


def test_a_batch_stays_below_its_size(client, monkeypatch):
    monkeypatch.setattr(sending, "LARGEST_BATCH", 5 * sending.ENVELOPE)
    take(client, [prompt("x" * 1000) for _ in range(8)])
    assert client.batches == [2, 2, 2, 2]


def test_one_event_that_is_refused_costs_no_other(client):
    class Choosy(Watched):
        @override
        def send(self, drafts):
            if any(draft.payload["prompt"] == "bad" for draft in drafts):
                raise InvalidInputError.of("payload", "it is bad", "make it good")
            return super().send(drafts)

    choosy = Choosy(client._runtime, "here")
    choosy.batches, choosy.ended = [], []
    taken = take(choosy, [prompt(text) for text in ("a", "b", "bad", "c", "d")])
    assert taken.accepted == 4
    [problem] = taken.problems
    assert (problem.line, problem.cause, problem.cure) == (
        3,
        "payload: it is bad",
        "make it good",
    )


def test_a_bad_line_is_counted_and_the_rest_is_taken(client):
    taken = take(client, [prompt("a"), "{broken\n", prompt("b")])
    assert taken.accepted == 2
    assert [problem.line for problem in taken.problems] == [2]


def test_each_session_goes_to_the_project_of_the_folder_it_began_in(client):
    told = [
        prompt("a", "s1", cwd="/srv/one"),
        prompt("b", "s2", cwd="/srv/two"),
        prompt("c", "s1", cwd="/srv/two"),
        prompt("d", "s3"),
    ]
    taken = take(client, told, name=None)
    again = take(client, told, name=None)

    assert [one.root_path for one in taken.projects] == ["/srv/one", "/srv/two", None]
    assert taken.made == {one.id for one in taken.projects}
    assert (len(taken.sessions), again.new, again.made) == (3, 0, frozenset())


def test_a_session_that_is_known_stays_in_its_project(client):
    whole = [prompt("a", cwd="/srv/one")]
    first = take(client, whole, name="chosen")
    again = take(client, [*whole, prompt("b", cwd="/srv/one")], name=None)

    assert again.projects == first.projects
    assert (again.new, again.duplicates) == (1, 1)


@pytest.mark.parametrize("name", ["", "x" * 600, "half \ud800"])
def test_a_name_that_no_project_can_have_is_wrong_input(client, name):
    with pytest.raises(InvalidInputError, match="name"):
        project_for(client, name)


def test_projects_of_other_scripts_are_not_one(client):
    assert project_for(client, "日本").id != project_for(client, "中国").id
    assert project_for(client, "日本") == project_named(client, "日本")


def test_an_unknown_agent_is_told_with_those_there_are():
    with pytest.raises(
        ConfigurationError, match="no agent 'x'; installed: claude-code"
    ):
        capture_of("x")


def test_the_memories_are_made_until_no_job_is_left(client):
    said = "Fixed: the parser took a comma for a full stop."
    stop = {
        "hook_event_name": "Stop",
        "session_id": "s1",
        "last_assistant_message": said,
    }
    take(client, [prompt("Fix the parser"), stop])
    left = list(client.jobs_left())
    assert left[0] > 0
    assert left[-1] == 0
