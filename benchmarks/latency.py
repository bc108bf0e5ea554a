# SPDX-License-Identifier: Apache-2.0
"""From the acknowledgement of a turn's last event to the turn's memory.

A whole runtime with its worker is at work, and nothing else is. The yardstick is what
no worker can do without: two records on the disk, for the claim and for the memory.
The rules make the memory; a language model takes seconds of its own on top.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from claude_mem_core.api import AgentEventDraft, Runtime

from benchmarks.adapters import ME, START, adapters, project
from benchmarks.bare import flushes
from benchmarks.report import Line, percentile

TURNS = 200
LOOK_EVERY = 0.000_5
"""Seconds between two looks at whether the memory is there."""

PATIENCE = 10.0
"""Seconds after which a memory that is not there never comes."""

PROMPT = "Please fix the bug in function lamp_{}, it never turns."
ANSWER = (
    "Fixed lamp_{}: the motor was never started, so the lamp stood still. It now starts"
    " the motor first, and the test that failed before passes."
)


def measure() -> Sequence[Line]:
    """The median, and what one in twenty exceeds."""
    with tempfile.TemporaryDirectory() as name:
        with adapters(Path(name)) as (runtime, _, _):
            runtime.worker.start()
            ours = _turns(runtime, project(runtime))
        disk = flushes(Path(name), 2 * TURNS)
    pairs = [one + other for one, other in zip(disk[::2], disk[1::2], strict=True)]
    return [
        Line(
            f"memory after its acknowledgement, {label}",
            percentile(ours, share) * 1000,
            percentile(pairs, share) * 1000,
            "ms",
            more_is_better=False,
        )
        for label, share in (("p50", 0.5), ("p95", 0.95))
    ]


def _turns(runtime: Runtime, project_id: str) -> Sequence[float]:
    samples = []
    for number in range(TURNS):
        prompt = _event(project_id, number, "user_prompt", prompt=PROMPT)
        runtime.events.accept(prompt, by=ME)
        while runtime.status.progress().queue_depth:
            time.sleep(LOOK_EVERY)
        last = _event(project_id, number, "turn_end", last_assistant_message=ANSWER)
        runtime.events.accept(last, by=ME)
        start = time.perf_counter()
        _await_memory(runtime, project_id, number + 1)
        samples.append(time.perf_counter() - start)
    return samples


def _await_memory(runtime: Runtime, project_id: str, count: int) -> None:
    deadline = time.perf_counter() + PATIENCE
    while sum(runtime.memories.count(project_id, by=ME).values()) < count:
        if time.perf_counter() > deadline:
            raise RuntimeError(f"the worker made no memory of turn {count}")
        time.sleep(LOOK_EVERY)


def _event(
    project_id: str, number: int, event_type: str, **payload: str
) -> AgentEventDraft:
    return AgentEventDraft(
        project_id=project_id,
        source_type="hook",
        event_type=event_type,
        content_session_id="session",
        occurred_at_epoch=START + number,
        payload={key: text.format(number) for key, text in payload.items()},
    )
