# SPDX-License-Identifier: Apache-2.0
"""What is shown: answers on standard output, everything else on standard error.

Stored text comes from agents and their tools, so it is shown with its control
characters escaped: no terminal obeys what a log line once contained.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

WIDTH = 80
"""Columns of an answer that no terminal shows."""

ELLIPSIS = "…"

# C0 without newline and tab, DEL and C1, the marks that turn the direction of
# writing, the separators of lines, and halves of surrogate pairs.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"
    "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def json_option(command: F) -> F:
    """Give a command the option `--json`, as its argument `as_json`."""
    text = "Answer with one JSON object on standard output."
    return click.option("--json", "as_json", is_flag=True, help=text)(command)


def plain(text: str) -> str:
    """`text` with everything that a terminal could obey made visible."""
    return _UNSAFE.sub(_escape, text)


def line(text: str) -> str:
    """`text` in one line, every run of blanks as one."""
    return plain(" ".join(text.split()))


def amount(count: int, what: str) -> str:
    """So many of something, in the singular for one alone."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def say_json(answer: Mapping[str, object]) -> None:
    """Write the answer as one line of ASCII JSON."""
    click.echo(json.dumps(answer))


def say(text: str = "") -> None:
    """Write a line of the answer; its colours go away in a pipe."""
    click.echo(text)


def note(text: str) -> None:
    """Write a line beside the answer."""
    click.echo(text, err=True)


def heading(text: str) -> str:
    """`text` as the start of a part of the answer."""
    return click.style(text, bold=True)


def faint(text: str) -> str:
    """`text` as something that need not be read."""
    return click.style(text, dim=True)


def columns() -> int:
    """How wide an answer may be."""
    if not sys.stdout.isatty():
        return WIDTH
    return max(40, shutil.get_terminal_size((WIDTH, 24)).columns)


def table(
    head: Sequence[str], rows: Iterable[Sequence[object]], *, whole: bool = False
) -> str:
    """Rows under their headings; the last column is cut where the screen ends.

    Args:
        head: The headings.
        rows: The rows, a cell for each heading.
        whole: Cut nothing.
    """
    cells = [[line(str(cell)) for cell in row] for row in rows]
    *fixed, last = zip(head, *cells, strict=True)
    widths = [max(map(width, column)) for column in fixed]
    room = max(10, columns() - sum(widths) - 2 * len(widths))
    if whole:
        room = max(map(width, last))
    lines = [_row(row, widths, room) for row in [head, *cells]]
    return "\n".join([heading(lines[0]), *lines[1:]])


def cut(text: str, room: int) -> str:
    """`text` in at most `room` columns; the mark says that there was more."""
    if width(text) <= room:
        return text
    kept, used = [], width(ELLIPSIS)
    for char in text:
        used += width(char)
        if used > room:
            break
        kept.append(char)
    return "".join(kept).rstrip() + ELLIPSIS


def width(text: str) -> int:
    """The columns that `text` takes on a terminal."""
    return sum(_columns_of(char) for char in text)


def _columns_of(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _row(row: Sequence[str], widths: Sequence[int], room: int) -> str:
    *fixed, last = row
    padded = [
        cell + " " * (wide - width(cell))
        for cell, wide in zip(fixed, widths, strict=True)
    ]
    return "  ".join([*padded, cut(last, room)]).rstrip()


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004
