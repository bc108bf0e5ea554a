# SPDX-License-Identifier: Apache-2.0
"""A file of LongMemEval: a list of questions, each with a haystack of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from claude_mem_core.errors import InvalidInputError

from benchmarks.dataset import UNSORTED, Dataset, Query, Turn
from benchmarks.lines import Line, as_line, once, opened


def read(path: Path) -> Dataset:
    """What a file holds: each question with its own haystack.

    Both roles are kept. A question whose id ends in `_abs` has no answer.
    """
    found, seen = Dataset(), dict[str, str]()
    for at, told in enumerate(_questions(path), 1):
        line = as_line(f"{path.name}, question {at}", told)
        name = line.name("question_id")
        once(seen, line, name)
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


def _questions(path: Path) -> list[Any]:
    with opened(path) as file:
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
            turn = as_line(f"{line.where}, session {session}, turn {number}", told)
            text = turn.text("content")
            if text.strip():
                name, speaker = f"{session}/{number}", turn.optional("role")
                kept = Turn(name, conv, str(session), text, speaker, at=at)
                yield kept, bool(turn.told.get("has_answer"))
