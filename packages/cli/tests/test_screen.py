# SPDX-License-Identifier: Apache-2.0
"""What a terminal is shown."""

from __future__ import annotations

import io
import json

import pytest
from claude_mem_cli import screen

DANGEROUS = [
    *map(chr, (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0))),
    *"\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e",
    *"\u2066\u2067\u2068\u2069\ud800\udfff",
]


@pytest.mark.parametrize("char", DANGEROUS, ids=lambda char: f"{ord(char):04x}")
def test_no_control_character_reaches_the_terminal(char):
    shown = screen.plain(f"a{char}b")
    assert shown.isascii()
    assert shown.isprintable()
    assert f"{ord(char):02x}" in shown


def test_text_newlines_and_tabs_stay_as_they_are():
    assert screen.plain("Grüße,\n\t世界 🙂") == "Grüße,\n\t世界 🙂"


def test_a_line_is_one_line():
    assert screen.line("a\n  b\tc\r\nd\x1b[31m") == "a b c d\\x1b[31m"


def test_one_alone_is_told_in_the_singular():
    told = [screen.amount(count, "failed job") for count in (0, 1, 2)]
    assert told == ["0 failed jobs", "1 failed job", "2 failed jobs"]


def test_json_is_ascii_without_controls(capsys):
    screen.say_json({"text": "\x1b\x7f\x9b\u202e世"})
    out = capsys.readouterr().out
    assert out.rstrip("\n").isprintable()
    assert out.isascii()
    assert json.loads(out) == {"text": "\x1b\x7f\x9b\u202e世"}


def test_a_table_fits_in_eighty_columns():
    rows = [("2026-01-05", "bugfix", "x" * 300), ("2026-01-06", "change", "世" * 300)]
    lines = screen.table(("DAY", "TYPE", "TITLE"), rows).splitlines()
    assert [screen.width(line) <= 80 for line in lines[1:]] == [True, True]
    assert all(line.endswith("…") for line in lines[1:])
    assert screen.width(lines[1]) == 80


def test_the_columns_of_a_table_stand_below_each_other():
    rows = [("世界", "one"), ("ab", "two")]
    first, second = screen.table(("A", "B"), rows).splitlines()[1:]
    assert first.index("one") + 2 == second.index("two")


def test_a_cut_text_says_so_and_a_short_one_is_whole():
    assert screen.cut("abcdef", 4) == "abc…"
    assert screen.cut("abcd", 4) == "abcd"
    assert screen.cut("世世世", 4) == "世…"


def test_styles_go_away_in_a_pipe(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    screen.say(screen.heading("loud"))
    assert stream.getvalue() == "loud\n"
