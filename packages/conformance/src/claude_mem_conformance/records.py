# SPDX-License-Identifier: Apache-2.0
"""Everything that a storage promises, in one class to inherit."""

from __future__ import annotations

from claude_mem_conformance.access import AuditContract, KeyContract, TeamContract
from claude_mem_conformance.events import EventContract
from claude_mem_conformance.jobs import JobContract
from claude_mem_conformance.machine import StorageMachineContract
from claude_mem_conformance.memories import MemoryContract
from claude_mem_conformance.model_calls import ModelCallContract
from claude_mem_conformance.packs import PackContract
from claude_mem_conformance.projects import ProjectContract
from claude_mem_conformance.recall import RecallContract
from claude_mem_conformance.sessions import SessionContract
from claude_mem_conformance.storage import StorageContract
from claude_mem_conformance.usage import UsageContract
from claude_mem_conformance.vectors import VectorContract
from claude_mem_conformance.workers import WorkerContract


class StorageContracts(
    StorageContract,
    TeamContract,
    KeyContract,
    AuditContract,
    ProjectContract,
    SessionContract,
    EventContract,
    MemoryContract,
    RecallContract,
    JobContract,
    WorkerContract,
    ModelCallContract,
    VectorContract,
    PackContract,
    UsageContract,
    StorageMachineContract,
):
    """A whole storage. The adapter's test gives the fixture `storage`."""
