# SPDX-License-Identifier: Apache-2.0
"""Adapters that each break one promise, and that the kit must catch at it."""

from __future__ import annotations

from broken import (  # noqa: F401 - each registers what it holds
    access,
    agents,
    audit,
    embedder,
    events,
    generator,
    installers,
    jobs,
    limits,
    machine,
    memories,
    model_calls,
    own_workers,
    packs,
    projects,
    queue,
    secrets,
    sessions,
    storage,
    system,
    transcripts,
    usage,
    vectors,
    workers,
)
from broken.registry import ALL

__all__ = ["ALL"]
