# SPDX-License-Identifier: Apache-2.0
"""Jobs over HTTP: seen by whom they concern, moved by hand, told of in the audit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import AuditQuery
from claude_mem_core.domain.generation_job import Failure, JobQuery
from claude_mem_core.domain.team import LOCAL_TEAM_ID

ME = Principal.local()
NO_SUCH = "evt_" + "0" * 64
CONTENT = "the lamp is made of cheese"


@pytest.fixture
def put(client, event) -> Callable[..., str]:
    """Puts a job in; its id."""

    def put(project_id: str, **fields: object) -> str:
        body = event(project_id, payload={"text": CONTENT}, **fields)
        job_id: str = client.post("/v1/events", body).json["generationJob"]["id"]
        return job_id

    return put


@pytest.fixture
def fail(client) -> Callable[[], str]:
    """Lets the oldest job fail for good; its id."""

    def fail() -> str:
        now = client.runtime.system.now()
        failure = Failure("auth_invalid", "the provider refused the key")
        with client.runtime.jobs._storage.begin() as tx:
            claim = tx.jobs.claim(now=now, lease_until=now + 30_000, worker="w")
            assert claim is not None
            return tx.jobs.fail(claim, now=now, failure=failure, retry_at=None).id

    return fail


@pytest.fixture
def stranger(client):
    """A client of another team, with every right in it."""
    return client.holding(client.issue("*", team_id="others"))


def claim(client) -> str:
    """The oldest job is being done; its id."""
    now = client.runtime.system.now()
    with client.runtime.jobs._storage.begin() as tx:
        taken = tx.jobs.claim(now=now, lease_until=now + 30_000, worker="w")
        assert taken is not None
        return taken.job.id


def listed(client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status == 200, answer.body
    return [job["id"] for job in answer.json["jobs"]]


def audited(client) -> list[tuple[str, str | None, object]]:
    """What was done to jobs, oldest first: the deed, the job, the request."""
    with client.runtime.jobs._storage.read() as snapshot:
        entries = snapshot.audit.list(AuditQuery(limit=100), scope=ME.scope)
    return [
        (one.action, one.target_id, one.metadata.get("requestId"))
        for one in reversed(entries)
        if one.target_type == "generation_job"
    ]


def alike(answer, *names: str) -> tuple[int, bytes]:
    """An answer without the names that the caller gave itself."""
    body = answer.body
    for name in names:
        body = body.replace(name.encode(), b"NAME")
    return answer.status, body


def test_jobs_are_listed_newest_first_without_payload_or_content(client, put) -> None:
    project_id = client.project()
    ids = [put(project_id, toolUseId=f"t{number}") for number in range(3)]

    answer = client.get("/v1/jobs")

    assert answer.status == 200
    assert [job["id"] for job in answer.json["jobs"]] == ids[::-1]
    assert (answer.json["limit"], answer.json["offset"]) == (50, 0)
    assert all("payload" not in job for job in answer.json["jobs"])
    assert CONTENT.encode() not in answer.body


def test_jobs_come_in_pages(client, put) -> None:
    project_id = client.project()
    ids = [put(project_id, toolUseId=f"t{number}") for number in range(5)]

    pages = [listed(client, f"/v1/jobs?limit=2&offset={at}") for at in (0, 2, 4, 6)]

    assert [one for page in pages for one in page] == ids[::-1]
    assert client.get("/v1/jobs?limit=2&offset=4").json["offset"] == 4


def test_jobs_are_found_by_state_kind_source_and_age(client, put, fail) -> None:
    project_id = client.project()
    put(project_id, toolUseId="t1")
    failed = fail()
    put(project_id, eventType="session_end")
    everything = listed(client, "/v1/jobs")
    (summary,) = listed(client, "/v1/jobs?kind=summary")
    later = client.runtime.system.now() + 60_000

    assert len(everything) == 3
    assert listed(client, "/v1/jobs?status=failed") == [failed]
    for name in ("source_type", "sourceType"):
        assert listed(client, f"/v1/jobs?{name}=session_summary") == [summary]
    assert listed(client, f"/v1/jobs?since={later}") == []
    assert listed(client, "/v1/jobs?since=0&status=failed&kind=event") == [failed]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("status=lost", "status"), ("status=", "status"), ("kind=dream", "kind"),
        ("source_type=x", "source_type"), ("sourceType=x", "source_type"),
        ("since=yesterday", "since"), ("since=-1", "since"), ("since=1.5", "since"),
        ("since=9999999999999999", "since"), ("limit=0", "limit"),
        ("limit=201", "limit"), ("limit=many", "limit"), ("limit=%D9%A3", "limit"),
        ("offset=-1", "offset"), ("offset=9999999999", "offset"),
        ("include=content", "include"), ("include=", "include"),
        ("source_type=agent_event&sourceType=agent_event", "sourceType"),
        ("limit=1&limit=1", "limit"), ("colour=red", "colour"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/jobs", f"/v1/teams/{LOCAL_TEAM_ID}/jobs"])
def test_a_wrong_parameter_is_refused_with_its_name_cause_and_cure(
    client, path, query, name
) -> None:
    answer = client.get(f"{path}?{query}")

    (issue,) = answer.json["issues"]
    assert answer.status == 400
    assert issue["field"] == name
    assert issue["cause"]
    assert issue["cure"]


def test_a_payload_says_what_a_job_is_about_and_holds_no_content(client, put) -> None:
    project_id = client.project()
    put(project_id, eventType="session_end")
    client.post(f"/v1/projects/{project_id}/reindex")

    answer = client.get("/v1/jobs?include=payload")

    jobs = {job["kind"]: job for job in answer.json["jobs"]}
    for job in jobs.values():
        assert (
            job["payload"].items()
            >= {
                "kind": job["kind"],
                "team_id": LOCAL_TEAM_ID,
                "project_id": project_id,
                "source_type": job["sourceType"],
                "source_id": job["sourceId"],
                "generation_job_id": job["id"],
            }.items()
        )
    summary, by_event = jobs["summary"], jobs["event"]["payload"]
    assert by_event["agent_event_id"] == jobs["event"]["sourceId"]
    assert summary["payload"]["server_session_id"] == summary["serverSessionId"]
    assert len(jobs["reindex"]["payload"]) == 6
    assert CONTENT.encode() not in answer.body


@pytest.mark.parametrize("scope", ["memories:admin", "*"])
def test_a_payload_is_shown_to_who_may_administer(client, put, scope) -> None:
    put(client.project())

    answer = client.holding(client.issue(scope, "jobs:read")).get(
        "/v1/jobs?include=payload"
    )

    assert answer.status == 200
    assert all(job["payload"] for job in answer.json["jobs"])


@pytest.mark.parametrize(
    "path", ["/v1/jobs", "/v1/projects/nowhere/jobs", "/v1/teams/others/jobs"]
)
def test_a_payload_is_refused_to_who_may_only_read_and_write(client, path) -> None:
    reader = client.holding(client.issue("jobs:read", "reindex:write"))

    answer = reader.get(f"{path}?include=payload")

    assert answer.status == (403 if path == "/v1/jobs" else 404)
    assert (answer.status == 404) or "'memories:admin'" in answer.json["message"]


def test_a_job_is_shown_with_every_move_that_it_made(client, put, fail) -> None:
    job_id = put(client.project())
    fail()

    answer = client.get(f"/v1/jobs/{job_id}")

    assert answer.status == 200
    assert answer.json["generationJob"]["status"] == "failed"
    assert answer.json["generationJob"]["lastError"] == "the provider refused the key"
    moves = [(one["event"], one["reason"]) for one in answer.json["events"]]
    assert moves == [
        ("queued", None),
        ("processing", None),
        ("failed", "the provider refused the key"),
    ]


def test_a_job_of_another_team_looks_like_an_absent_one(client, stranger, put) -> None:
    job_id = put(client.project())

    for method, path in (
        ("GET", "/v1/jobs/{}"),
        ("POST", "/v1/jobs/{}/retry"),
        ("POST", "/v1/jobs/{}/cancel"),
    ):
        theirs, absent = (
            stranger.send(method, path.format(one), None, X_Request_Id="same")
            for one in (job_id, NO_SUCH)
        )
        assert theirs.status == 404
        assert alike(theirs, job_id) == alike(absent, NO_SUCH)
    assert client.get(f"/v1/jobs/{job_id}").json["generationJob"]["status"] == "queued"
    assert audited(client) == []


def test_jobs_of_another_team_are_nowhere_to_be_seen(client, stranger, put) -> None:
    project_id = client.project()
    put(project_id)

    assert listed(stranger, "/v1/jobs") == []
    for path, mine in (
        ("/v1/projects/{}/jobs", project_id),
        ("/v1/teams/{}/jobs", LOCAL_TEAM_ID),
    ):
        foreign, absent = (
            stranger.get(path.format(one), X_Request_Id="same")
            for one in (mine, "nowhere")
        )
        assert foreign.status == 404
        assert alike(foreign, mine) == alike(absent, "nowhere")


def test_a_key_of_one_project_sees_and_moves_the_jobs_of_this_one_alone(
    client, put
) -> None:
    lamp, stairs = client.project("Lamp"), client.project("Stairs")
    mine, other = put(lamp), put(stairs)
    key = client.issue("jobs:read", "reindex:write", project_id=lamp)
    limited = client.holding(key)

    assert listed(limited, "/v1/jobs") == [mine]
    assert listed(limited, f"/v1/teams/{LOCAL_TEAM_ID}/jobs") == [mine]
    assert listed(limited, f"/v1/projects/{lamp}/jobs") == [mine]
    foreign, absent = (
        limited.get(f"/v1/projects/{one}/jobs", X_Request_Id="same")
        for one in (stairs, "nowhere")
    )
    assert foreign.status == 404
    assert alike(foreign, stairs) == alike(absent, "nowhere")
    assert limited.get(f"/v1/jobs/{other}").status == 404
    assert limited.post(f"/v1/jobs/{other}/cancel").status == 404
    assert limited.post(f"/v1/jobs/{mine}/cancel").status == 200
    assert limited.post(f"/v1/projects/{stairs}/reindex").status == 403


def test_a_key_of_the_team_sees_the_jobs_of_each_project_and_of_all(
    client, put
) -> None:
    lamp, stairs = client.project("Lamp"), client.project("Stairs")
    of_lamp, of_stairs = put(lamp), put(stairs)

    assert listed(client, f"/v1/projects/{lamp}/jobs") == [of_lamp]
    assert listed(client, f"/v1/projects/{stairs}/jobs") == [of_stairs]
    everything = listed(client, f"/v1/teams/{LOCAL_TEAM_ID}/jobs?status=queued")
    assert everything == [of_stairs, of_lamp]


@pytest.mark.parametrize("name", ["x" * 300, "%F0%9F%A6%80", "a%20b"])
def test_a_name_that_nothing_can_have_is_not_found(client, name) -> None:
    for path in ("projects/{}/jobs", "teams/{}/jobs", "jobs/{}"):
        assert client.get("/v1/" + path.format(name)).status == 404


def test_a_failed_job_waits_again_once_and_the_audit_names_the_request(
    client, put, fail
) -> None:
    job_id = put(client.project())
    fail()
    path = f"/v1/jobs/{job_id}/retry"

    first = client.post(path, X_Request_Id="first")
    again = client.post(path, {}, X_Request_Id="again")

    assert (first.status, again.status) == (200, 200)
    assert first.json["generationJob"]["status"] == "queued"
    assert first.json["generationJob"]["attempts"] == 0
    told = [
        (one.json["retriedCount"], one.json["alreadyQueued"], one.json["requestId"])
        for one in (first, again)
    ]
    assert told == [(1, False, "first"), (1, True, "again")]
    assert audited(client) == [("generation_job.retry", job_id, "first")]


def test_a_queued_job_is_cancelled_once_and_may_be_put_in_again(client, put) -> None:
    job_id = put(client.project())
    path = f"/v1/jobs/{job_id}/cancel"

    first = client.post(path, X_Request_Id="first")
    again = client.post(path, X_Request_Id="again")
    retried = client.post(f"/v1/jobs/{job_id}/retry", X_Request_Id="back")

    told = [(one.status, one.json["alreadyCancelled"]) for one in (first, again)]
    assert told == [(200, False), (200, True)]
    assert first.json["generationJob"]["status"] == "cancelled"
    assert (first.json["requestId"], again.json["requestId"]) == ("first", "again")
    assert retried.json["generationJob"]["status"] == "queued"
    assert audited(client) == [
        ("generation_job.cancel", job_id, "first"),
        ("generation_job.retry", job_id, "back"),
    ]


def test_what_is_being_done_or_has_ended_is_left_alone(client, put, fail) -> None:
    project_id = client.project()
    failed = put(project_id, contentSessionId="a")
    fail()
    done = put(project_id, contentSessionId="b")
    client.runtime.generator.work(wait=timedelta(0))
    held = put(project_id, contentSessionId="c")
    assert claim(client) == held
    before = [client.get(f"/v1/jobs/{one}").json for one in (failed, done, held)]

    refused = [
        client.post(f"/v1/jobs/{one}")
        for one in (
            f"{held}/retry", f"{done}/retry", f"{done}/cancel", f"{failed}/cancel",
        )
    ]  # fmt: skip

    assert [one.status for one in refused] == [409] * 4
    assert {one.json["error"] for one in refused} == {"Conflict"}
    after = [client.get(f"/v1/jobs/{one}").json for one in (failed, done, held)]
    assert after == before
    assert audited(client) == []


def test_what_is_being_done_can_be_cancelled(client, put) -> None:
    job_id = put(client.project())
    claim(client)

    answer = client.post(f"/v1/jobs/{job_id}/cancel")

    assert answer.json["generationJob"]["status"] == "cancelled"
    assert answer.json["alreadyCancelled"] is False


def test_a_project_is_indexed_anew_by_one_job_at_a_time(client) -> None:
    project_id = client.project()
    path = f"/v1/projects/{project_id}/reindex"

    first, again = client.post(path, X_Request_Id="first"), client.post(path)

    assert (first.status, again.status) == (202, 202)
    assert first.json == again.json
    assert first.json["generationJob"]["kind"] == "reindex"
    assert audited(client) == [
        ("generation_job.reindex", first.json["generationJob"]["id"], "first")
    ]
    assert client.post("/v1/projects/nowhere/reindex").status == 404


def test_an_event_can_be_kept_without_a_job(client, event) -> None:
    project_id = client.project()
    quiet, end = (
        event(project_id, toolUseId="t1"),
        event(project_id, toolUseId="t2", eventType="session_end"),
    )

    one = client.post("/v1/events?generate=false", quiet)
    batch = client.post("/v1/events/batch?generate=false", [quiet, end])

    stored = one.json["event"]
    assert (one.status, batch.status) == (201, 201)
    assert one.json["generationJob"] is None
    assert batch.json["generationJobs"] == [None, None]
    assert batch.json["created"] == [False, True]
    assert client.get(f"/v1/events/{stored['id']}").json == {"event": stored}
    session = client.get(f"/v1/sessions/{stored['serverSessionId']}").json["session"]
    assert session["status"] == "active"
    assert listed(client, "/v1/jobs") == []


@pytest.mark.parametrize(
    "query", ["generate=true", "wait=false", "generate=true&wait=false"]
)
def test_what_is_the_default_can_be_said(client, event, query) -> None:
    answer = client.post(f"/v1/events?{query}", event(client.project()))

    assert answer.json["generationJob"]["status"] == "queued"
    assert "waitTimedOut" not in answer.json


@pytest.mark.parametrize("name", ["generate", "wait"])
@pytest.mark.parametrize("value", ["", "1", "True", "no"])
def test_a_flag_is_true_or_false(client, event, name, value) -> None:
    answer = client.post(f"/v1/events?{name}={value}", event(client.project()))

    assert answer.status == 400
    assert [issue["field"] for issue in answer.json["issues"]] == [name]
    assert listed(client, "/v1/jobs") == []


def test_a_batch_is_not_waited_for(client, event) -> None:
    answer = client.post("/v1/events/batch?wait=true", [event(client.project())])

    assert answer.status == 400


def test_who_waits_is_told_how_the_job_ended(client, event) -> None:
    project_id = client.project()
    client.runtime.start(work=True)

    answer = client.post("/v1/events?wait=true", event(project_id))

    assert answer.status == 201
    assert answer.json["generationJob"]["status"] == "completed"
    assert answer.json["generationJob"]["skipReason"] == "turn_open"
    assert answer.json["waitTimedOut"] is False


def test_there_is_nothing_to_wait_for_without_a_job(client, event) -> None:
    answer = client.post("/v1/events?generate=false&wait=true", event(client.project()))

    assert answer.json["generationJob"] is None
    assert answer.json["waitTimedOut"] is False


def jobs_known(client) -> int:
    return len(client.runtime.jobs.list(JobQuery(limit=200), by=ME))


def test_those_who_wait_keep_nobody_else_from_an_answer_and_a_stop_ends_it(
    client, event
) -> None:
    project_id = client.project()
    bodies = [event(project_id, contentSessionId=f"s{n}") for n in range(12)]

    with ThreadPoolExecutor(len(bodies)) as callers:
        waiting = [
            callers.submit(client.post, "/v1/events?wait=true", body) for body in bodies
        ]
        # A server that stops answers those it has heard; nobody else may be on the way.
        while jobs_known(client) < len(bodies):
            sleep(0.01)
        healthy = client.get("/healthz")
        client.front_end.stop()
    answers = [one.result() for one in waiting]

    assert healthy.status == 200
    assert {one.status for one in answers} == {201}
    assert all(one.json["waitTimedOut"] for one in answers)
    assert {one.json["generationJob"]["status"] for one in answers} == {"queued"}
