# SPDX-License-Identifier: Apache-2.0
"""`claude-mem expire`: until when a memory holds."""

from __future__ import annotations

import os
import time

import click
from claude_mem_core.domain.by_hand import Expiry, MemoryChange

from claude_mem_cli import screen
from claude_mem_cli.connect import connected
from claude_mem_cli.filtering import at, moment
from claude_mem_cli.memories import title_of


@click.command
@click.argument("memory_id", metavar="ID")
@click.option("--at", "end", help="Until 7d (ago), a day, or a time; else now.")
@click.option("--undo", is_flag=True, help="The end that it had before counts again.")
@screen.json_option
def expire(*, memory_id: str, end: str | None, undo: bool, as_json: bool) -> None:
    """Say that the memory ID holds no longer, now or from a moment on."""
    asked = {"validToEpoch": moment(end, now=time.time_ns() // 1_000_000), "undo": undo}
    told = Expiry.from_wire(asked)
    with connected(os.environ) as client:
        change = client.expire(memory_id, told)
    if as_json:
        screen.say_json(change.to_wire())
        return
    screen.say(_said(change))


def _said(change: MemoryChange) -> str:
    end = change.memory.valid_to_epoch
    until = "has no end" if end is None else f"holds until {at(end)}"
    already = " already" if change.unchanged else ""
    return f"{title_of(change.memory)}: it {until}{already}."
