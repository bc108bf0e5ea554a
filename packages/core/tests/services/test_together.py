# SPDX-License-Identifier: Apache-2.0
"""Threads that write at once share a transaction, and none of them a failure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

import pytest
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.project import Project
from claude_mem_core.errors import NotFoundError
from claude_mem_core.ports.storage import Transaction
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.services.together import LARGEST_GROUP, Together
from claude_mem_core.system import RealSystem

PATIENCE = 10.0
BLOCKS = 10
"""More blocks than any test has."""

Deed = Callable[[Transaction], str]


class SlowStorage(InProcessStorage):
    """It says what it does, and ends a block when it is told to."""

    def __init__(self) -> None:
        super().__init__(RealSystem())
        self.begun = 0
        self.within = threading.Event()
        self.may_end = threading.Semaphore(0)

    def begin(self) -> AbstractContextManager[Transaction]:
        return self._slowly()

    @contextmanager
    def _slowly(self) -> Iterator[Transaction]:
        with super().begin() as tx:
            self.begun += 1
            yield tx
            self.within.set()
            assert self.may_end.acquire(timeout=PATIENCE)


class Crowd:
    """Threads of which the first is in its block, and the others stand in line."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self.storage = SlowStorage()
        self.told: list[str] = []
        self.together = Together(self.storage, self._after)
        self._threads = threads

    def starts(self, first: Deed, *others: Deed) -> list[Future[str]]:
        """What each will have been told."""
        answers = [self._threads.submit(self.together.do, first)]
        assert self.storage.within.wait(PATIENCE)
        answers += [self._threads.submit(self.together.do, deed) for deed in others]
        self._until_in_line(len(others))
        return answers

    def _until_in_line(self, count: int) -> None:
        line, deadline = self.together._here(), time.monotonic() + PATIENCE
        while len(line._waiting) < count:
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def _after(self, outcomes: Sequence[str]) -> None:
        self.told.extend(outcomes)


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    with ThreadPoolExecutor(LARGEST_GROUP + 8) as threads:
        crowd = Crowd(threads)
        yield crowd
        crowd.storage.may_end.release(BLOCKS)


def adds(name: str) -> Deed:
    def deed(tx: Transaction) -> str:
        project = Project(
            id=name,
            team_id="local",
            name=name,
            slug=name,
            created_at_epoch=1,
            updated_at_epoch=1,
        )
        tx.projects.add(project)
        return name

    return deed


def fails_after(deed: Deed, error: BaseException) -> Deed:
    def failing(tx: Transaction) -> str:
        deed(tx)
        raise error

    return failing


def kept(crowd: Crowd) -> set[str]:
    with crowd.storage.read() as snapshot:
        return {project.id for project in snapshot.projects.list(scope=Scope("local"))}


def test_who_waits_for_the_same_leader_shares_a_transaction(crowd: Crowd) -> None:
    answers = crowd.starts(*map(adds, "abcde"))
    crowd.storage.may_end.release(BLOCKS)

    assert [answer.result(PATIENCE) for answer in answers] == [*"abcde"]
    assert kept(crowd) == {*"abcde"}
    assert crowd.storage.begun == 2
    assert sorted(crowd.told) == [*"abcde"]


def test_nobody_is_told_before_the_transaction_is_kept(crowd: Crowd) -> None:
    first, *others = crowd.starts(adds("a"), adds("b"), adds("c"))
    assert not first.done()
    assert not crowd.told

    crowd.storage.within.clear()
    crowd.storage.may_end.release()
    assert first.result(PATIENCE) == "a"
    assert crowd.storage.within.wait(PATIENCE)
    assert not any(other.done() for other in others)
    assert crowd.told == ["a"]

    crowd.storage.may_end.release()
    assert [other.result(PATIENCE) for other in others] == ["b", "c"]


def test_a_deed_that_fails_fails_alone(crowd: Crowd) -> None:
    wrong = fails_after(adds("wrong"), NotFoundError("project", "gone"))

    *good, bad, last = crowd.starts(adds("a"), adds("b"), wrong, adds("c"))
    crowd.storage.may_end.release(BLOCKS)

    assert [one.result(PATIENCE) for one in (*good, last)] == [*"abc"]
    with pytest.raises(NotFoundError, match="gone"):
        bad.result(PATIENCE)
    assert kept(crowd) == {*"abc"}
    assert sorted(crowd.told) == [*"abc"]


def test_an_interrupted_leader_takes_nobody_with_it(crowd: Crowd) -> None:
    gone = fails_after(adds("gone"), KeyboardInterrupt())

    first, interrupted, good = crowd.starts(adds("a"), gone, adds("b"))
    crowd.storage.may_end.release(BLOCKS)

    assert (first.result(PATIENCE), good.result(PATIENCE)) == ("a", "b")
    with pytest.raises(KeyboardInterrupt):
        interrupted.result(PATIENCE)
    assert kept(crowd) == {"a", "b"}
    assert crowd.together.do(adds("c")) == "c"


def test_a_group_has_a_greatest_size(crowd: Crowd) -> None:
    names = [f"p{number}" for number in range(LARGEST_GROUP + 4)]

    answers = crowd.starts(*map(adds, names))
    crowd.storage.may_end.release(BLOCKS)

    assert [answer.result(PATIENCE) for answer in answers] == names
    assert crowd.storage.begun == 3
