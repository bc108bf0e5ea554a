# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG005 - it has the port's signature, and leaves something out
"""Storages that each break one promise."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext

from claude_mem_conformance.storage import StorageContract
from claude_mem_conformance.threads import PATIENCE
from claude_mem_core.errors import StorageError
from claude_mem_core.reference.projects import InProcessProjects
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.system import RealSystem

from broken.registry import breaks


@breaks(StorageContract.test_all_or_nothing, "storage")
class TeamsSurviveARollBack(InProcessStorage):
    @contextmanager
    def _begin(self):
        with super()._begin() as records:
            try:
                yield records
            except Exception:
                self._state.teams = dict(records.teams._state.teams)
                raise


@breaks(StorageContract.test_kept, "storage")
class KeysAreForgotten(InProcessStorage):
    @contextmanager
    def _begin(self):
        with super()._begin() as records:
            yield records
        self._state.keys = {}


@breaks(
    StorageContract.test_durable,
    "storage",
    reopen=lambda self, storage: lambda: InProcessStorage(RealSystem()),
)
class NothingLasts(InProcessStorage):
    pass


@breaks(StorageContract.test_writers_take_turns, "storage")
class WritersTakeNoTurns(InProcessStorage):
    def __init__(self, system):
        super().__init__(system)
        self._turn = nullcontext()


class _LiveProjects(InProcessProjects):
    def __init__(self, storage):
        self._storage = storage

    @property
    def _state(self):
        return self._storage._state


@breaks(StorageContract.test_a_reader_sees_one_moment, "storage")
class ReadersSeeEveryMoment(InProcessStorage):
    @contextmanager
    def _read(self):
        with super()._read() as records:
            records._projects = _LiveProjects(self)
            yield records


@breaks(StorageContract.test_a_reader_never_waits_for_a_writer, "storage")
class ReadersWait(InProcessStorage):
    @contextmanager
    def _read(self):
        if self._turn.acquire(timeout=PATIENCE + 0.5):
            self._turn.release()
        with super()._read() as records:
            yield records


@breaks(StorageContract.test_it_is_safe_to_use_from_many_threads, "storage")
class TwoReadersAtMost(InProcessStorage):
    _readers = 0

    @contextmanager
    def _read(self):
        if self._readers >= 2:
            raise StorageError("library routine called out of sequence")
        self._readers += 1
        try:
            with super()._read() as records:
                yield records
        finally:
            self._readers -= 1


@breaks(StorageContract.test_a_fresh_storage_holds_the_local_team, "storage")
class FreshMeansEmpty(InProcessStorage):
    def __init__(self, system):
        super().__init__(system)
        self._state.teams.clear()


@breaks(StorageContract.test_closing_twice_is_harmless, "storage")
class ClosingTwiceHurts(InProcessStorage):
    def close(self):
        self._require_open()
        super().close()


@breaks(StorageContract.test_a_closed_storage_says_so, "storage")
class ClosingDoesNothing(InProcessStorage):
    def close(self):
        pass


@breaks(StorageContract.test_reads_see_the_own_writes_of_a_block, "storage")
class WritesAreNotSeenYet(InProcessStorage):
    @contextmanager
    def _begin(self):
        with super()._begin() as records:
            records._projects = _Blind(records.projects._state, self._state)
            yield records


class _Blind(InProcessProjects):
    def __init__(self, draft, committed):
        super().__init__(draft)
        self._committed = InProcessProjects(committed)

    def list(self, *, scope):
        return self._committed.list(scope=scope)


@breaks(StorageContract.test_a_healthy_start_has_nothing_to_tell, "storage")
class EveryStartIsRepaired(InProcessStorage):
    def notices(self):
        return ["the index was built anew"]


@breaks(
    StorageContract.test_what_is_gone_leaves_no_bytes,
    "storage",
    residue=lambda self, storage: lambda: storage.file,
)
class FilesOnlyGrow(InProcessStorage):
    file = b""

    @contextmanager
    def _begin(self):
        with super()._begin() as records:
            yield records
        self.file += repr(self._state).encode()
