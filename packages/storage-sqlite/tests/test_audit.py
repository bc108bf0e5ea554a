# SPDX-License-Identifier: Apache-2.0
"""Whoever edits the table of the audit log is found out, and nobody else is."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing, suppress

import pytest
from claude_mem_conformance import samples
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import SEALED, AuditDeed
from claude_mem_core.domain.audit_check import verify
from claude_mem_core.services.audit_trail import AuditTrail
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.servings import Servings
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.version import SCHEMA

SEED = 20_260_301
KEY = b"the server's own key, which no database holds"
ME = Principal.local()
ROWS = 60
EDITS = 500
COLUMNS = (
    *("id", "team_id", "project_id", "actor_type", "actor_id", "action"),
    *("target_type", "target_id", "metadata", "created_at_epoch"),
    *("prev_hash", "row_hash"),
)


class UndoneError(Exception):
    """Ends a block, so that what it did is undone."""


def deed(dice, number):
    return AuditDeed(
        action=dice.choice(["event.write", "memory.search", "api_key.create"]),
        project_id=dice.choice(["project", None]),
        target_type=dice.choice(["agent_event", None]),
        target_id=f"target {number}",
        metadata={"count": number, "ids": [f"id {dice.random()}"]},
    )


def filled(storage, dice, count):
    """The key's pen, after it wrote so many rows."""
    audited = Audited(RealSystem(), KEY)
    for start in range(0, count, 500):
        with storage.begin() as tx:
            told = [
                deed(dice, number) for number in range(start, min(start + 500, count))
            ]
            audited.append(tx, [audited.entry(one, by=ME, at=1) for one in told])
    return audited


def trail_of(storage, audited):
    return AuditTrail(storage, audited, Servings(storage, audited))


def change(db, dice):
    """Another value in any column of any row."""
    column, seq = dice.choice(COLUMNS), dice.randint(1, ROWS)
    (old,) = db.one(f"SELECT {column} FROM audit_log WHERE seq = ?", [seq])
    new = {
        "actor_type": dice.choice(["api_key", "system"]),
        "metadata": dice.choice(["{}", '{"count":-1}', "no JSON", "[]", "7"]),
        "created_at_epoch": dice.choice([0, 2, 10**15]),
    }.get(column, dice.choice(["", "x", "\u00e9", "0" * 64, f"{old}x", None]))
    if new is None and column in ("id", "action", "prev_hash", "row_hash"):
        new = "z"
    if new == old:
        new = f"{old} and more"
    db.run(f"UPDATE audit_log SET {column} = ? WHERE seq = ?", [new, seq])


def delete(db, dice):
    """Any row but the last: whether that is gone, only a head can tell."""
    db.run("DELETE FROM audit_log WHERE seq = ?", [dice.randint(1, ROWS - 1)])


def insert(db, dice):
    """A made-up row, or a copy of one, anywhere; those after it make room."""
    place, source = dice.randint(1, ROWS + 1), dice.randint(1, ROWS)
    others = ", ".join(column for column in COLUMNS if column != "id")
    row = db.one(f"SELECT {others} FROM audit_log WHERE seq = ?", [source])
    db.run("UPDATE audit_log SET seq = -seq - 1 WHERE seq >= ?", [place])
    db.run("UPDATE audit_log SET seq = -seq WHERE seq < 0")
    marks = ", ".join("?" for _ in row)
    sql = f"INSERT INTO audit_log (seq, id, {others}) VALUES (?, 'new', {marks})"
    db.run(sql, [place, *row])


def swap(db, dice):
    """Two rows, with or without their hashes."""
    one, other = dice.sample(range(1, ROWS + 1), 2)
    if dice.random() < 0.5:
        db.run("UPDATE audit_log SET seq = -1 WHERE seq = ?", [one])
        db.run("UPDATE audit_log SET seq = ? WHERE seq = ?", [one, other])
        db.run("UPDATE audit_log SET seq = ? WHERE seq = -1", [other])
        return
    target = "SELECT target_id FROM audit_log WHERE seq = ?"
    (first,), (second,) = db.one(target, [one]), db.one(target, [other])
    for seq, value in ((one, second), (other, first)):
        db.run("UPDATE audit_log SET target_id = ? WHERE seq = ?", [value, seq])


