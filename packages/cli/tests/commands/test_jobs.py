# SPDX-License-Identifier: Apache-2.0
"""What an operator sees of jobs and does about them, with a server and without one."""

from __future__ import annotations

import json
import re
import time

import click
import pytest
from claude_mem_cli.client import Story
from claude_mem_cli.client_here import ClientHere
from claude_mem_cli.commands.jobs import Outcome, _retry_all
from claude_mem_cli.jobs import (
    every,
    job_table,
    jobs_meant,
    moment,
    short_ids,
    story,
)
from claude_mem_core.domain.generation_job import (
    Failure,
    JobDraft,
    JobQuery,
    queued_job,
)
from claude_mem_core.errors import InvalidInputError, NotFoundError
from claude_mem_core.launch import open_runtime

pytestmark = pytest.mark.needs(
    "claude_mem_agents", "claude_mem_http_falcon", "claude_mem_storage_sqlite"
)

TAKES_ONLY = {"CLAUDE_MEM_GENERATION_DISABLED": "true"}
ERROR = "the provider refused the key \x1b]0;owned\x07 of the lighthouse, " * 9
NOW = 1_700_000_000_000


@pytest.fixture
def opened(env):
    """A runtime on the data folder, for as long as no server has it."""
    with open_runtime(env) as runtime:
        yield runtime


@pytest.fixture
def client(opened):
    return ClientHere(opened, "the store")


def fail_next(runtime, error=ERROR):
    """Lets the next job fail for good; its id."""
    now = runtime.system.now()
    failure = Failure("auth_invalid", error[:500])
    with runtime.jobs._storage.begin() as tx:
        claim = tx.jobs.claim(now=now, lease_until=now + 30_000, worker="w")
        return tx.jobs.fail(claim, now=now, failure=failure, retry_at=None).id


@pytest.fixture
def put(here, hooks, env):
    """Five jobs of one project, newest first, of which the oldest has failed."""
    assert here("ingest", str(hooks), "--no-wait").code == 0
    with open_runtime(env) as runtime:
        failed = fail_next(runtime)
    ids = [one["id"] for one in here("server", "jobs", "list", "--json").json["jobs"]]
    assert ids[-1] == failed
    assert len(ids) == 5
    return ids


@pytest.fixture(params=["server", "here"])
def any_way(request, shell, here, put):
    """The command with a server that only takes events in, and without one."""
    assert put
    if request.param == "server":
        shell.serve(**TAKES_ONLY)
    where = {"server": "the server at http://127.0.0.1:", "here": "the store in /"}

    def call(*args):
        done = here("server", "jobs", *args)
        if done.code == 0:
            told = done.json["where"] if "--json" in args else done.err
            assert where[request.param] in told
        return done

    return call


def test_jobs_are_shown_in_eighty_columns_and_failed_ones_with_their_error(
    any_way, put
):
    done = any_way("list")
    head, *rows = done.out.splitlines()
    assert head.split() == ["ID", "STATUS", "TRIES", "AGE", "WHY"]
    assert [row.split()[0] for row in rows] == [
        job_id[: job_id.index("_") + 9] for job_id in put
    ]
    assert "the provider refused" in rows[-1]
    assert max(map(len, done.out.splitlines())) <= 80
    assert "\x1b" not in done.out


def test_the_whole_ids_and_errors_are_shown_where_they_are_asked_for(any_way, put):
    rows = any_way("list", "--wide").out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == put
    assert len(rows[-1]) > 400
    told = any_way("list", "--json").json["jobs"]
    assert [one["id"] for one in told] == put
    assert "payload" not in told[0]


def test_jobs_are_found_by_state_kind_project_and_age(any_way, put):
    def ids(*args):
        return [one["id"] for one in any_way("list", "--json", *args).json["jobs"]]

    assert ids("--status", "failed") == put[-1:]
    assert ids("--kind", "summary") == put[:1]
    assert ids("--project", "small", "--since", "1h", "--limit", "2") == put[:2]
    assert ids("--since", "2999-01-01") == []
    assert any_way("list", "--since", "2999-01-01").out == "There are none.\n"
    assert any_way("list", "--project", "nowhere").code == 1
    for wrong in (["--status", "lost"], ["--since", "soon"], ["--limit", "0"]):
        assert any_way("list", *wrong).code == 2


def test_a_job_is_shown_with_its_error_and_its_log(any_way, put):
    for given in (put[-1], put[-1][:12]):
        done = any_way("show", given)
        assert put[-1] in done.out
        assert "Status:  failed (auth_invalid)" in done.out
        assert "Project: small" in done.out
        assert re.search(r"\d +failed +1 +w +the provider", done.out)
        assert max(map(len, done.out.splitlines())) <= 80
        assert "\x1b" not in done.out
    told = any_way("show", put[-1], "--json").json
    assert told["generationJob"]["lastError"].startswith("the provider refused")
    assert [one["event"] for one in told["events"]] == [
        *("queued", "processing", "failed")
    ]


