# SPDX-License-Identifier: Apache-2.0
"""`claude-mem reconcile`: what hooks lost is filled in from the agent's transcript."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from claude_mem_core.settings import CoreSettings

from claude_mem_cli import exits, screen
from claude_mem_cli.backfill import take_all
from claude_mem_cli.connect import connected
from claude_mem_cli.coverage_told import coverage_line
from claude_mem_cli.session_meant import sessions_meant
from claude_mem_cli.taken import Taken
from claude_mem_cli.telling_taken import (
    coverage_told,
    fault_of,
    problems_of,
    session_wire,
    tell_problems,
)

HEAD = ("SEEN", "LIVE", "FILLED", "MISSING", "ADDED", "SESSION", "FOLDER")


@click.command
@click.argument("session", required=False)
@click.option("--from", "agents", multiple=True, help="Of this agent.")
@click.option("--hook", hidden=True, help="Called by a hook of this agent.")
@click.option("--folder", hidden=True, help="Where the agent works.")
@click.option("--previous", is_flag=True, hidden=True, help="Those before it too.")
@screen.json_option
def reconcile(
    *,
    session: str | None,
    agents: Sequence[str],
    as_json: bool,
    **hooked: Any,  # noqa: ANN401 - what `in_background` takes
) -> int:
    """Fill in what hooks lost of a session, from the transcript of its agent.

    SESSION is the transcript's file, or the agent's id of the session; without it
    the newest session of this folder is meant. What is kept already stays as it is.
    SEEN are the prompts and calls of tools in the transcript: LIVE were reported by
    hooks, FILLED were read from it, MISSING are not kept.
    """
    if hooked["hook"] is not None:
        from claude_mem_cli.reconciling_hooked import in_background

        in_background(os.environ, session, **hooked)
        return exits.OK
    meant = sessions_meant(os.environ, session, agents, folder=Path.cwd())
    with connected(os.environ, spool=True) as client:
        screen.note(f"Comparing by {screen.line(client.where)}")
        taken = [
            *take_all(
                [meant],
                into=None,
                client=client,
                folder=CoreSettings.from_env(os.environ).folder,
                again=True,
                step=lambda _: None,
            )
        ]
    return _tell(taken, as_json=as_json)


def _tell(taken: Sequence[Taken], *, as_json: bool) -> int:
    tell_problems(taken)
    fault = fault_of(taken)
    if as_json:
        screen.say_json({**_wire(taken), **(fault or {})})
    else:
        _show(taken)
    if fault is None:
        return exits.OK
    screen.note(f"Error: {fault['message']} ({fault['error']})")
    return exits.BAD_INPUT


def _show(taken: Sequence[Taken]) -> None:
    compared = [at for one in taken for at in one.compared]
    rows = [
        (
            *(at.coverage.seen, at.coverage.live, at.coverage.filled),
            *(at.coverage.missing, at.added, at.name, at.root_path or ""),
        )
        for at in compared
    ]
    screen.say(screen.table(HEAD, rows))
    for at in compared:
        if at.excluded:
            screen.say(f"Nothing is kept of {screen.line(at.name)}: it is excluded.")
    coverage = coverage_told(taken)
    if coverage is not None:
        screen.say(coverage_line(coverage))


def _wire(taken: Sequence[Taken]) -> Mapping[str, object]:
    coverage = coverage_told(taken)
    return {
        "coverage": coverage and coverage.to_wire(),
        "added": sum(one.new for one in taken),
        "sessions": [
            {"file": one.file, "agent": one.agent, **session_wire(at)}
            for one in taken
            for at in one.compared
        ],
        "problems": [at for one in taken for at in problems_of(one)],
    }
