# SPDX-License-Identifier: Apache-2.0
"""A job that failed, and its return: over HTTP, by the command, and as a library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from claude_mem_core.api import JobQuery, Principal, open_runtime
from claude_mem_core.domain.generation_job import Failure
from claude_mem_core.runtime import Runtime
from machine import Machine, session

ME = Principal.local()
FAILED = JobQuery(status="failed")


@pytest.fixture
def failed(machine: Machine, tmp_path: Path) -> str:
    """The id of a job that failed, on a machine that only takes events in."""
    machine.env["CLAUDE_MEM_GENERATION_DISABLED"] = "true"
    file = tmp_path / "lighthouse.jsonl"
    payloads = enumerate(session("a", turns=1), 1)
    file.write_text("\n".join(json.dumps({**one, "ts": at}) for at, one in payloads))
    machine.run("ingest", str(file), "--no-wait")
    with open_runtime(machine.env) as runtime:
        return fail_next(runtime)


def fail_next(runtime: Runtime) -> str:
    """Let the next job fail for good; its id."""
    now = runtime.system.now()
    failure = Failure("auth_invalid", "the provider refused the key")
    with runtime.jobs._storage.begin() as tx:
        claim = tx.jobs.claim(now=now, lease_until=now + 30_000)
        assert claim is not None
        return tx.jobs.fail(claim, now=now, failure=failure, retry_at=None).id


def by_command(machine: Machine, job_id: str) -> tuple[object, object, object]:
    """The list of what failed, the job, and its log, as the command tells them."""
    listed = machine.run("server", "jobs", "list", "--status", "failed", "--json")
    shown = json.loads(machine.run("server", "jobs", "show", job_id, "--json").stdout)
    jobs = json.loads(listed.stdout)["jobs"]
    return jobs, shown["generationJob"], shown["events"]


def by_http(machine: Machine, job_id: str) -> tuple[object, object, object]:
    """The same, as the server tells them."""
    _, listed = machine.call("GET", "/v1/jobs?status=failed")
    _, shown = machine.call("GET", f"/v1/jobs/{job_id}")
    return listed["jobs"], shown["generationJob"], shown["events"]


def by_library(machine: Machine, job_id: str) -> tuple[object, object, object]:
    """The same, as the services tell them."""
    with open_runtime(machine.env) as runtime:
        jobs = [job.to_wire() for job in runtime.jobs.list(FAILED, by=ME)]
        story = runtime.jobs.get(job_id, by=ME)
        log = [one.to_wire() for one in story.events]
        return jobs, story.job.to_wire(), log


def test_what_is_told_of_a_failed_job_is_the_same_everywhere(
    machine: Machine, failed: str
) -> None:
    library = by_library(machine, failed)
    without_server = by_command(machine, failed)
    machine.start()
    with_server, over_http = by_command(machine, failed), by_http(machine, failed)
    machine.stop()

    assert library[1] == {**library[1], "id": failed, "status": "failed"}
    assert library == without_server == with_server == over_http


def test_who_retries_it_anywhere_finds_it_waiting_everywhere(
    machine: Machine, failed: str
) -> None:
    path = f"/v1/jobs/{failed}/retry"
    machine.run("server", "jobs", "retry", failed[:12])
    machine.start()
    over_http = machine.call("POST", path)[1]
    again = machine.run("server", "jobs", "retry", failed, "--json").stdout
    machine.call("POST", f"/v1/jobs/{failed}/cancel")
    machine.stop()
    with open_runtime(machine.env) as runtime:
        job = runtime.jobs.get(failed, by=ME).job
        moved = runtime.jobs.retry(failed, by=ME)

    assert (over_http["alreadyQueued"], over_http["retriedCount"]) == (True, 1)
    assert json.loads(again)["jobs"][0]["already"] is True
    assert (job.status, job.retries) == ("cancelled", 1)
    assert (moved.already, moved.job.retries) == (False, 2)