@pytest.mark.parametrize("deed", ["show", "retry", "cancel"])
def test_a_job_that_is_not_there_ends_with_1_and_what_is_no_id_with_2(any_way, deed):
    for absent in ("evt_" + "0" * 64, "evt_" + "0" * 8):
        done = any_way(deed, absent, "--json")
        assert (done.code, done.json["error"]) == (1, "not_found")
        assert done.json["message"] == f"no job with the id {absent!r}"
    for wrong in ("nonsense", "evt_123", "evt_" + "0" * 65, "ses_" + "0" * 8):
        assert any_way(deed, wrong).code == 2


def test_a_failed_job_waits_again_and_a_second_time_changes_nothing(any_way, put):
    short = put[-1][:12]
    first = any_way("retry", short)
    assert (first.code, first.out) == (0, f"{short} waits again.\n")
    assert any_way("retry", short).out == f"{short} waits already.\n"
    told = any_way("retry", short, put[-1], "--json").json
    assert [one["already"] for one in told["jobs"]] == [True]
    assert told["jobs"][0]["generationJob"]["retries"] == 1
    assert told["refused"] == []


def test_all_that_failed_waits_again(any_way, put):
    assert any_way("retry", "--all-failed", "--kind", "summary").out == (
        "No job was changed.\n"
    )
    done = any_way("retry", "--all-failed", "--project", "small")
    assert done.out == f"{put[-1][:12]} waits again.\n"
    assert "Retrying 1 failed job by the " in done.err
    assert any_way("list", "--status", "failed", "--json").json["jobs"] == []


def test_jobs_are_cancelled_and_a_failed_one_is_left_alone(any_way, put):
    done = any_way("cancel", put[0], put[1][:12], put[-1])
    assert done.code == 1
    assert f"Left alone: job '{put[-1]}' is failed" in done.err
    assert done.out.count("is cancelled.") == 2
    again = any_way("cancel", put[0])
    assert again.out == f"{put[0][:12]} was cancelled already.\n"
    told = any_way("cancel", put[-1], "--json")
    assert (told.code, told.json["error"]) == (1, "conflict")
    assert [one["id"] for one in told.json["refused"]] == [put[-1]]
    assert any_way("retry", put[0]).code == 0


@pytest.mark.parametrize(
    "args", [[], ["--all-failed", "evt_" + "0" * 64], ["evt_" + "0" * 64, "--kind", "event"]]
)  # fmt: skip
def test_either_ids_or_all_that_failed_are_retried(here, args):
    done = here("server", "jobs", "retry", *args)
    assert done.code == 2
    assert done.err.startswith("Error: ID: ")


def test_the_state_of_the_ledger_is_told(any_way):
    told = any_way("status", "--json").json
    assert told["jobs"] == {
        "queued": 4, "processing": 0, "completed": 0, "failed": 1, "cancelled": 0,
    }  # fmt: skip
    lanes = told["queueLanes"]
    assert {kind: lane["depth"] for kind, lane in lanes.items()} == {
        "event": 3, "event-batch": 0, "summary": 1, "reindex": 0,
    }  # fmt: skip
    assert lanes["event"]["failed"] == 1
    assert lanes["event"]["oldestWaitingEpoch"] > 0
    human = any_way("status")
    assert "4 queued, 0 processing, 0 completed, 1 failed, 0 cancelled" in human.out
    assert re.search(r"^event +3 +\d+ (s|min) +1$", human.out, re.MULTILINE)
    assert max(map(len, human.out.splitlines())) <= 80


def test_a_project_is_indexed_anew(any_way):
    first = any_way("reindex", "--project", "small", "--json").json["generationJob"]
    again = any_way("reindex", "--project", "small")
    assert first["kind"] == "reindex"
    assert again.out == f"Job {first['id'][:12]} writes the index of small anew.\n"
    assert any_way("reindex", "--project", "nowhere").code == 1


def test_what_is_retried_is_done_by_the_server(shell, here, put):
    shell.serve()
    assert here("server", "jobs", "retry", "--all-failed").code == 0
    while here("server", "jobs", "status", "--json").json["jobs"]["completed"] < 5:
        time.sleep(0.05)
    shown = here("server", "jobs", "show", put[-1])
    assert "Status:  completed (turn_open)" in shown.out
    assert "retried 1" in shown.out


def test_every_job_command_has_json_and_its_list_fits_in_eighty_columns(here):
    lines = here("server", "jobs", "--help").out.splitlines()
    lines = lines[lines.index("Commands:") + 1 :]
    assert len(lines) == 6
    assert max(map(len, lines)) <= 80
    assert not any(line.endswith("...") for line in lines)
    for name in ("status", "list", "show", "retry", "cancel", "reindex"):
        assert "--json" in here("server", "jobs", name, "--help").out


