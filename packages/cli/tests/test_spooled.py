# SPDX-License-Identifier: Apache-2.0
"""What hooks kept while no server ran is taken in, in order, once, at its time."""

from __future__ import annotations

import json

import pytest
from claude_mem_cli import spooled
from claude_mem_cli.hook import spool
from claude_mem_cli.spooled import Spooled
from claude_mem_core.domain.access import KeyDraft, Principal
from claude_mem_core.errors import StorageError
from claude_mem_core.reference.agents import PlainAgent
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import assemble
from claude_mem_core.system import RealSystem

ME = Principal.local()


@pytest.fixture
def runtime():
    system = RealSystem()
    store = InProcessStorage(system)
    queue = InProcessQueueEngine(store, system)
    return assemble(
        storage=store,
        queue=queue,
        generator=RuleBasedGenerator(),
        agents=[PlainAgent()],
    )


def put(folder, at, body, *, agent="plain", key=None):
    text = body if isinstance(body, str) else json.dumps(body)
    entry = {"at": at, "agent": agent, "event": "note", "key": key, "body": text}
    spool.put(str(folder), entry)


def kept(runtime):
    with runtime._storage.read() as snapshot:
        return list(snapshot.events._state.events.values())


def test_events_are_taken_in_order_and_keep_their_time(runtime, tmp_path):
    for at in (5, 7, 6):
        put(tmp_path, at, {"contentSessionId": "s", "n": at})
    assert spooled.depth(tmp_path) == 3

    assert Spooled(runtime, tmp_path).once() == 3

    assert [one.occurred_at_epoch for one in kept(runtime)] == [5, 7, 6]
    assert spooled.depth(tmp_path) == 0
    assert Spooled(runtime, tmp_path).once() == 0


def test_an_entry_that_is_taken_twice_is_one_event(runtime, tmp_path):
    for _ in range(2):
        put(tmp_path, 5, {"contentSessionId": "s", "n": 1})

    Spooled(runtime, tmp_path).once()

    assert len(kept(runtime)) == 1


@pytest.mark.parametrize("body", ["no json", "[]", "[" * 100_000, "7"])
def test_a_poisoned_entry_is_set_aside_and_holds_up_no_other(runtime, tmp_path, body):
    put(tmp_path, 5, body)
    put(tmp_path, 6, {"contentSessionId": "s"}, agent="stranger")
    put(tmp_path, 7, {"contentSessionId": "s"})
    with (tmp_path / "spool" / "events.jsonl").open("ab") as file:
        file.write(b"{half a line\n")

    Spooled(runtime, tmp_path).once()

    assert [one.occurred_at_epoch for one in kept(runtime)] == [7]
    assert spooled.refused(tmp_path) == 3
    assert spooled.depth(tmp_path) == 0


def test_a_store_that_fails_keeps_the_rest_for_later(runtime, tmp_path, monkeypatch):
    for at in (1, 2, 3):
        put(tmp_path, at, {"contentSessionId": "s", "n": at})
    real, calls = runtime.hooks.take, []

    def fail_at_second(*args, **more):
        calls.append(1)
        if len(calls) == 2:
            raise StorageError("the disk is away")
        return real(*args, **more)

    monkeypatch.setattr(runtime.hooks, "take", fail_at_second)
    again = Spooled(runtime, tmp_path)
    assert again.once() == 1
    assert spooled.depth(tmp_path) == 2
    put(tmp_path, 4, {"contentSessionId": "s", "n": 4})
    assert again.once() == 3
    assert [one.occurred_at_epoch for one in kept(runtime)] == [1, 2, 3, 4]


def test_an_event_goes_where_its_key_leads(runtime, tmp_path):
    team = runtime.teams.create(_team("theirs"), by=ME)
    asked = KeyDraft(role="agent", name="theirs", kind="agent")
    raw = runtime.keys.issue(asked, by=Principal(team_id=team.id)).raw
    put(tmp_path, 5, {"contentSessionId": "s"}, key=raw.split("_")[2])
    put(tmp_path, 6, {"contentSessionId": "s"}, key="unknown0unknown0")

    Spooled(runtime, tmp_path).once()

    (event,) = kept(runtime)
    with runtime._storage.read() as snapshot:
        project = snapshot.projects._state.projects[event.project_id]
    assert project.team_id == team.id
    assert spooled.refused(tmp_path) == 1


def _team(name):
    from claude_mem_core.domain.team import TeamDraft

    return TeamDraft(name=name)


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (r'{"a": "x\ud800"}', {"a": "x\ufffd"}),
        ('{"a": [1e999]}', {"a": ["inf"]}),
        ("", {}),
    ],
)
def test_odd_bodies_are_mended_as_over_http(runtime, tmp_path, body, read):
    put(tmp_path, 5, body)

    Spooled(runtime, tmp_path).once()

    assert [one.payload for one in kept(runtime)] == [read]
