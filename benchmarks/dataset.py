# SPDX-License-Identifier: Apache-2.0
"""What a folder of memories and questions holds, or a file of LongMemEval.

Everything is read before anything is measured. A fault names the file, its line, and
the cure; what can be measured all the same becomes a note.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from claude_mem_core.errors import ClaudeMemError, InvalidInputError

FIELDS = ("prompt", "assistant", "tools", "files")
"""What a memory is told in where it has neither `text` nor `fields`."""

UNSORTED = "none"
"""The category of a query that names none."""

LONG_MEM_EVAL_DATE = "%Y/%m/%d (%a) %H:%M"


@dataclass(frozen=True, slots=True)
class Query:
    """A question of the benchmark.

    Attributes:
        conv: The haystack that it searches.
        abstains: No memory answers it.
        asked_at: When it was asked, in milliseconds, where the set tells.
    """

    id: str
    conv: str
    text: str
    category: str
    abstains: bool = False
    asked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What is kept as one memory.

    Attributes:
        conv: The haystack that it is in.
        speaker: Who said it, where the set tells.
        concept: What it is filed under.
        at: When, in milliseconds, where the set tells.
    """

    id: str
    conv: str
    session: str
    text: str
    speaker: str | None = None
    concept: str | None = None
    at: int | None = None


@dataclass(slots=True)
class Dataset:
    """What is searched, what is asked, and what would be right.

    Attributes:
        right: The right turns of a query; empty where only sessions are judged.
        right_sessions: Its right sessions.
        notes: What is odd about it, and how it is measured all the same.
    """

    turns: list[Turn] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    right: dict[str, set[str]] = field(default_factory=dict)
    right_sessions: dict[str, set[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Line:
    """An object of a file, and where it stands."""

    def __init__(self, where: str, told: dict[str, Any]) -> None:
        self.where = where
        self.told = told

    def __contains__(self, name: str) -> bool:
        """Whether it has something under a name; null is nothing."""
        return self.told.get(name) is not None

    def name(self, key: str) -> str:
        """An id, or what else names something; a number stands for its digits."""
        value = self.told.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str) or not value.strip():
            raise self.fault(f"it has no `{key}`", "give it a text or a number")
        return whole(value)

    def text(self, key: str) -> str:
        """A text that may be empty."""
        value = self.told.get(key)
        if not isinstance(value, str):
            raise self.fault(f"its `{key}` is no text", "send a JSON string")
        return whole(value)

    def list(self, key: str) -> list[Any]:
        """A list."""
        value = self.told.get(key)
        if not isinstance(value, list):
            raise self.fault(f"its `{key}` is no list", "send a JSON array")
        return value

    def optional(self, key: str) -> str | None:
        """A text, where there is one that says something."""
        value = self.told.get(key)
        return whole(value) if isinstance(value, str) and value.strip() else None

    def moment(self, key: str) -> int | None:
        """A time in milliseconds, where there is one."""
        return None if self.told.get(key) in (None, "") else self.epoch(self.text(key))

    def epoch(self, told: str) -> int:
        """Milliseconds of a time; without a zone it is in UTC."""
        try:
            moment = _moment(told.strip())
            at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            epoch = int(at.timestamp() * 1000)
        except (ValueError, OverflowError):
            epoch = -1
        if epoch < 0:
            cure = "write it as 2025-01-15T09:00:00, from 1970 on"
            raise self.fault(f"{told[:40]!r} is no time", cure)
        return epoch

    def fault(self, cause: str, cure: str) -> InvalidInputError:
        """What is wrong with it."""
        return InvalidInputError.of(self.where, cause, cure)


@contextmanager
def faults_told() -> Iterator[None]:
    """End the program with one line where what was handed in is at fault."""
    try:
        yield
    except ClaudeMemError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)


def folder(data: Path, split: str) -> Dataset:
    """What a folder holds of a split."""
    found = Dataset(queries=queries(data, split))
    lines = _lines(_needed(data, "memories", split))
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
    for line in _lines(_needed(data, "queries", split)):
        _once(seen, line, line.name("id"))
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
    for line in _lines(_needed(data, "events", split)):
        line.name("hook_event_name")
        line.name("session_id")
        yield line


def long_mem_eval(path: Path) -> Dataset:
    """A file of LongMemEval: each question has a haystack of its own.

    Both roles are kept. A question whose id ends in `_abs` has no answer.
    """
    found, seen = Dataset(), dict[str, str]()
    for at, told in enumerate(_questions(path), 1):
        line = _object(f"{path.name}, question {at}", told)
        name = line.name("question_id")
        _once(seen, line, name)
        kind = line.name("question_type") if "question_type" in line else UNSORTED
        abstains = name.endswith("_abs")
        asked_at = line.moment("question_date")
        query = Query(name, name, line.name("question"), kind, abstains, asked_at)
        found.queries.append(query)
        haystack = list(_haystack(line, name))
        found.turns += (turn for turn, _ in haystack)
        if not abstains:
            answers = (str(one) for one in line.list("answer_session_ids"))
            found.right_sessions[name] = set(answers)
            right = {turn.id for turn, is_answer in haystack if is_answer}
            found.right |= {name: right} if right else {}
    return found


def remark(found: Dataset, known: Mapping[str, set[str]], what: str) -> None:
    """Note right answers that are nowhere: nothing finds them, and each is a miss.

    Args:
        found: What was read.
        known: The names of what can be found, by haystack.
        what: What is named: `memories`, or `sessions`.
    """
    right = found.right if what == "memories" else found.right_sessions
    convs = {query.id: query.conv for query in found.queries if not query.abstains}
    nowhere = sum(
        len(ids - known.get(convs[query], set()))
        for query, ids in right.items()
        if query in convs
    )
    if nowhere:
        found.notes.append(
            f"right {what} that are not there, and never found: {nowhere}"
        )