def made(number, **fields):
    """A job as the ledger would hold it."""
    draft = JobDraft(
        kind="event", team_id="local", project_id="p1", server_session_id="s",
        source_id=str(number), dedupe_key=str(number),
    )  # fmt: skip
    return queued_job(draft, now=NOW).changed(**fields)


class TestIds:
    def test_ids_are_shown_as_short_as_they_differ(self):
        one = made(1, id="evt_" + "0" * 64)
        other = made(2, id="evt_" + "0" * 10 + "1" * 54)
        third = made(3, id="sum_" + "0" * 64)

        assert short_ids([one, third]) == {
            one.id: "evt_00000000",
            third.id: "sum_00000000",
        }
        assert short_ids([one, other])[other.id] == "evt_00000000001"
        assert short_ids([]) == {}

    def test_the_start_of_several_ids_is_refused_and_more_of_it_is_asked_for(
        self, client, opened, hooks, here
    ):
        here("ingest", str(hooks), "--no-wait")
        (project,) = client.projects()
        near = [f"evt_00000000{digit}" + "0" * 55 for digit in "12"]
        with opened.jobs._storage.begin() as tx:
            for number, job_id in enumerate(near):
                tx.jobs.add(made(number, id=job_id, project_id=project.id))

        assert jobs_meant(client, [near[1][:13], near[1]]) == [near[1]]
        with pytest.raises(InvalidInputError, match="start of 2 ids; give more of it"):
            jobs_meant(client, ["evt_00000000"])
        with pytest.raises(NotFoundError):
            jobs_meant(client, ["sum_00000000"])


class TestManyJobs:
    def test_a_ledger_of_many_pages_is_read_to_its_end_and_all_failed_are_retried(
        self, client, opened, hooks, here
    ):
        here("ingest", str(hooks), "--no-wait")
        (project,) = client.projects()
        jobs = [
            made(number, project_id=project.id, server_session_id=str(number))
            for number in range(450)
        ]
        now = opened.system.now()
        with opened.jobs._storage.begin() as tx:
            for job in jobs:
                tx.jobs.add(job)
                claim = tx.jobs.claim(
                    now=now, lease_until=now + 1, session_id=job.server_session_id
                )
                tx.jobs.fail(
                    claim, now=now, failure=Failure("parse_error", "x"), retry_at=None
                )

        failed = JobQuery(status="failed", limit=200)
        assert [one.id for one in every(client, failed)] == [
            job.id for job in jobs[::-1]
        ]
        assert jobs_meant(client, [jobs[0].id[:20]]) == [jobs[0].id]
        outcome = Outcome("the store")
        _retry_all(client, failed, outcome)
        assert {one.job.id for one in outcome.moved} == {job.id for job in jobs}
        assert list(every(client, failed)) == []


class TestMoments:
    @pytest.mark.parametrize(
        ("text", "epoch"),
        [
            ("30s", NOW - 30_000), ("30m", NOW - 1_800_000), ("2h", NOW - 7_200_000),
            ("7d", NOW - 604_800_000), ("999999d", 0), ("1960-01-01", 0),
            ("2026-03-01", 1_772_323_200_000),
            ("2026-03-01T12:00", 1_772_366_400_000),
            ("2026-03-01T12:00:00.5+01:00", 1_772_362_800_500),
        ],
    )  # fmt: skip
    def test_a_span_counts_back_from_now_and_a_date_without_a_zone_is_utc(
        self, text, epoch
    ):
        assert moment(text, now=NOW) == epoch

    @pytest.mark.parametrize(
        "text", ["", "soon", "2 h", "-1h", "2026-13-01", "9999999d"]
    )
    def test_anything_else_is_refused_with_a_cure(self, text):
        with pytest.raises(InvalidInputError, match=r"--since: .*; give one such as"):
            moment(text, now=NOW)


def test_the_project_is_told_where_there_are_several():
    jobs = [made(1), made(2, project_id="p2")]
    names = {"p1": "lamp", "p2": "a-very-long-name-of-a-project"}

    told = job_table(jobs, names, now=NOW + 90_000, wide=False)
    told = click.unstyle(told).splitlines()

    assert told[0].split()[-2:] == ["PROJECT", "WHY"]
    assert re.search(r" queued +0/3 +1 min +lamp$", told[1])
    assert "a-very-long-n…" in told[2]


def test_who_is_at_a_job_and_why_one_made_nothing_are_told():
    jobs = [
        made(1, status="processing", worker="w1"),
        made(2, status="completed", skip_reason="turn_open"),
        made(3, last_error="try later"),
    ]

    rows = job_table(jobs, {}, now=NOW, wide=False).splitlines()[1:]

    assert [row.split("  ")[-1] for row in rows] == ["by w1", "turn_open", "try later"]
    assert "Error:" not in story(Story(jobs[1], []), "lamp")


def test_the_answer_names_each_job_as_json(here, put):
    line = here("server", "jobs", "list", "--json", "--limit", "1").out
    assert line.isascii()
    assert json.loads(line)["jobs"][0]["id"] == put[0]
