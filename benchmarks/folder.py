# SPDX-License-Identifier: Apache-2.0
"""A folder of memories, questions and right answers, in the format of this project.

Memories, questions and answers are all read before any is put to use; events are read
as they are taken in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from claude_mem_core.errors import InvalidInputError

from benchmarks.dataset import UNSORTED, Dataset, Query, Turn
from benchmarks.lines import Line, once, read_lines, whole

FIELDS = ("prompt", "assistant", "tools", "files")
"""What a memory is told in where it has neither `text` nor `fields`."""


def read(data: Path, split: str) -> Dataset:
    """What a folder holds of a split."""
    found = Dataset(queries=queries(data, split))
    lines = read_lines(_needed(data, "memories", split))
    found.turns = _turns(lines, _session_names(data, split), found.notes)
    judge(found, data, split)
    if not found.right_sessions:
        of = {(turn.conv, turn.id): turn.session for turn in found.turns}
        convs = {query.id: query.conv for query in found.queries}
        for query, right in found.right.items():
            held = ((convs.get(query, ""), one) for one in right)
            found.right_sessions[query] = {of[one] for one in held if one in of}
    return found


def queries(data: Path, split: str) -> list[Query]:
    """What a folder asks in a split."""
    found, seen = list[Query](), dict[str, str]()
    for line in read_lines(_needed(data, "queries", split)):
        once(seen, line, line.name("id"))
        query = Query(
            line.name("id"),
            line.name("conv"),
            line.name("text"),
            line.name("category") if "category" in line else UNSORTED,
            bool(line.told.get("abstain")),
            line.moment("ts"),
        )
        found.append(query)
    return found


def judge(found: Dataset, data: Path, split: str) -> None:
    """Read which answers are right."""
    paths = [_file(data, kind, split) for kind in ("qrels", "qrels_session")]
    if not any(paths):
        cause = "nothing tells which answers are right"
        cure = f"put qrels.{split}.jsonl or qrels_session.{split}.jsonl there"
        raise InvalidInputError.of(str(data), cause, cure)
    asked = {query.id for query in found.queries}
    found.right, found.right_sessions = (_judged(path) for path in paths)
    strange = (found.right.keys() | found.right_sessions.keys()) - asked
    if strange:
        found.notes.append(f"queries that are judged and not asked: {len(strange)}")


def events(data: Path, split: str) -> Iterator[Line]:
    """The payloads of hooks that a folder holds of a split, with no id left out."""
    for line in read_lines(_needed(data, "events", split)):
        line.name("hook_event_name")
        line.name("session_id")
        yield line


def _turns(
    lines: Iterable[Line], named: Mapping[tuple[str, str], str], notes: list[str]
) -> list[Turn]:
    found, seen, silent = list[Turn](), dict[str, str](), 0
    for line in lines:
        conv, name, session = map(line.name, ("conv", "id", "session"))
        once(seen, line, name, of=conv)
        text = _words(line)
        turn = Turn(
            name,
            conv,
            named.get((conv, session), session),
            text,
            line.optional("speaker"),
            line.optional("project"),
            line.moment("ts"),
        )
        if text:
            found.append(turn)
        silent += not text
    if silent:
        notes.append(f"memories without words, never found: {silent}")
    return found


def _words(line: Line) -> str:
    """All that a memory says; a picture is told by its caption."""
    if "text" in line:
        said: list[Any] = [line.text("text")]
    elif isinstance(line.told.get("fields"), dict):
        said = [*line.told["fields"].values()]
    elif any(name in line for name in FIELDS):
        said = [line.told.get(name) for name in FIELDS]
    else:
        raise line.fault("it says nothing", "give it a `text`, or `fields`")
    said.append(line.told.get("image_caption"))
    lists = (one if isinstance(one, list) else [one] for one in said)
    texts = (one for own in lists for one in own if isinstance(one, str))
    return whole("\n".join(one for one in texts if one.strip()))


def _session_names(data: Path, split: str) -> Mapping[tuple[str, str], str]:
    """How the judgements name a session that its memories call by the end of it."""
    path = _file(data, "sessions", split)
    found = dict[tuple[str, str], str]()
    lines = read_lines(path) if path else ()
    known = [(one.name("conv"), one.name("id")) for one in lines]
    for conv, name in known:
        short = name.rpartition("/")[2]
        for tail in (short, short.removeprefix("S")):
            found.setdefault((conv, tail), name)
    return found | {(conv, name): name for conv, name in known}


def _judged(path: Path | None) -> dict[str, set[str]]:
    """The right answers of each query: those whose `rel` is more than 0."""
    right: defaultdict[str, set[str]] = defaultdict(set)
    for line in read_lines(path, may_be_empty=True) if path else ():
        query, answer, rel = line.name("query"), line.name("memory"), 1
        if "rel" in line:
            rel = line.told["rel"]
        if not isinstance(rel, int | float):
            raise line.fault("its `rel` is no number", "send 1, or 0 for what is wrong")
        if rel > 0:
            right[query].add(answer)
    return dict(right)


def _needed(data: Path, kind: str, split: str) -> Path:
    found = _file(data, kind, split)
    if found:
        return found
    if not data.is_dir():
        cause, cure = "there is no such folder", "name one, or a file of LongMemEval"
        raise InvalidInputError.of(str(data), cause, cure)
    start = f"{kind}."
    splits = Counter(
        one.name.removeprefix(start).partition(".")[0]
        for one in data.iterdir()
        if one.name.startswith(start) and ".jsonl" in one.name
    )
    told = ", ".join(sorted(splits))
    cure = f"name one of its splits with --split: {told}" if splits else "put it there"
    name = f"{kind}.{split}.jsonl"
    raise InvalidInputError.of(name, f"it is not in {data}, nor {name}.gz", cure)


def _file(data: Path, kind: str, split: str) -> Path | None:
    """The file of a kind, as it is or packed."""
    plain = data / f"{kind}.{split}.jsonl"
    either = (plain, plain.with_name(f"{plain.name}.gz"))
    return next((path for path in either if path.is_file()), None)
