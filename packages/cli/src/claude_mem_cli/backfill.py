# SPDX-License-Identifier: Apache-2.0
"""Taking in many transcripts, one after the other; what was done stays done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from claude_mem_cli.client import Client
from claude_mem_cli.homes import Folders, Homes
from claude_mem_cli.projects import project_for
from claude_mem_cli.reconciling import fill
from claude_mem_cli.taken import Taken
from claude_mem_cli.taken_before import TakenBefore, state_of
from claude_mem_cli.transcripts import Found


def take_all(
    transcripts: Sequence[Found],
    *,
    into: str | None,
    client: Client,
    folder: Path,
    again: bool,
    step: Callable[[int], None],
) -> Iterator[Taken]:
    """What becomes of each transcript; one that is as it was is not read again.

    Args:
        transcripts: Those that are to be taken in, in this order.
        into: The name of the one project that takes all; without it each session goes
            to that of the folder that it began in.
        client: Who keeps the events.
        folder: The data folder, where it is noted which are done.
        again: Read those too that are done.
        step: Told how many bytes of all files are behind.
    """
    only = project_for(client, into) if into is not None else None
    before, folders = TakenBefore(folder), Folders()
    behind = 0
    for found in transcripts:
        state, size = state_of(found), found.size
        taken = None if again else before.known(found, client)
        if taken is None:
            homes = Homes(client, only, folders)
            on = partial(_further, step, behind)
            taken = fill(found, client=client, homes=homes, step=on)
            before.note(found, state, taken)
        behind += size
        step(behind)
        yield taken


def _further(step: Callable[[int], None], behind: int, read: int) -> None:
    step(behind + read)
