# SPDX-License-Identifier: Apache-2.0
"""``python -m benchmarks.backfill --data DIR``: months of history, taken in at once.

DIR holds transcripts of agents, at any depth. Each is copied ``--copies`` times under
another session's name, so that there is as much as a user has. What is measured is the
way of ``claude-mem ingest`` until every event is on the disk, beside reading the same
bytes and parsing their JSON, line by line or whole, in the same run: nobody who reads
transcripts does less. Each figure is the median of some rounds.

* first: nothing is known of the transcripts;
* again: all of them is kept, and all is read and compared;
* unchanged: all of them is kept, and noted as done.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median

from claude_mem_cli.backfill import take_all
from claude_mem_cli.client_here import ClientHere
from claude_mem_cli.transcripts import Finder, Found

from benchmarks.adapters import adapters
from benchmarks.report import Line, table

ROUNDS = 3
COPIES = 20


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of each run over the same transcripts, and what was in them."""

    first: float
    again: float
    unchanged: float
    parsed: float
    events: int
    bytes: int


def main() -> None:
    """Measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--copies", type=int, default=COPIES)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = _copied(options.data, Path(place), options.copies)
        if not found:
            parser.error(f"no transcript of an agent is in {options.data}")
        rounds = [_round(found) for _ in range(ROUNDS)]
    first = rounds[0]
    what = f"{len(found)} transcripts, {first.bytes >> 20} MiB, {first.events} events"
    print(what, file=sys.stderr)
    lines = [*_lines(rounds)]
    if options.json:
        told = {"rounds": [asdict(one) for one in rounds]}
        print(json.dumps({**told, "lines": [one.plain() for one in lines]}))
    else:
        print(table("backfill", lines))


def _copied(data: Path, place: Path, copies: int) -> Sequence[Found]:
    """The transcripts, each as often as that, in sessions of their own."""
    finder = Finder(os.environ)
    originals, _ = finder.in_folder(data)
    for number in range(copies):
        for one in originals:
            for path in one.files:
                # The names of a session in a file are those in its own name.
                old = one.path.stem[-12:].encode()
                new = f"{number:04}{one.path.stem[-8:]}".encode()
                name = path.name.replace(old.decode(), new.decode())
                (place / name).write_bytes(path.read_bytes().replace(old, new))
    return finder.in_folder(place)[0]


def _round(found: Sequence[Found]) -> Round:
    parsed = _seconds(lambda: _parse(found))
    with tempfile.TemporaryDirectory() as place, adapters(Path(place)) as opened:
        client = ClientHere(opened[0], "here")
        counts: list[int] = []

        def run(*, again: bool) -> None:
            taken = take_all(
                found,
                into=None,
                client=client,
                folder=Path(place),
                again=again,
                step=lambda _: None,
            )
            counts.append(sum(one.accepted for one in taken))

        first, again, unchanged = (
            _seconds(partial(run, again=again)) for again in (False, True, False)
        )
        if len({*counts}) > 1:
            raise SystemExit(f"the runs do not agree on the events: {counts}")
    size = sum(one.size for one in found)
    return Round(first, again, unchanged, parsed, counts[0], size)


def _parse(found: Sequence[Found]) -> None:
    for one in found:
        for path in one.files:
            body = path.read_bytes()
            for line in body.splitlines() if path.suffix == ".jsonl" else [body]:
                json.loads(line)


def _lines(rounds: Sequence[Round]) -> Iterator[Line]:
    events = rounds[0].events
    bare = events / median(one.parsed for one in rounds)
    for name in ("first", "again", "unchanged"):
        ours = events / median(getattr(one, name) for one in rounds)
        yield Line(f"{name}, beside parsing", ours, bare, "events/s", True)


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
