# SPDX-License-Identifier: Apache-2.0
"""What a generator makes of some work, and the memories that come of its drafts."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.keeping import Keeping
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.ports.generator import (
    FinishedSession,
    Generation,
    ObservationGenerator,
    Turn,
)
from claude_mem_core.ports.system import System
from claude_mem_core.services.cleaning import cleaned
from claude_mem_core.services.memories import remembered
from claude_mem_core.services.tasks import Task


def made_of(generator: ObservationGenerator, task: Task) -> Generation:
    """What the generator makes of a turn or a session; nothing where there is none."""
    if isinstance(task.work, Turn):
        return generator.observe(task.work)
    if isinstance(task.work, FinishedSession):
        return generator.summarise(task.work)
    return Generation()


def memories_of(
    generator: ObservationGenerator,
    task: Task,
    made: Generation,
    *,
    system: System,
    keeping: Keeping,
) -> Sequence[MemoryItem]:
    """The drafts as memories, of the moment of their work, with who made them."""
    return [
        remembered(
            # What an event did not show as a secret may show as one in a sentence.
            cleaned(
                draft.changed(metadata={"generator": generator.name, **draft.metadata}),
                keeping,
            ),
            system=system,
            created=task.happened,
        )
        for draft in made.memories
    ]
