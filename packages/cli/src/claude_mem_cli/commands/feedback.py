# SPDX-License-Identifier: Apache-2.0
"""`claude-mem feedback`: whether a memory was of use."""

from __future__ import annotations

import os

import click
from claude_mem_core.domain.feedback import Feedback

from claude_mem_cli import screen
from claude_mem_cli.connect import connected


@click.command
@click.argument("memory_id", metavar="ID")
@click.option("--useful/--not-useful", default=None, help="What it was; needed.")
@click.option("--wrong", is_flag=True, help="It says what is not so.")
@screen.json_option
def feedback(
    *, memory_id: str, useful: bool | None, wrong: bool, as_json: bool
) -> None:
    """Say whether the memory ID was of use: it is told sooner, or later."""
    if useful is None and not wrong:
        raise click.UsageError("give --useful, --not-useful or --wrong")
    said = Feedback.from_wire({"useful": bool(useful), "wrong": wrong})
    with connected(os.environ) as client:
        value = client.judge(memory_id, said)
    if as_json:
        screen.say_json({"memoryId": memory_id, "feedback": value})
    else:
        screen.say(f"It counts as {value:+.2f} now, between -1 and 1.")
