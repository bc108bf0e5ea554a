# SPDX-License-Identifier: Apache-2.0
"""Mebibytes a second that are looked over for secrets, beside one regular expression.

The yardstick is one pass of Python's `re` for a single word in any case: whoever looks
for a hundred formats that way passes a hundred times. What is hostile is counted in
milliseconds for 64 KiB, beside ordinary text of the same length.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence

from claude_mem_core.domain.redaction.redactor import Redactor
from pydantic import JsonValue

from benchmarks import hostile
from benchmarks.report import Line

MIB = 1024 * 1024
LINES = 40_000
ROUNDS = 5
HOSTILE = 64 * 1024
"""Characters of a hostile input."""

A_TEXT = 200
"""Lines of one text, about 8 KiB."""

TEXT = """
the server keeps every event that it took in before it answers and a worker turns a
finished turn into memories def turn(self, lamp: Lamp) -> None: return
self.motor.start(lamp) import pytest from pathlib import Path commit
3f786850e387550fdab836ed7e6dc881de23001b if not lines: continue
tests/test_lamp.py::test_it_turns 1 failed, 17 found {"path": "/home/me/lamp.py"} [0]
https://example.com/page?id=17 const lamp = await find(name); for each of them = : +
"""
WORDS = TEXT.split()
LIKE_SECRETS = ("token", "key:", "ghp_", "password=", "://a:", "-----BEGIN", "eyJ")


def measure() -> Sequence[Line]:
    """Ordinary text, and text in which something of each kind seems to begin."""
    redactor = Redactor()
    plain, odd = _texts(()), _texts(LIKE_SECRETS)
    return [
        _line("ordinary text", redactor.without_secrets, plain),
        _line("text that looks like secrets", redactor.without_secrets, odd),
        _worst(redactor, "\n".join(plain)[:HOSTILE]),
    ]


def _worst(redactor: Redactor, ordinary: str) -> Line:
    """The slowest of the hostile inputs."""
    each = {
        name: _millis(redactor, value)
        for name, value in hostile.inputs(HOSTILE).items()
    }
    slowest = max(each, key=each.__getitem__)
    what = f"worst of {len(each)} hostile: {slowest}"
    bare = _millis(redactor, {"text": ordinary})
    return Line(what[:40], each[slowest], bare, "ms", more_is_better=False)


def _millis(redactor: Redactor, value: JsonValue) -> float:
    """Milliseconds of this thread that it takes to clean a value."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        redactor.json(value)
        rounds.append(time.thread_time() - began)
    return min(rounds) * 1000


def _line(what: str, look: Callable[[str], str], texts: Sequence[str]) -> Line:
    word = re.compile("quixotic", re.IGNORECASE)
    ours = max(_speed(look, texts) for _ in range(ROUNDS))
    bare = max(_speed(word.search, texts) for _ in range(ROUNDS))
    return Line(
        f"{what}, beside one pass of re", ours, bare, "MiB/s", more_is_better=True
    )


def _speed(look: Callable[[str], object], texts: Sequence[str]) -> float:
    size = sum(len(text.encode()) for text in texts)
    began = time.perf_counter()
    for text in texts:
        look(text)
    return size / MIB / (time.perf_counter() - began)


def _texts(more: Sequence[str]) -> Sequence[str]:
    rng = random.Random(1)
    words = (*WORDS, *more)
    lines = [" ".join(rng.choices(words, k=8)) for _ in range(LINES)]
    return ["\n".join(lines[at : at + A_TEXT]) for at in range(0, LINES, A_TEXT)]
