# SPDX-License-Identifier: Apache-2.0
"""A deed answers the last telling before it, once, and not for ever."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.uses import (
    WITHIN,
    Sight,
    Telling,
    Touch,
    Trace,
    answers,
    sights_of,
)
from claude_mem_core.domain.value import millis


def told(pack: str, at: int, *uses: str, memory: str = "m") -> Telling:
    fields = {"memory_id": memory, "pack_id": pack, "project_id": "p"}
    return Telling.model_validate({**fields, "told_at_epoch": at, "uses": uses})


def answered(
    tellings: list[Telling], *at: int, kind: Trace = "fetched"
) -> list[tuple[str, int]]:
    found = answers(kind, [Sight("m", one) for one in at], tellings)
    return [(one.telling.pack_id, one.at) for one in found]


def test_the_last_telling_before_it_is_answered() -> None:
    tellings = [told("c", 30), told("b", 20), told("a", 10)]

    assert answered(tellings, 25) == [("b", 25)]
    assert answered(tellings, 30) == [("c", 30)]
    assert answered(tellings, 9) == []


def test_each_telling_is_answered_once() -> None:
    tellings = [told("b", 20), told("a", 10)]

    assert answered(tellings, 12, 13, 25, 26) == [("a", 12), ("b", 25)]


def test_what_was_answered_before_is_not_answered_through_an_older_one() -> None:
    assert answered([told("b", 20, "fetched"), told("a", 10)], 25) == []
    assert answered([told("b", 20, "touched")], 25) == [("b", 25)]


@pytest.mark.parametrize("kind", sorted(WITHIN))
def test_a_telling_can_be_answered_for_some_time(kind: Trace) -> None:
    last = 10 + millis(WITHIN[kind])

    assert answered([told("a", 10)], last, kind=kind) == [("a", last)]
    assert answered([told("a", 10)], last + 1, kind=kind) == []


def test_another_memory_of_the_pack_is_not_answered() -> None:
    assert answered([told("a", 10, memory="other")], 12) == []


def test_a_file_is_the_same_by_any_spelling_of_its_path() -> None:
    files = {"one": ["src/lamp.py"], "two": ["my_lamp.py"], "three": ["/x/src/lamp.py"]}
    touches = [Touch("/home/me/house/src/lamp.py", 5), Touch("src\\lamp.py", 7)]

    assert list(sights_of(touches, files)) == [
        Sight("one", 5),
        Sight("one", 7),
        Sight("three", 7),
    ]
