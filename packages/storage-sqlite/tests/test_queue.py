# SPDX-License-Identifier: Apache-2.0
"""Work that another process put in is seen without a bell between the two."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
from claude_mem_conformance import samples
from claude_mem_conformance.threads import AT_MOST, in_thread
from claude_mem_core.reference.queue import POLL
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.queue import SqliteQueueEngine
from claude_mem_storage_sqlite.storage import SqliteStorage

PUT_IN = """
import sys
from pathlib import Path
from claude_mem_conformance import samples
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.queue import SqliteQueueEngine
from claude_mem_storage_sqlite.storage import SqliteStorage

storage = SqliteStorage(Path(sys.argv[1]), RealSystem())
assert SqliteQueueEngine(storage, RealSystem()).enqueue(samples.job_draft("one"))
storage.close()
"""


def test_work_of_another_process_is_claimed_by_one_that_waits(tmp_path):
    path = tmp_path / "memory.db"
    storage = SqliteStorage(path, RealSystem())
    samples.inhabit(storage)
    engine = SqliteQueueEngine(storage, RealSystem())
    waiting = in_thread(lambda: engine.claim(wait=timedelta(seconds=AT_MOST)))

    subprocess.run([sys.executable, "-c", PUT_IN, str(path)], check=True)

    claim = waiting.result(AT_MOST)
    assert claim is not None
    assert claim.job.source_id == "one"
    engine.close()
    storage.close()


FORKED = """
import os, signal, sys, threading
from pathlib import Path
from claude_mem_conformance import samples
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.queue import SqliteQueueEngine
from claude_mem_storage_sqlite.storage import SqliteStorage

storage = SqliteStorage(Path(sys.argv[1]), RealSystem())
samples.inhabit(storage)
engine = SqliteQueueEngine(storage, RealSystem())
assert engine.enqueue(samples.job_draft("one"))
claim = engine.claim()
rung, may_end = threading.Event(), threading.Event()

def ring():
    with engine._bell:
        rung.set()
        may_end.wait()

threading.Thread(target=ring).start()
rung.wait()
child = os.fork()
if child == 0:
    signal.alarm(20)
    engine.ring("session")
    engine.close()
    storage.close()
    os._exit(0)
may_end.set()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
with storage.read() as snapshot:
    print(snapshot.jobs.get(claim.job.id, scope=samples.OURS).status)
"""


def test_a_forked_process_gives_back_no_claim_of_its_parent(tmp_path):
    command = [sys.executable, "-c", FORKED, str(tmp_path / "memory.db")]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert told == "processing\n"


def test_a_waiting_engine_looks_twice_a_second():
    assert timedelta(seconds=1) >= 2 * POLL


class Late(SqliteStorage):
    """A storage whose users do something of their own before and after each write."""

    def __init__(self, path):
        super().__init__(path, RealSystem())
        self.before = self.after = lambda: None

    @contextmanager
    def begin(self):
        self.before()
        with super().begin() as tx:
            yield tx
        self.after()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_engine_that_closes_while_it_claims_keeps_no_claim(tmp_path, moment):
    storage = Late(tmp_path / "memory.db")
    samples.inhabit(storage)
    engine = SqliteQueueEngine(storage, RealSystem())
    assert engine.enqueue(samples.job_draft("one"))
    setattr(storage, moment, engine.close)

    assert engine.claim() is None

    with storage.read() as snapshot:
        assert snapshot.jobs.counts() == {"queued": 1}
    storage.close()
