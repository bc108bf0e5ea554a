# SPDX-License-Identifier: Apache-2.0
"""Whether an audit log is as it was written, and what it says it does not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Literal, TypeAlias

from typing_extensions import override

from claude_mem_core.domain.audit import (
    CLOSED,
    OPENED,
    PRUNED,
    START,
    AuditHead,
    AuditRow,
    seal_of,
)

FaultKind: TypeAlias = Literal[
    "changed", "missing", "inserted", "swapped", "cut off", "rewritten"
]


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong with a log.

    Attributes:
        kind: What was done to it.
        seq: The first row that is not as it was.
        message: A sentence that says so.
    """

    kind: FaultKind
    seq: int
    message: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Servings of a process run that the log does not have, and says so.

    Attributes:
        run: The run's id.
        batch: The number of the batch that is absent; None: the run has not closed.
        of_server: The run is a server's, which go one after another.
        since: When the run opened, as far as the log still tells.
    """

    run: str
    batch: int | None
    of_server: bool
    since: int | None

    @override
    def __str__(self) -> str:
        if self.batch is not None:
            return f"batch {self.batch} of run {self.run} is lost"
        return (
            f"run {self.run} ended without closing: "
            "up to a second of servings is not recorded"
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a check.

    Attributes:
        rows: How many were looked at.
        head: The last row that is as it was.
        fault: What is wrong first; None when nothing is.
        gaps: What the log says it does not know: that is no fault of it.
        compares_head: The head that was kept elsewhere was met.
    """

    rows: int
    head: AuditHead | None
    fault: Fault | None
    gaps: tuple[Gap, ...]
    compares_head: bool


def verify(
    rows: Iterable[AuditRow], *, key: bytes | None, head: AuditHead | None = None
) -> Verdict:
    """Whether these rows, the oldest first, are all that was ever written.

    Without a head from elsewhere nobody can tell that the newest rows were cut off.

    Args:
        rows: The whole log.
        key: The one that sealed them.
        head: One that was kept elsewhere.
    """
    walk, rest = _Walk(key, head), iter(rows)
    for row in rest:
        if not walk.takes(row):
            return walk.verdict(_fault_at(walk, row, rest))
        if walk.is_rewritten:
            return walk.verdict(_rewritten(row.seq))
    return walk.verdict(_fault_at_end(walk))


@dataclass(slots=True)
class _Run:
    """What a process served, as far as the log was read."""

    batch: int
    of_server: bool = False
    since: int | None = None


@dataclass(slots=True)
class _Walk:
    """A check under way: all rows up to `last` are as they were."""

    key: bytes | None
    head: AuditHead | None
    rows: int = 0
    begin: AuditHead = START
    last: AuditHead | None = None
    pruned: AuditHead | None = None
    meets_head: bool = False
    is_rewritten: bool = False
    runs: dict[str, _Run] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)

    @property
    def expected(self) -> AuditHead:
        """What the next row must follow."""
        return self.last or self.begin

    def takes(self, row: AuditRow) -> bool:
        """Go on to a row; False when it is not the next one, or not as it was."""
        if self.last is None and row.seq > 1:
            # What came before was pruned, if a later row says so.
            self.begin = AuditHead(row.seq - 1, row.prev_hash)
            self._compare(self.begin)
        if (row.seq - 1, row.prev_hash) != self.expected or not self.is_sound(row):
            return False
        self.rows += 1
        self.last = row.head
        self._compare(row.head)
        if row.action == PRUNED:
            self.pruned = _pruned_by(row)
        self._follow(row)
        return True

    def is_sound(self, row: AuditRow) -> bool:
        """Whether a row matches its seal."""
        seal = seal_of(row, key=self.key)
        return compare_digest(seal.encode(), row.row_hash.encode())

    def verdict(self, fault: Fault | None) -> Verdict:
        """What came of it."""
        open_ = [
            Gap(run_id, None, run.of_server, run.since)
            for run_id, run in self.runs.items()
        ]
        gaps = (*self.gaps, *open_)
        return Verdict(self.rows, self.last, fault, gaps, self.meets_head)

    def _compare(self, known: AuditHead) -> None:
        if self.head is not None and known.seq == self.head.seq:
            self.meets_head = True
            self.is_rewritten = known.hash != self.head.hash

    def _follow(self, row: AuditRow) -> None:
        """Count the batches of the process that served."""
        run_id = row.metadata.get("run")
        if not isinstance(run_id, str):
            return
        if row.action == OPENED:
            is_servers = row.metadata.get("server") is True
            self.runs[run_id] = _Run(0, is_servers, row.created_at_epoch)
        elif row.action == CLOSED:
            run = self.runs.pop(run_id, None)
            if run is not None:
                self._miss(run_id, run, up_to=_number(row, "batches") + 1)
        else:
            batch = _number(row, "batch")
            run = self.runs.setdefault(run_id, _Run(batch))
            self._miss(run_id, run, up_to=batch)
            run.batch = batch

    def _miss(self, run_id: str, run: _Run, *, up_to: int) -> None:
        for batch in range(run.batch + 1, up_to):
            self.gaps.append(Gap(run_id, batch, run.of_server, run.since))


def _fault_at(walk: _Walk, row: AuditRow, rest: Iterator[AuditRow]) -> Fault:
    """What is wrong with the first row that does not follow."""
    due = walk.expected
    seq = due.seq + 1
    if row.seq > seq:
        span = f"{seq}" if row.seq == seq + 1 else f"{seq} to {row.seq - 1}"
        return Fault("missing", seq, f"missing: row {span} was taken out")
    if row.prev_hash != due.hash:
        if walk.is_sound(row):
            return Fault("inserted", seq, f"inserted: row {seq} follows another row")
        moved = next((one for one in rest if one.prev_hash == due.hash), None)
        if moved is not None and walk.is_sound(_at(moved, seq)):
            return _moved(walk, row, moved)
    told = f"changed: row {seq} does not match its seal, or the key is another one"
    return Fault("changed", seq, told)


def _moved(walk: _Walk, row: AuditRow, moved: AuditRow) -> Fault:
    """The fault of a row that stands where another one belongs."""
    seq = row.seq
    if walk.is_sound(_at(row, moved.seq)):
        told = f"swapped: rows {seq} and {moved.seq} are in each other's place"
        return Fault("swapped", seq, told)
    told = f"inserted: row {seq} was not written by this server"
    return Fault("inserted", seq, told)


def _fault_at_end(walk: _Walk) -> Fault | None:
    last = walk.last.seq if walk.last else 0
    if walk.begin not in (START, walk.pruned):
        told = f"missing: rows 1 to {walk.begin.seq} are gone, and nobody pruned them"
        return Fault("missing", 1, told)
    if walk.head is not None and walk.head.seq > last:
        told = f"cut off: the rows after {last} are gone, up to {walk.head.seq}"
        return Fault("cut off", last + 1, told)
    return None


def _rewritten(seq: int) -> Fault:
    told = f"rewritten: row {seq} is sealed, but not the one whose head was kept"
    return Fault("rewritten", seq, told)


def _at(row: AuditRow, seq: int) -> AuditRow:
    return AuditRow.of_valid({**vars(row), "seq": seq})


def _number(row: AuditRow, name: str) -> int:
    found = row.metadata.get(name)
    return found if isinstance(found, int) else 0


def _pruned_by(row: AuditRow) -> AuditHead:
    return AuditHead(_number(row, "lastSeq"), str(row.metadata.get("lastHash")))
