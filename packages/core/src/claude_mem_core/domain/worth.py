# SPDX-License-Identifier: Apache-2.0
"""What it is worth to tell a memory where nobody asks in words.

Age is counted in memories and sessions, never in days: a pack is the same tomorrow
while nothing was added. The constants were set by hand on recorded coding sessions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from claude_mem_core.domain.forms import is_standing
from claude_mem_core.domain.outline import Outline

BY_TYPE = {"bugfix": 1.1, "feature": 1.1, "refactor": 0.9, "change": 0.8}
"""How much a kind of work tells the next session, beside 1 for what is not named."""

SUMMARY = 4.0
"""A summary tells of a session, an observation of a turn."""

DECISION = 2.0
STANDING = 3.0
"""A directive that holds beyond its session tells what to do, not what was done."""

UNFINISHED = 1.0
"""What was left open in one of the newest sessions is what goes on now."""

NEWEST_SESSIONS = 3

SESSION_FADES = 0.8
"""What the next older session is worth beside a newer one."""

HAND = 10.0
"""What somebody wrote down is worth telling at any age."""

SAME_ERROR = 3.0
MODIFIED, READ = 2.0, 1.0
"""What changed a file tells more of it than what only read it."""

_WORK_LEFT = ("nextSteps", "unresolved")


def of_start(recent: Iterable[Outline]) -> Mapping[str, float]:
    """What a session that only begins would want to know, by the ids.

    Args:
        recent: A project's memories, newest first.
    """
    ages: dict[str, int] = {}
    worths = {}
    for item in recent:
        session = item.server_session_id or f"memory {item.id}"
        age = ages.setdefault(session, len(ages))
        worths[item.id] = _worth(item, age)
    return worths


def of_files(items: Iterable[Outline], files: Sequence[str]) -> Mapping[str, float]:
    """What changed one of the files, or read it, or tells of it by its name."""
    asked = [tuple(_steps(one)) for one in files]
    worths = ((item.id, _worth_for(item, asked)) for item in items)
    return {item_id: worth for item_id, worth in worths if worth}


def of_error(met: Iterable[Outline]) -> Mapping[str, float]:
    """What met the same error before."""
    return {item.id: SAME_ERROR for item in met}


def _worth(item: Outline, age: int) -> float:
    if item.kind == "manual":
        return HAND
    if is_standing(item):
        return float(STANDING * SESSION_FADES ** (age / 4))
    base = SUMMARY if item.kind == "summary" else BY_TYPE.get(item.type, 1.0)
    if item.type == "decision":
        base = DECISION
    is_open = age < NEWEST_SESSIONS and any(item.metadata.get(n) for n in _WORK_LEFT)
    return float((base + UNFINISHED * is_open) * SESSION_FADES**age)


def _worth_for(item: Outline, asked: Sequence[tuple[str, ...]]) -> float:
    if any(_is_one_of(file, asked) for file in item.files_modified):
        return MODIFIED
    if any(_is_one_of(file, asked) for file in item.files_read):
        return READ
    return 0.0


def _is_one_of(file: str, asked: Sequence[tuple[str, ...]]) -> bool:
    """Whether one path is the other, or its end: one of them may be relative."""
    steps = tuple(_steps(file))
    return any(_ends(steps, one) or _ends(one, steps) for one in asked)


def _ends(longer: tuple[str, ...], shorter: tuple[str, ...]) -> bool:
    return bool(shorter) and longer[-len(shorter) :] == shorter


def _steps(path: str) -> list[str]:
    return [one for one in path.replace("\\", "/").split("/") if one not in ("", ".")]
