# SPDX-License-Identifier: Apache-2.0
"""One id of a session on two platforms is two sessions, however a platform is spelled."""

from __future__ import annotations

import pytest


@pytest.fixture
def project_id(client):
    return client.project()


@pytest.fixture
def start(client, project_id):
    """Starts a session by the agent's id of it; the status and our id."""

    def start_(**fields):
        body = {"projectId": project_id, "externalSessionId": "s1", **fields}
        answer = client.post("/v1/sessions/start", body)
        return answer.status, answer.json["session"]["id"]

    return start_


@pytest.fixture
def link(client, event, project_id):
    """Sends an event of session `s1`; our id of the session that it is in."""

    def link_(**fields):
        answer = client.post("/v1/events", event(project_id, **fields))
        assert answer.status == 201, answer.json
        return answer.json["event"]["serverSessionId"]

    return link_


@pytest.mark.parametrize("spelled", [{}, {"platformSource": None}])
def test_a_session_is_started_once_with_any_way_to_name_no_platform(start, spelled):
    first, again = start(**spelled), start(**spelled)

    assert (first[0], again[0]) == (201, 200)
    assert first[1] == again[1]


def test_a_session_is_started_once_on_each_platform(start):
    claude = {start(platformSource=one)[1] for one in ("claude", "Claude Code", "")}
    codex = {start(platformSource=one)[1] for one in ("codex-cli", "transcript")}
    legacy = {start(platformSource=None)[1]}

    assert list(map(len, (claude, codex, legacy))) == [1, 1, 1]
    assert len(claude | codex | legacy) == 3


def test_an_event_finds_its_session_by_its_platform(start, link):
    _, claude = start(platformSource="claude")
    _, codex = start(platformSource="codex")

    assert link(platformSource="Claude Code", toolUseId="t1") == claude
    assert link(platformSource="Codex CLI", toolUseId="t2") == codex
    assert link(platformSource="gemini", toolUseId="t3") not in (claude, codex)


def test_null_is_the_session_without_a_platform_and_nothing_said_the_newest(
    start, link
):
    _, legacy = start(platformSource=None)
    _, newest = start(platformSource="codex")

    assert link(platformSource=None, toolUseId="t1") == legacy
    assert link(toolUseId="t2") == newest


def test_each_event_of_a_batch_finds_its_own_session(client, event, project_id, start):
    _, claude = start(platformSource="claude")
    _, legacy = start(platformSource=None)
    told = [{"platformSource": "Claude Code"}, {"platformSource": None}]
    told += [{"platformSource": "gemini"}, {"contentSessionId": "s2"}, {}]
    batch = [event(project_id, toolUseId=f"t{n}", **one) for n, one in enumerate(told)]

    answer = client.post("/v1/events/batch", batch)

    assert answer.status == 201
    first, second, gemini, other, unsaid = (
        one["serverSessionId"] for one in answer.json["events"]
    )
    assert (first, second) == (claude, legacy)
    assert len({claude, legacy, gemini, other}) == 4
    # The one of gemini was made on the way, and is the newest.
    assert unsaid == gemini


def test_what_is_searched_and_told_is_of_a_platform_however_it_is_spelled(
    client, project_id, start
):
    for platform in ("claude", "codex"):
        memory = {"projectId": project_id, "kind": "manual", "type": "note"}
        memory |= {"serverSessionId": start(platformSource=platform)[1]}
        client.post("/v1/memories", {**memory, "title": f"the lamp of {platform}"})
    asked = {"projectId": project_id, "query": "lamp"}

    for path, found in (("/v1/search", "memories"), ("/v1/context", "memories")):
        answer = client.post(path, {**asked, "platformSource": "Codex CLI"})
        titles = [one["title"] for one in answer.json[found]]
        assert titles == ["the lamp of codex"], path
