# SPDX-License-Identifier: Apache-2.0
"""`claude-mem get`: memories in full, with what they were taken from."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import click
from claude_mem_core.domain.memory_request import MemoryRequest
from claude_mem_core.errors import NotFoundError

from claude_mem_cli import exits, screen
from claude_mem_cli.connect import connected
from claude_mem_cli.filtering import moment_options, told
from claude_mem_cli.memories import show_whole


@click.command("get")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@moment_options
@screen.json_option
def get_memories(*, ids: Sequence[str], as_json: bool, **moments: object) -> int:
    """Show memories in full, each with the words that it was taken from.

    Where an ID is none of a memory, the others are shown, and the command ends
    with 1.
    """
    asked = {"ids": list(ids), "evidence": True}
    asked |= told(moments, now=time.time_ns() // 1_000_000)
    with connected(os.environ) as client:
        found = client.memories(MemoryRequest.from_wire(asked))
    if as_json:
        screen.say_json(found.to_wire())
    else:
        for item, evidence in zip(found.memories, found.evidence, strict=True):
            show_whole(item, evidence)
    for item_id in found.missing:
        error = NotFoundError("memory", item_id)
        screen.note(f"Error: {screen.line(str(error))} ({error.code})")
    return exits.exit_code(NotFoundError("memory", "")) if found.missing else exits.OK