def truncate(db, dice):
    """The newest rows."""
    db.run("DELETE FROM audit_log WHERE seq > ?", [dice.randint(0, ROWS - 1)])


KINDS = (change, delete, insert, swap, truncate)


def edited(storage, edit, dice, head):
    """What a check finds after an edit, which is undone then."""
    found = []
    with suppress(UndoneError), storage.begin() as tx:
        edit(tx.audit._db, dice)
        rows = tx.audit.page(after=-9, limit=999)
        found.append(verify(rows, key=KEY, head=head))
        raise UndoneError
    return found[0]


def test_each_of_five_hundred_random_edits_is_found(open_storage):
    dice, storage = random.Random(SEED), open_storage(synchronous="NORMAL")
    audited = filled(storage, dice, ROWS)
    head = trail_of(storage, audited).head()
    missed, kinds = [], set()
    for number in range(EDITS):
        edit = KINDS[number % len(KINDS)]
        verdict = edited(storage, edit, dice, head)
        if verdict.fault is None:
            missed.append((number, edit.__name__))
        else:
            kinds.add(verdict.fault.kind)
    assert missed == []
    assert kinds == {"changed", "missing", "inserted", "swapped", "cut off"}
    assert trail_of(storage, audited).verify(head).fault is None


def test_ten_thousand_clean_rows_raise_no_alarm(open_storage):
    dice, storage = random.Random(SEED), open_storage(synchronous="NORMAL")
    trail = trail_of(storage, filled(storage, dice, 10_000))
    seen = []
    verdict = trail.verify(trail.head(), progress=seen.append)
    assert (verdict.fault, verdict.gaps, verdict.rows) == (None, (), 10_000)
    assert seen == [*range(1_000, 10_001, 1_000)]


def test_a_block_that_is_undone_in_a_group_leaves_no_gap(open_storage):
    storage = open_storage()
    audited = Audited(RealSystem(), KEY)
    with storage.begin() as tx:
        audited.record(tx, AuditDeed(action="one"), by=ME)
    with pytest.raises(UndoneError):
        edited_and_failed(storage, audited)
    with storage.begin() as tx:
        audited.record(tx, AuditDeed(action="two"), by=ME)
    assert trail_of(storage, audited).verify().rows == 2
    assert trail_of(storage, audited).verify().fault is None


def edited_and_failed(storage, audited):
    with storage.begin() as tx:
        audited.record(tx, AuditDeed(action="undone"), by=ME)
        raise UndoneError


def before_the_chain(path):
    """Bring a database to the schema of before there was a chain."""
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("ALTER TABLE audit_log DROP COLUMN prev_hash")
        raw.execute("ALTER TABLE audit_log DROP COLUMN row_hash")
        raw.execute("DELETE FROM _sqlite_migrations WHERE name = '0015-audit-chain'")
        raw.execute(f"PRAGMA user_version = {SCHEMA - 1}")


def test_the_rows_of_an_older_database_are_sealed_at_its_first_start(
    path, storage, open_storage
):
    with storage.begin() as tx:
        rows = [samples.audit_row(number) for number in range(1, 2_501)]
        tx.audit.append(rows)
    storage.close()
    before_the_chain(path)
    again = open_storage()
    audited = Audited(RealSystem(), KEY)
    trail = trail_of(again, audited)
    assert trail.head().hash == ""
    trail.make_ready()
    verdict = trail.verify()
    assert (verdict.fault, verdict.rows) == (None, 2_501)
    with again.read() as snapshot:
        (first,) = snapshot.audit.page(after=0, limit=1)
        (last,) = snapshot.audit.page(after=2_500, limit=9)
    assert first.id == "row 1"
    assert (last.action, last.metadata) == (SEALED, {"count": 2_500})
    trail.make_ready()
    assert trail.verify().rows == 2_501
