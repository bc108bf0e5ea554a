# SPDX-License-Identifier: Apache-2.0
"""`claude-mem doctor`: what is installed, how it is, and what to do about it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from claude_mem_cli import exits, installing, screen
from claude_mem_cli.checking import findings

_MARKS = {"ok": "ok     ", "warning": "warning", "fault": "FAULT  "}


@click.command
@click.argument("host", required=False)
@click.option(
    "--project/--user",
    "in_project",
    default=False,
    help="What is installed for this folder, or for all of yours (the default).",
)
@screen.json_option
def doctor(*, host: str | None, in_project: bool, as_json: bool) -> int:
    """Check the server, the hooks of each agent, their keys, and what waits.

    Each fault is told with its cause and its cure. Ends with 1 where there is one.
    """
    site = installing.site_of(os.environ, Path.cwd() if in_project else None)
    known = installing.installers()
    chosen = list(known.values()) if host is None else [installing.installer_of(host)]
    found = list(findings(os.environ, site, chosen, named=host is not None))
    is_well = all(one.level != "fault" for one in found)
    if as_json:
        told = [one._asdict() for one in found]
        screen.say_json({"healthy": is_well, "findings": told})
    else:
        for one in found:
            cure = f"; cure: {one.cure}" if one.cure else ""
            told_line = screen.line(f"{one.what}: {one.told}{cure}")
            screen.say(f"{_MARKS[one.level]}  {told_line}")
    return exits.OK if is_well else exits.FAULTY
