# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG001, ARG005 - it has the port's signature, and leaves something out
"""Which adapter breaks what, and how a contract is run on it."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from claude_mem_conformance.promises import quoted
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.system import RealSystem

REPOSITORIES = (
    *("teams", "keys", "projects", "sessions"),
    *("events", "memories", "jobs", "workers", "model_calls", "audit"),
    *("packs", "vectors", "usage"),
)
ALL = []


@dataclass(frozen=True)
class Broken:
    """An adapter, and the test of the kit that finds it out."""

    name: str
    test: object
    fixtures: dict[str, object] = field(default_factory=dict)

    @property
    def contract(self):
        name = self.test.__qualname__.partition(".")[0]
        return getattr(importlib.import_module(self.test.__module__), name)

    @property
    def promises(self):
        return quoted(self.test)

    def test_class(self):
        """The contract, run on this adapter."""
        fixtures = {n: pytest.fixture(make) for n, make in self.fixtures.items()}
        return type(f"Test{self.name}", (self.contract,), fixtures)


def breaks(test, part, **more):
    """Register the decorated adapter as one that breaks what `test` holds it to."""

    def register(adapter):
        fixtures = {**_fixtures(part, adapter), **more}
        ALL.append(Broken(adapter.__name__, test, fixtures))
        return adapter

    return register


class StorageWith(InProcessStorage):
    """The in-process storage with one repository changed."""

    def __init__(self, part, repository):
        super().__init__(RealSystem())
        self._part = part
        self._repository = repository

    @contextmanager
    def _begin(self):
        with super()._begin() as records:
            yield self._changed(records)

    @contextmanager
    def _read(self):
        with super()._read() as records:
            yield self._changed(records)

    def _changed(self, records):
        sound = getattr(records, self._part)
        broken = self._repository.__new__(self._repository)
        vars(broken).update(vars(sound))
        setattr(records, f"_{self._part}", broken)
        return records


def _fixtures(part, adapter):
    if part in REPOSITORIES:
        return {"storage": lambda self: StorageWith(part, adapter)}
    if part == "storage":
        return {"storage": lambda self: adapter(RealSystem())}
    if part == "ledger":
        return {
            "storage": lambda self: StorageWith("jobs", adapter),
            "engine": _engine(InProcessQueueEngine),
        }
    if part == "engine":
        return {
            "storage": lambda self: InProcessStorage(RealSystem()),
            "engine": _engine(adapter),
        }
    return {part: lambda self: adapter()}


def _engine(kind):
    def engine(self, storage, system):
        return kind(storage, system, poll=timedelta(minutes=1))

    return engine
