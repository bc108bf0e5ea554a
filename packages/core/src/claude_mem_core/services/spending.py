# SPDX-License-Identifier: Apache-2.0
"""What models took, written down by whoever asked for their memories."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.model_call import ModelCall, Usage
from claude_mem_core.ports.storage import Transaction
from claude_mem_core.ports.system import System


def write_down(
    tx: Transaction,
    usage: Sequence[Usage],
    scope: Scope,
    *,
    system: System,
    job_id: str | None = None,
) -> None:
    """Put calls in the book; they are paid for whatever became of their answers.

    Args:
        tx: The block to write in.
        usage: The calls.
        scope: The project that they were made for.
        system: The clock, and the ids.
        job_id: The job that they were made for, if one asked for them.
    """
    for each in usage:
        call = ModelCall(
            **{name: getattr(each, name) for name in Usage.model_fields},
            id=system.new_id(),
            team_id=scope.team_id,
            project_id=scope.project_id or "",
            job_id=job_id,
            created_at_epoch=system.now(),
        )
        tx.model_calls.add(call)
