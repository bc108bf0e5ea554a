# SPDX-License-Identifier: Apache-2.0
"""`claude-mem server audit`: who did what, and whether the log of it is untouched."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from claude_mem_core.domain.audit import AuditHead, AuditPage, AuditQuery
from claude_mem_core.domain.audit_check import Gap, Verdict
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import NotFoundError
from claude_mem_core.settings import CoreSettings

from claude_mem_cli import exits, screen, server_files
from claude_mem_cli.connect import connected
from claude_mem_cli.jobs import moment
from claude_mem_cli.projects import project_named

TELL_EVERY = 50_000
"""Rows between two lines of progress."""


@click.group
def audit() -> None:
    """List the audit log, and check that nobody changed it.

    `list` asks the server of the data folder where one runs. `verify` and `head` read
    the store themselves.
    """


@audit.command
@click.option("--head", "kept", metavar="SEQ:HASH", help="A head kept elsewhere.")
@screen.json_option
def verify(*, kept: str | None, as_json: bool) -> int:
    """Check every row of the log; ends with 1 at the first that is not as it was.

    That the newest rows were cut off shows only against a head that was kept
    elsewhere. Servings that the log says it does not have are told, and are no fault.
    """
    head = None if kept is None else AuditHead.read(kept)
    is_running = server_files.running(_folder()) is not None
    from claude_mem_core.launch import open_audit

    with open_audit(os.environ) as trail:
        verdict = trail.verify(head, progress=_tell_progress)
    gaps = _gaps(verdict, is_running=is_running)
    if as_json:
        screen.say_json(_to_wire(verdict, gaps, head))
    else:
        _tell(verdict, gaps, head)
    return exits.OK if verdict.fault is None else exits.FAULTY


@audit.command("head")
@screen.json_option
def show_head(*, as_json: bool) -> None:
    """Print the newest row's number and hash, to be kept where nobody writes both."""
    from claude_mem_core.launch import open_audit

    with open_audit(os.environ) as trail:
        head = trail.head()
    if head is None:
        raise NotFoundError("audit row", "1")
    if as_json:
        screen.say_json({"head": str(head), "seq": head.seq, "hash": head.hash})
    else:
        screen.say(str(head))


@audit.command("list")
@click.option("--project", help="Of this project.")
@click.option("--action", help="Of this deed, such as memory.search.")
@click.option("--actor", help="By this key, by its id.")
@click.option("--target-type", help="On records of this kind, such as memory_item.")
@click.option("--target", help="On the record with this id.")
@click.option("--since", help="Of this time on: 7d, 2026-03-01, or a time.")
@click.option("--until", help="Up to this time.")
@click.option("--oldest", is_flag=True, help="The oldest first.")
@click.option("--after", type=int, help="Those that come after the row of this number.")
@click.option("--limit", type=int, default=100, show_default=True, help="At most.")
@screen.json_option
def list_rows(  # noqa: PLR0913 - one for each filter
    *,
    project: str | None,
    action: str | None,
    actor: str | None,
    target_type: str | None,
    target: str | None,
    since: str | None,
    until: str | None,
    oldest: bool,
    after: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """List who did what, the newest first."""
    with connected(os.environ) as client:
        asked: JsonObject = {
            "projectId": project and project_named(client, project).id,
            "action": action,
            "actorId": actor,
            "targetType": target_type,
            "targetId": target,
            "since": since and moment(since, now=_now()),
            "until": until and moment(until, now=_now()),
            "order": "asc" if oldest else "desc",
            "after": after,
            "limit": limit,
        }
        page = client.audit(AuditQuery.from_wire(asked))
        where = client.where
    if as_json:
        screen.say_json({"where": where, **page.to_wire()})
        return
    screen.note(f"Audit log of {screen.line(where)}")
    _say_rows(page)


def _gaps(verdict: Verdict, *, is_running: bool) -> Sequence[Gap]:
    """What the log does not have; the run of a server that still serves is none."""
    own = [gap for gap in verdict.gaps if gap.of_server and gap.batch is None]
    going = own[-1:] if is_running else []
    return [gap for gap in verdict.gaps if gap not in going]


def _tell_progress(rows: int) -> None:
    if rows % TELL_EVERY == 0:
        screen.note(f"Read {screen.amount(rows, 'row')}")


def _tell(verdict: Verdict, gaps: Sequence[Gap], head: AuditHead | None) -> None:
    for gap in gaps:
        screen.say(f"Gap: {screen.line(str(gap))}")
    if verdict.fault is not None:
        screen.say(f"Fault: {screen.line(verdict.fault.message)}")
        screen.note(f"The {screen.amount(verdict.rows, 'row')} before it are sound.")
        return
    screen.say(f"{screen.amount(verdict.rows, 'row')}, each as it was written.")
    if head is not None and not verdict.compares_head:
        screen.note(f"Row {head.seq} was let go as too old: its head says nothing now.")
    if verdict.head is not None:
        screen.say(f"Head: {verdict.head}")


def _to_wire(
    verdict: Verdict, gaps: Sequence[Gap], head: AuditHead | None
) -> JsonObject:
    fault: JsonObject | None = None
    if verdict.fault is not None:
        kind, seq = verdict.fault.kind, verdict.fault.seq
        fault = {"kind": kind, "seq": seq, "message": verdict.fault.message}
    return {
        "rows": verdict.rows,
        "head": None if verdict.head is None else str(verdict.head),
        "fault": fault,
        "gaps": [str(gap) for gap in gaps],
        "headCompared": None if head is None else verdict.compares_head,
    }


def _say_rows(page: AuditPage) -> None:
    if not page.audit:
        screen.say("There are none.")
        return
    rows = [
        (
            row.seq,
            datetime.fromtimestamp(row.created_at_epoch / 1000, UTC).isoformat(
                " ", "seconds"
            ),
            row.actor_id or row.actor_type,
            row.action,
            row.target_id or "",
        )
        for row in page.audit
    ]
    screen.say(screen.table(("ROW", "WHEN", "WHO", "WHAT", "ON"), rows, whole=True))
    if page.next is not None:
        screen.note(f"There are more: --after {page.next}")


def _folder() -> Path:
    return CoreSettings.from_env(os.environ).folder


def _now() -> int:
    return time.time_ns() // 1_000_000
