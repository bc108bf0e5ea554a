# SPDX-License-Identifier: Apache-2.0
"""Jobs as a user names them, and how they look on a screen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import click
from claude_mem_core.domain.generation_job import (
    PREFIXES,
    GenerationJob,
    JobQuery,
)
from claude_mem_core.domain.model_call import ModelCall
from claude_mem_core.errors import InvalidInputError, NotFoundError

from claude_mem_cli import screen
from claude_mem_cli.client import Client, Ledger, Story

PAGE = 200
"""Jobs that are asked for at once."""

SHORTEST = 8
"""Digits of an id that a user must give, and at least as many are shown."""

LONGEST_NAME = 14
"""Columns of a name in a table."""

_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
_ID = re.compile(rf"({'|'.join(_KINDS)})_([0-9a-f]{{{SHORTEST},64}})")
_WHOLE = 64
_SPAN = re.compile(r"([0-9]{1,6})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def every(client: Client, query: JobQuery) -> Iterator[GenerationJob]:
    """All jobs that a query asks for, newest first, asked for page by page."""
    known: set[str] = set()
    offset = 0
    while page := client.jobs(query.changed(offset=offset)):
        # What was put in meanwhile moves the others on to the next page.
        yield from (job for job in page if job.id not in known)
        known.update(job.id for job in page)
        offset += len(page)


def jobs_meant(client: Client, given: Sequence[str]) -> Sequence[str]:
    """The ids that these are, or of which they are the start, each once.

    Raises:
        InvalidInputError: One is no start of an id, or of several.
        NotFoundError: No job's id starts so.
    """
    kinds = {one: _kind(one) for one in given}
    short = {one: kind for one, kind in kinds.items() if kind is not None}
    found: dict[str, list[str]] = {one: [] for one in short}
    for kind in sorted(set(short.values())):
        for job in every(client, JobQuery.from_wire({"kind": kind, "limit": PAGE})):
            for one in short:
                if job.id.startswith(one):
                    found[one].append(job.id)
    return list(dict.fromkeys(_only(one, found.get(one, [one])) for one in given))


def moment(text: str, *, now: int) -> int:
    """The epoch that a user means by `2h`, `2026-03-01` or `2026-03-01T12:00+01:00`.

    Raises:
        InvalidInputError: It is neither a span nor a date.
    """
    span = as_span(text)
    if span is not None:
        return max(0, now - span)
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        cause = f"{text!r} is neither a span nor a date"
        cure = "give one such as 30m, 2h, 7d or 2026-03-01"
        raise InvalidInputError.of("--since", cause, cure) from None
    at = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0, int(at.timestamp() * 1000))


def as_span(text: str) -> int | None:
    """The milliseconds of a span such as `2h`; None for what is none."""
    span = _SPAN.fullmatch(text)
    if span is None:
        return None
    return timedelta(**{_UNITS[span[2]]: int(span[1])}) // timedelta(milliseconds=1)


def short_ids(jobs: Sequence[GenerationJob]) -> Mapping[str, str]:
    """The shortest starts that tell these jobs apart, by their ids."""
    ids = {job.id for job in jobs}
    digits = SHORTEST
    while len({_shortened(one, digits) for one in ids}) < len(ids):
        digits += 1
    return {one: _shortened(one, digits) for one in ids}


def job_table(
    jobs: Sequence[GenerationJob], names: Mapping[str, str], *, now: int, wide: bool
) -> str:
    """Jobs as a table, one line each.

    Args:
        jobs: The jobs.
        names: What their projects are called, by their ids.
        now: The moment from which ages count.
        wide: With whole ids, and nothing cut.
    """
    ids = {job.id: job.id for job in jobs} if wide else short_ids(jobs)
    several = len({job.project_id for job in jobs}) > 1
    head = ["ID", "STATUS", "TRIES", "AGE", *["PROJECT"] * several, "WHY"]
    rows = [
        [
            *(ids[job.id], job.status, f"{job.attempts}/{job.max_attempts}"),
            age(job.created_at_epoch, now),
            *[_name(names, job.project_id)] * several,
            _why(job),
        ]
        for job in jobs
    ]
    return screen.table(head, rows, whole=wide)


def story(told: Story, project: str) -> str:
    """A job, its log and what it took, in words."""
    job = told.job
    tries = f"{job.attempts} of {job.max_attempts} failed"
    others = f"claimed {job.claims}, lost {job.lost_leases}, retried {job.retries}"
    facts = {
        "Status": f"{job.status}{_in_brackets(job.skip_reason or job.error_kind)}",
        "Kind": f"{job.kind}, of {job.source_type} {job.source_id}",
        "Project": project,
        "Session": job.server_session_id,
        "Tries": f"{tries}; times: {others}",
        "Error": job.last_error or "",
        "Model": _taken(told.calls),
    }
    shown = [_fact(name, text) for name, text in facts.items() if text]
    head = ("WHEN (UTC)", "MOVE", "TRIES", "WORKER", "WHY")
    rows = [
        [
            *(_date(one.created_at_epoch), one.event, one.attempt),
            *(screen.cut(one.worker or "", LONGEST_NAME), one.reason or ""),
        ]
        for one in told.moves
    ]
    return "\n".join([screen.heading(job.id), *shown, "", screen.table(head, rows)])


def _taken(calls: Sequence[ModelCall]) -> str:
    """The calls of a model that a job took, in one line."""
    if not calls:
        return ""
    last, failed = calls[-1], sum(call.outcome != "ok" for call in calls)
    into = sum(call.input_tokens for call in calls)
    out = sum(call.output_tokens for call in calls)
    prices = [one.cost_micro_usd for one in calls if one.cost_micro_usd is not None]
    cost = f", {sum(prices) / 1_000_000:.4f} USD" if prices else ""
    made = f"calls: {len(calls)}, of which failed {failed}"
    return f"{last.provider} {last.model}; {made}; tokens: {into} in, {out} out{cost}"


def lane_table(ledger: Ledger, *, now: int) -> str:
    """The work of each kind, one line each."""
    rows = [
        (kind, lane.depth, age(lane.oldest_waiting_epoch, now), lane.failed)
        for kind, lane in ledger.lanes.items()
    ]
    return screen.table(("LANE", "WAITING", "OLDEST", "FAILED"), rows)


def _kind(given: str) -> str | None:
    """The kind of the jobs whose ids start so; None for a whole id.

    Raises:
        InvalidInputError: No id starts so.
    """
    match = _ID.fullmatch(given)
    if match is None:
        cause = f"{given!r} is no job's id, nor {SHORTEST} digits of one"
        cure = "give it as server jobs list shows it, such as evt_1a2b3c4d"
        raise InvalidInputError.of("ID", cause, cure)
    return None if len(match[2]) == _WHOLE else _KINDS[match[1]]


def _only(given: str, found: Sequence[str]) -> str:
    if not found:
        raise NotFoundError("job", given)
    if len(found) > 1:
        cause = f"{given!r} is the start of {len(found)} ids"
        raise InvalidInputError.of("ID", cause, f"give more of it: {found[0]}")
    return found[0]


def _shortened(job_id: str, digits: int) -> str:
    return job_id[: job_id.index("_") + 1 + digits]


def _why(job: GenerationJob) -> str:
    """What there is to know of a job beside its state, in a few words."""
    if job.status == "completed":
        return job.skip_reason or ""
    if job.status == "processing":
        return f"by {job.worker}" if job.worker else ""
    return job.last_error or ""


def _name(names: Mapping[str, str], project_id: str) -> str:
    name = screen.line(names.get(project_id, project_id))
    return screen.cut(name, LONGEST_NAME)


def _fact(name: str, text: str) -> str:
    return click.wrap_text(
        screen.line(text), screen.columns(), f"{name + ':':<9}", " " * 9
    )


def _in_brackets(word: str | None) -> str:
    return f" ({word})" if word else ""


def age(epoch: int | None, now: int) -> str:
    """How long before `now` a moment was, in the greatest unit that fits."""
    if epoch is None:
        return "-"
    seconds = max(0, now - epoch) // 1000
    for size, unit in _STEPS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _date(epoch: int) -> str:
    return f"{datetime.fromtimestamp(epoch / 1000, UTC):%Y-%m-%d %H:%M:%S}"