def _questions(path: Path) -> list[Any]:
    with _opened(path) as file:
        raw = file.read()
    try:
        told = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        cause = f"it is not JSON in UTF-8: {error}"
        cure = "name a file of LongMemEval, or a folder of the other format"
        raise InvalidInputError.of(path.name, cause, cure) from None
    if not isinstance(told, list) or not told:
        cause = "it is no list of questions"
        raise InvalidInputError.of(path.name, cause, "name a file of LongMemEval")
    return told


def _haystack(line: Line, conv: str) -> Iterator[tuple[Turn, bool]]:
    """The turns of a question's sessions, and whether each has the answer."""
    names = ("haystack_session_ids", "haystack_dates", "haystack_sessions")
    lists = [line.list(name) for name in names]
    if len({len(one) for one in lists}) > 1:
        cause = f"its {', '.join(names)} are not as long as each other"
        raise line.fault(cause, "give each session an id and a date")
    for session, date, said in zip(*lists, strict=True):
        at = line.epoch(str(date))
        if not isinstance(said, list):
            raise line.fault(f"session {session} is no list", "send its turns")
        for number, told in enumerate(said):
            turn = _object(f"{line.where}, session {session}, turn {number}", told)
            text = turn.text("content")
            if text.strip():
                name, speaker = f"{session}/{number}", turn.optional("role")
                kept = Turn(name, conv, str(session), text, speaker, at=at)
                yield kept, bool(turn.told.get("has_answer"))


def _turns(
    lines: Iterable[Line], named: Mapping[tuple[str, str], str], notes: list[str]
) -> list[Turn]:
    found, seen, silent = list[Turn](), dict[str, str](), 0
    for line in lines:
        conv, name, session = map(line.name, ("conv", "id", "session"))
        _once(seen, line, name, of=conv)
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
    known = [(one.name("conv"), one.name("id")) for one in _lines(path)] if path else []
    for conv, name in known:
        short = name.rpartition("/")[2]
        for tail in (short, short.removeprefix("S")):
            found.setdefault((conv, tail), name)
    return found | {(conv, name): name for conv, name in known}


def _judged(path: Path | None) -> dict[str, set[str]]:
    """The right answers of each query: those whose `rel` is more than 0."""
    right: defaultdict[str, set[str]] = defaultdict(set)
    for line in _lines(path, may_be_empty=True) if path else ():
        query, answer, rel = line.name("query"), line.name("memory"), 1
        if "rel" in line:
            rel = line.told["rel"]
        if not isinstance(rel, int | float):
            raise line.fault("its `rel` is no number", "send 1, or 0 for what is wrong")
        if rel > 0:
            right[query].add(answer)
    return dict(right)


def _once(seen: dict[str, str], line: Line, name: str, *, of: str = "") -> None:
    """Refuse a name that another line has."""
    first = seen.setdefault(f"{of}\0{name}", line.where)
    if first is not line.where:
        raise line.fault(f"it has the id {name!r}, as has {first}", "leave one out")


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


def _lines(path: Path, *, may_be_empty: bool = False) -> Iterator[Line]:
    """The objects of a file, one a line; lines without anything are passed over."""
    number = 0
    with _opened(path) as file:
        for at, raw in enumerate(file, 1):
            if raw.strip(b"\xef\xbb\xbf \t\r\n"):
                number += 1
                yield _line(f"{path.name}, line {at}", raw)
    if not number and not may_be_empty:
        raise InvalidInputError.of(path.name, "it is empty", "put one object a line")


def _line(where: str, raw: bytes) -> Line:
    try:
        told = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        cause, cure = "it is not UTF-8", "save the file as UTF-8"
        raise InvalidInputError.of(where, cause, cure) from None
    except (ValueError, RecursionError) as error:
        cause, cure = f"it is no JSON: {error}", "put one object a line"
        raise InvalidInputError.of(where, cause, cure) from None
    return _object(where, told)


def _object(where: str, told: object) -> Line:
    if not isinstance(told, dict):
        raise InvalidInputError.of(where, "it is no JSON object", "send `{…}`")
    return Line(where, told)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """A file, unpacked where it is packed."""
    try:
        with path.open("rb") as file:
            if path.suffix == ".gz":
                with gzip.open(file) as unpacked:
                    yield cast("BinaryIO", unpacked)
            else:
                yield file
    except (OSError, EOFError, zlib.error) as error:
        cause = f"it cannot be read: {error}"
        cure = "name a file that is there and whole"
        raise InvalidInputError.of(path.name, cause, cure) from None


def _moment(told: str) -> datetime:
    if "/" in told:
        return datetime.strptime(told, LONG_MEM_EVAL_DATE).replace(tzinfo=UTC)
    return datetime.fromisoformat(told)


def whole(text: str) -> str:
    """The text with a mark in place of each half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode() if not _is_whole(text) else text


def _is_whole(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text)


def by_conv(named: Iterable[tuple[str, str]]) -> Mapping[str, set[str]]:
    """Names by the haystack in which they are."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for conv, name in named:
        found[conv].add(name)
    return found


def require_judged(found: Dataset) -> None:
    """Note the queries that nothing is right for.

    Raises:
        InvalidInputError: There are no others: there is nothing to measure.
    """
    asked = [one for one in found.queries if not one.abstains]
    right = (found.right, found.right_sessions)
    left = sum(not any(one.get(query.id) for one in right) for query in asked)
    if left == len(asked):
        cause = "no query has a right answer: there is nothing to measure"
        cure = "judge queries that do not abstain"
        raise InvalidInputError.of("the queries", cause, cure)
    if left:
        found.notes.append(f"queries without a right answer, left out: {left}")
