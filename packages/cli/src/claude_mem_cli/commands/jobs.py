# SPDX-License-Identifier: Apache-2.0
"""`claude-mem server jobs`: what waits, what failed and why, and what can be done."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import get_args

import click
from claude_mem_core.domain.generation_job import (
    JobKind,
    JobQuery,
    JobStatus,
)
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import ConflictError, InvalidInputError

from claude_mem_cli import exits, screen
from claude_mem_cli.client import Client, Moved, Story
from claude_mem_cli.connect import connected
from claude_mem_cli.jobs import (
    PAGE,
    every,
    job_table,
    jobs_meant,
    lane_table,
    moment,
    short_ids,
    story,
)
from claude_mem_cli.projects import project_meant, project_named

MOST_TOLD = 20
"""Jobs that are told one by one."""

KIND = click.Choice(get_args(JobKind))


@dataclass
class Outcome:
    """What became of the jobs that an operator acted on."""

    where: str
    moved: list[Moved] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


@click.group
def jobs() -> None:
    """Look at jobs, retry them, cancel them.

    The server of the data folder is asked where one runs, else the store itself. An
    ID may be cut after 8 digits, as the list shows it.
    """


@jobs.command("status")
@screen.json_option
def show_status(*, as_json: bool) -> None:
    """Show how much work there is, and how much failed.

    A lane is the work of one kind; WAITING counts what is being done too.
    """
    with connected(os.environ) as client:
        ledger, where = client.ledger(), client.where
    counts = {state: ledger.jobs.get(state, 0) for state in get_args(JobStatus)}
    if as_json:
        lanes = {kind: lane.to_wire() for kind, lane in ledger.lanes.items()}
        screen.say_json({"where": where, "jobs": counts, "queueLanes": lanes})
        return
    screen.note(f"Jobs of {screen.line(where)}")
    screen.say(", ".join(f"{count} {state}" for state, count in counts.items()))
    screen.say(lane_table(ledger, now=_now()))
    if counts["failed"]:
        screen.note("claude-mem server jobs list --status failed tells why")


@jobs.command("list")
@click.option("--status", type=click.Choice(get_args(JobStatus)), help="In this state.")
@click.option("--kind", type=KIND, help="Of this kind.")
@click.option("--project", help="Of this project.")
@click.option("--since", help="Put in since 30m, 2h, 7d, or 2026-03-01.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    help="At most so many, the newest.",
)
@click.option("--wide", is_flag=True, help="Whole ids, and nothing cut.")
@screen.json_option
def show_list(*, limit: int, wide: bool, as_json: bool, **asked: str | None) -> None:
    """Show jobs, newest first, and why they failed.

    WHY is what a job failed with, why it made no memory, or who is at it.
    """
    with connected(os.environ) as client:
        query = _query(client, **asked)
        query = query.changed(limit=min(limit, PAGE))
        found = list(islice(every(client, query), limit))
        where, names = client.where, {} if as_json else _names(client)
    if as_json:
        told = [job.to_wire() for job in found]
        screen.say_json({"where": where, "jobs": told})
        return
    screen.note(f"Jobs of {screen.line(where)}")
    if not found:
        screen.say("There are none.")
        return
    screen.say(job_table(found, names, now=_now(), wide=wide))
    if len(found) == limit:
        screen.note(f"These are the newest {limit}; --limit shows more")


@jobs.command
@click.argument("job", metavar="ID")
@screen.json_option
def show(*, job: str, as_json: bool) -> None:
    """Show a job, why it failed, and every move that it made."""
    with connected(os.environ) as client:
        (job_id,) = jobs_meant(client, [job])
        found = client.job(job_id)
        where, names = client.where, {} if as_json else _names(client)
    if as_json:
        screen.say_json({"where": where, **_story_to_wire(found)})
        return
    screen.note(f"A job of {screen.line(where)}")
    project_id = found.job.project_id
    screen.say(story(found, names.get(project_id, project_id)))


@jobs.command
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all-failed", is_flag=True, help="All that failed for good.")
@click.option("--project", help="With --all-failed: of this project.")
@click.option("--kind", type=KIND, help="With --all-failed: of this kind.")
@screen.json_option
def retry(
    *,
    ids: Sequence[str],
    all_failed: bool,
    project: str | None,
    kind: str | None,
    as_json: bool,
) -> int:
    """Let failed or cancelled jobs wait again, with all their tries.

    A job that waits already stays as it is. One that is being done, or is completed,
    is left alone, and the command ends with 1.
    """
    _require_one_way(ids, all_failed=all_failed, narrowed=bool(project or kind))
    with connected(os.environ) as client:
        outcome = Outcome(client.where)
        if all_failed:
            _retry_all(client, _query(client, project=project, kind=kind), outcome)
        else:
            _act(client.retry_job, jobs_meant(client, ids), outcome)
    return _report(outcome, "waits again", "waits already", as_json=as_json)


@jobs.command
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@screen.json_option
def cancel(*, ids: Sequence[str], as_json: bool) -> int:
    """Cancel jobs that wait or are being done: they make no memory.

    A job that is cancelled already stays so. One that is completed, or has failed, is
    left alone, and the command ends with 1.
    """
    with connected(os.environ) as client:
        outcome = Outcome(client.where)
        _act(client.cancel_job, jobs_meant(client, ids), outcome)
    already = "was cancelled already"
    return _report(outcome, "is cancelled", already, as_json=as_json)


@jobs.command
@click.option("--project", help="Of this project; else that of this folder.")
@screen.json_option
def reindex(*, project: str | None, as_json: bool) -> None:
    """Write anew what finds a project's memories.

    The work is a job, and until it is done there is only one.
    """
    with connected(os.environ) as client:
        found = project_meant(client, project, folder=Path.cwd(), env=os.environ)
        job, where = client.reindex(found.id), client.where
    if as_json:
        screen.say_json({"where": where, "generationJob": job.to_wire()})
        return
    screen.note(f"By {screen.line(where)}")
    name = screen.line(found.slug or found.name)
    screen.say(f"Job {short_ids([job])[job.id]} writes the index of {name} anew.")


def _query(
    client: Client,
    *,
    status: str | None = None,
    kind: str | None = None,
    project: str | None = None,
    since: str | None = None,
) -> JobQuery:
    asked = {
        "status": status,
        "kind": kind,
        "projectId": project and project_named(client, project).id,
        "since": since and moment(since, now=_now()),
    }
    return JobQuery.from_wire({**asked, "limit": PAGE})


def _require_one_way(ids: Sequence[str], *, all_failed: bool, narrowed: bool) -> None:
    if bool(ids) == all_failed:
        cause = "ids and --all-failed" if ids else "neither an id nor --all-failed"
        raise InvalidInputError.of("ID", cause, "give one of the two")
    if narrowed and not all_failed:
        cause = "--project and --kind go with --all-failed"
        raise InvalidInputError.of("ID", cause, "leave them out")


def _retry_all(client: Client, query: JobQuery, outcome: Outcome) -> None:
    """Retry what has failed; what fails again meanwhile is not tried once more."""
    failed = query.changed(status="failed")
    tried: set[str] = set()
    # Whoever takes one from the list meanwhile moves others past the end of a page.
    while ids := [job.id for job in every(client, failed) if job.id not in tried]:
        amount = screen.amount(len(ids), "failed job")
        screen.note(f"Retrying {amount} by {screen.line(client.where)}")
        _act(client.retry_job, ids, outcome)
        tried.update(ids)


def _act(deed: Callable[[str], Moved], ids: Sequence[str], outcome: Outcome) -> None:
    hidden = len(ids) == 1 or not sys.stderr.isatty()
    with click.progressbar(ids, file=sys.stderr, hidden=hidden) as bar:
        for job_id in bar:
            try:
                outcome.moved.append(deed(job_id))
            except ConflictError as error:
                outcome.refused[job_id] = str(error)


def _report(outcome: Outcome, done: str, already: str, *, as_json: bool) -> int:
    refused = outcome.refused
    fault = f"left alone: {screen.amount(len(refused), 'job')}" if refused else None
    if as_json:
        _say_json(outcome, fault)
    else:
        screen.note(f"By {screen.line(outcome.where)}")
        for reason in list(refused.values())[:MOST_TOLD]:
            screen.note(f"Left alone: {screen.line(reason)}")
        _say_moved(outcome.moved, done, already)
    if fault is None:
        return exits.OK
    screen.note(f"Error: {fault} ({ConflictError.code})")
    return exits.exit_code(ConflictError(fault))


def _say_moved(moved: Sequence[Moved], done: str, already: str) -> None:
    ids = short_ids([one.job for one in moved])
    for one in moved[:MOST_TOLD]:
        screen.say(f"{ids[one.job.id]} {already if one.already else done}.")
    if len(moved) > MOST_TOLD:
        changed = sum(not one.already for one in moved)
        screen.say(f"In all {len(moved)} jobs, of which {changed} were changed.")
    if not moved:
        screen.say("No job was changed.")


def _say_json(outcome: Outcome, fault: str | None) -> None:
    moved = [
        {"generationJob": one.job.to_wire(), "already": one.already}
        for one in outcome.moved
    ]
    refused = [{"id": k, "message": text} for k, text in outcome.refused.items()]
    told = {"where": outcome.where, "jobs": moved, "refused": refused}
    error = {"error": ConflictError.code, "message": fault} if fault else {}
    screen.say_json({**told, **error})


def _story_to_wire(told: Story) -> JsonObject:
    return {
        "generationJob": told.job.to_wire(),
        "events": [one.to_wire() for one in told.moves],
        "modelCalls": [one.to_wire() for one in told.calls],
    }


def _names(client: Client) -> Mapping[str, str]:
    return {one.id: one.slug or one.name for one in client.projects()}


def _now() -> int:
    return time.time_ns() // 1_000_000
