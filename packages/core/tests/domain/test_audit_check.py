# SPDX-License-Identifier: Apache-2.0
"""A log that was touched is told by its first fault; one that was not is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import (
    CLOSED,
    OPENED,
    PRUNED,
    START,
    AuditDeed,
    AuditHead,
    AuditRow,
    audit_entry,
    canonical,
    sealed,
)
from claude_mem_core.domain.audit_check import Verdict, verify
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import InvalidInputError

KEY = b"k" * 32
ME = Principal.local()


def chain(*deeds: AuditDeed, key: bytes | None = KEY) -> list[AuditRow]:
    """A sound log of these deeds."""
    rows: list[AuditRow] = []
    for number, deed in enumerate(deeds, start=1):
        entry = audit_entry(deed, by=ME, id_=f"id {number}", now=1_000 + number)
        rows.append(sealed(entry, after=rows[-1].head if rows else START, key=key))
    return rows


def deeds(count: int) -> list[AuditDeed]:
    return [AuditDeed(action="event.write", target_id=f"e{n}") for n in range(count)]


def told(action: str, **metadata: int | str | bool) -> AuditDeed:
    return AuditDeed(action=action, metadata=dict[str, int | str | bool](metadata))


def check(rows: Sequence[AuditRow], **more: AuditHead) -> Verdict:
    return verify(rows, key=KEY, **more)


def test_a_log_as_it_was_written_is_sound() -> None:
    rows = chain(*deeds(20))
    verdict = check(rows, head=rows[9].head)
    assert verdict.fault is None
    assert verdict.rows == 20
    assert verdict.head == rows[-1].head
    assert verdict.compares_head
    assert check([]).fault is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("action", "event.read"),
        ("project_id", "p"),
        ("target_type", "t"),
        ("target_id", "t"),
        ("metadata", {"count": 1}),
        ("id", "another"),
        ("team_id", None),
        ("actor_type", "system"),
        ("actor_id", "a"),
        ("created_at_epoch", 1),
        ("prev_hash", "0" * 64),
        ("row_hash", "0" * 64),
        ("row_hash", ""),
    ],
)
def test_a_change_of_any_column_is_found(field: str, value: object) -> None:
    rows = chain(*deeds(9))
    rows[4] = rows[4].changed(**{field: value})
    fault = check(rows).fault
    assert fault is not None
    assert (fault.kind, fault.seq) == ("changed", 5)
    assert check(rows).head == rows[3].head


def test_every_field_of_a_row_is_sealed() -> None:
    (row,) = chain(*deeds(1))
    text = canonical(row).decode()
    hashes = {"prevHash", "rowHash"}
    wire = {name: value for name, value in row.to_wire().items() if name not in hashes}
    assert all(f'"{name}":' in text for name in wire)
    assert text.count('":') == len(wire)


@pytest.mark.parametrize("gone", [0, 4, 7])
def test_a_row_that_was_taken_out_is_missed(gone: int) -> None:
    rows = chain(*deeds(9))
    del rows[gone]
    fault = check(rows).fault
    assert fault is not None
    assert (fault.kind, fault.seq) == ("missing", gone + 1)


def test_a_row_that_was_put_in_is_told() -> None:
    rows = chain(*deeds(9))
    forged = rows[4].changed(id="forged", prev_hash="f" * 64, row_hash="f" * 64)
    moved = [row.changed(seq=row.seq + 1) for row in rows[4:]]
    fault = check([*rows[:4], forged, *moved]).fault
    assert fault is not None
    assert (fault.kind, fault.seq) == ("inserted", 5)


def test_a_row_of_another_log_of_this_server_is_told() -> None:
    rows, others = chain(*deeds(9)), chain(*deeds(3), *deeds(6))
    others[4] = sealed(others[3], after=AuditHead(4, "e" * 64), key=KEY)
    fault = check([*rows[:4], others[4], *rows[5:]]).fault
    assert fault is not None
    assert (fault.kind, fault.seq) == ("inserted", 5)


@pytest.mark.parametrize(("one", "other"), [(2, 3), (0, 8), (3, 7)])
def test_rows_that_were_swapped_are_told(one: int, other: int) -> None:
    rows = chain(*deeds(9))
    first, second = rows[one], rows[other]
    rows[one] = second.changed(seq=first.seq)
    rows[other] = first.changed(seq=second.seq)
    fault = check(rows).fault
    assert fault is not None
    assert (fault.kind, fault.seq) == ("swapped", one + 1)
    assert f"{one + 1} and {other + 1}" in fault.message


def test_what_was_cut_off_shows_against_a_head_kept_elsewhere() -> None:
    rows = chain(*deeds(9))
    assert check(rows[:6]).fault is None
    fault = check(rows[:6], head=rows[8].head).fault
    assert fault is not None
    assert (fault.kind, fault.seq) == ("cut off", 7)
    nothing = check([], head=rows[8].head).fault
    assert nothing is not None
    assert nothing.kind == "cut off"


def test_a_log_that_was_written_anew_with_the_key_shows_against_a_head() -> None:
    rows, forged = chain(*deeds(9)), chain(*deeds(3), *deeds(6))
    assert check(forged).fault is None
    fault = check(forged, head=rows[6].head).fault
    assert fault is not None
    assert (fault.kind, fault.seq) == ("rewritten", 7)


def test_who_has_no_key_makes_no_seal() -> None:
    for key in (None, b"another"):
        fault = check(chain(*deeds(2), key=key)).fault
        assert fault is not None
        assert (fault.kind, fault.seq) == ("changed", 1)
    assert verify(chain(*deeds(2), key=None), key=None).fault is None


def pruned_log() -> list[AuditRow]:
    """A log of which rows 1 to 3 were let go."""
    first = chain(*deeds(6))
    mark = told(PRUNED, lastSeq=3, lastHash=first[2].row_hash)
    return chain(*deeds(6), mark, *deeds(2))[3:]


def test_a_log_is_checked_from_where_it_was_pruned() -> None:
    rows = pruned_log()
    verdict = check(rows, head=rows[0].head)
    assert verdict.fault is None
    assert verdict.rows == 6


def test_a_head_of_a_row_that_was_let_go_is_compared_only_with_the_last_of_them() -> (
    None
):
    rows = pruned_log()
    last = AuditHead(3, rows[0].prev_hash)
    assert check(rows, head=last).compares_head
    older = check(rows, head=AuditHead(2, "d" * 64))
    assert (older.fault, older.compares_head) == (None, False)
    fault = check(rows, head=AuditHead(3, "d" * 64)).fault
    assert fault is not None
    assert fault.kind == "rewritten"


def test_more_than_what_was_pruned_is_missed() -> None:
    for rows in (pruned_log()[1:], chain(*deeds(9))[2:]):
        fault = check(rows).fault
        assert fault is not None
        assert (fault.kind, fault.seq) == ("missing", 1)


def run(name: str, *parts: tuple[str, JsonObject]) -> list[AuditDeed]:
    """Rows of one run: its name goes into each."""
    return [
        AuditDeed(action=action, metadata={"run": name, **more})
        for action, more in parts
    ]


def test_a_run_that_ended_without_closing_is_a_gap_and_no_fault() -> None:
    served = ("memory.search", {"batch": 1})
    rows = chain(*run("r", (OPENED, {"server": True}), served))
    verdict = check(rows)
    assert verdict.fault is None
    (gap,) = verdict.gaps
    assert (gap.run, gap.batch, gap.of_server, gap.since) == ("r", None, True, 1_001)
    assert str(gap).startswith("run r ended without closing: up to a second")


def test_a_run_that_closed_leaves_no_gap() -> None:
    parts: list[tuple[str, JsonObject]] = [(OPENED, {"server": False})]
    parts += [("memory.search", {"batch": number}) for number in (1, 1, 2, 3)]
    parts.append((CLOSED, {"batches": 3}))
    assert check(chain(*run("r", *parts))).gaps == ()
    # Its beginning may have been pruned.
    assert check(chain(*run("r", *parts[3:]))).gaps == ()


@pytest.mark.parametrize(
    ("batches", "closes_with", "lost"),
    [((1, 3), 3, ["2"]), ((1, 2), 3, ["3"]), ((1, 4), 5, ["2", "3", "5"])],
)
def test_a_number_that_is_absent_is_a_lost_batch(
    batches: tuple[int, ...], closes_with: int, lost: list[str]
) -> None:
    parts: list[tuple[str, JsonObject]] = [(OPENED, {})]
    parts += [("memory.search", {"batch": number}) for number in batches]
    parts.append((CLOSED, {"batches": closes_with}))
    verdict = check(chain(*run("r", *parts)))
    assert verdict.fault is None
    assert [str(gap) for gap in verdict.gaps] == [
        f"batch {number} of run r is lost" for number in lost
    ]


def test_a_head_is_read_as_it_is_printed() -> None:
    head = AuditHead(12, "0a" * 32)
    assert AuditHead.read(f" {head}\n") == head
    for text in ("", "12", "12:", f"0:{'0a' * 32}", f"12:{'0A' * 32}", f"x{head}"):
        with pytest.raises(InvalidInputError, match="SEQ:HASH"):
            AuditHead.read(text)
