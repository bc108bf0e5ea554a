# SPDX-License-Identifier: Apache-2.0
"""`claude-mem server redact`: what is kept already, looked over once more."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field

import click
from claude_mem_core.domain.rescan import RescanPage, RescanQuery
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import InvalidInputError

from claude_mem_cli import screen
from claude_mem_cli.client import Client
from claude_mem_cli.connect import connected
from claude_mem_cli.projects import project_named

TELL_EVERY = 20
"""Pages between two lines of progress."""


@dataclass
class Totals:
    """What all pages so far came to."""

    seen: Counter[str] = field(default_factory=Counter)
    rewritten: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)

    def add(self, page: RescanPage) -> None:
        """Count a page."""
        self.seen.update(page.seen)
        self.rewritten.update(page.rewritten)
        self.found.update(page.found)

    def to_wire(self) -> JsonObject:
        """The counts as JSON with the wire's names."""
        return {
            "seen": dict(self.seen),
            "rewritten": dict(self.rewritten),
            "found": dict(self.found),
        }


@click.command
@click.option("--rescan", is_flag=True, help="Look over what is kept already.")
@click.option("--dry-run", is_flag=True, help="Say what would go; change nothing.")
@click.option("--project", help="Only this project; else all.")
@click.option("--after", help="Go on where an interrupted rescan said.")
@screen.json_option
def redact(
    *,
    rescan: bool,
    dry_run: bool,
    project: str | None,
    after: str | None,
    as_json: bool,
) -> None:
    """Take secrets out of what was kept before a rule knew them.

    Only counts are shown, by family. At the end the store's files hold nothing of
    what was taken out any more. It can be interrupted, and done again.
    """
    if not rescan:
        cure = "add it: what comes in is redacted without this command"
        raise InvalidInputError.of("--rescan", "it is missing", cure)
    with connected(os.environ) as client:
        asked = {
            "projectId": project and project_named(client, project).id,
            "after": after,
            "dryRun": dry_run,
        }
        query = RescanQuery.from_wire(
            {name: value for name, value in asked.items() if value is not None}
        )
        totals, where = _looked_over(client, query), client.where
    if as_json:
        screen.say_json({"where": where, "dryRun": dry_run, **totals.to_wire()})
        return
    screen.note(f"By {screen.line(where)}")
    _say(totals, dry_run=dry_run)


def _looked_over(client: Client, query: RescanQuery) -> Totals:
    totals, pages = Totals(), 0
    while True:
        page = client.rescan(query)
        totals.add(page)
        pages += 1
        if page.next is None:
            return totals
        query = query.changed(after=page.next)
        if pages % TELL_EVERY == 0:
            seen = screen.amount(totals.seen.total(), "record")
            screen.note(f"Looked at {seen}; go on later with --after '{page.next}'")


def _say(totals: Totals, *, dry_run: bool) -> None:
    seen = screen.amount(totals.seen.total(), "record")
    would = "would be rewritten" if dry_run else "rewritten"
    screen.say(f"Looked at {seen}: {totals.rewritten.total()} {would}.")
    if totals.found:
        rows = sorted(totals.found.items())
        screen.say(screen.table(("FAMILY", "FOUND"), rows))
