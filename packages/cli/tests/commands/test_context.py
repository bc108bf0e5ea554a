# SPDX-License-Identifier: Apache-2.0
"""What a session is told, and what is said of it afterwards."""

from __future__ import annotations

import pytest
from claude_mem_cli.commands.context import reasoned
from claude_mem_core.domain.context_pack import Told

pytestmark = pytest.mark.needs(
    "claude_mem_agents", "claude_mem_http_falcon", "claude_mem_storage_sqlite"
)


def told(shell, *args):
    done = shell("context", "--project", "small", "--json", *args)
    assert done.code == 0, done.err
    return done.json


def test_a_pack_stays_within_both_budgets(any_way):
    whole = told(any_way)

    few_tokens = told(any_way, "--tokens", str(whole["tokens"] - 1))
    few_characters = told(any_way, "--characters", str(len(whole["context"]) - 1))

    assert whole["memories"]
    assert few_tokens["tokens"] < whole["tokens"]
    assert len(few_characters["context"]) < len(whole["context"])
    assert told(any_way)["context"] == whole["context"]


def test_a_pack_can_be_of_another_time(any_way):
    now = told(any_way, "comma")["memories"]

    assert now
    assert told(any_way, "comma", "--as-of", "2999-01-01")["memories"] == now
    assert not told(any_way, "comma", "--known-at", "1990-01-01")["memories"]
    assert not told(any_way, "--as-of", "1990-01-01")["memories"]


def test_a_pack_is_about_a_file_or_a_failed_command(any_way, tmp_path):
    [first, *_] = told(any_way, "comma")["memories"]
    printed = tmp_path / "printed.txt"
    printed.write_text(first["title"], encoding="utf-8")

    by_error = told(any_way, "--command", "make", "--error", first["title"])
    by_output = told(any_way, "--command", "make", "--output", str(printed))
    by_file = told(any_way, "--file", "src/shop/parser.py")
    elsewhere = told(any_way, "--file", "src/shop/nowhere.py")

    assert by_error["memories"]
    assert by_output["context"] == by_error["context"]
    assert by_file["memories"]
    assert not elsewhere["memories"]


def test_what_a_command_printed_may_be_long_and_no_text(any_way, tmp_path):
    [first, *_] = told(any_way, "comma")["memories"]
    complaint = f"\n{first['title']}\n"
    printed = tmp_path / "printed.txt"
    printed.write_bytes(b"\xff\0 ----\n" * 50_000 + complaint.encode())

    by_error = told(any_way, "--command", "make", "--error", first["title"])
    by_output = told(any_way, "--command", "make", "--output", str(printed))

    assert by_output["memories"]
    assert by_output["context"] == by_error["context"]


def test_what_a_command_printed_may_come_through_a_pipe(shell, hooks, tmp_path):
    shell("ingest", str(hooks), "--project", "small")
    args = ("context", "--project", "small", "--json", "--command", "make")

    printed = tmp_path / "printed.txt"
    printed.write_text("the comma broke the parser", encoding="utf-8")
    with printed.open(encoding="utf-8") as pipe:
        piped = shell(*args, "--output", "-", stdin=pipe)
    said = shell(*args, "--error", "the comma broke the parser")

    assert piped.json["memories"]
    assert piped.json["context"] == said.json["context"]


def test_each_memory_that_was_considered_has_its_reason(any_way):
    explained = told(any_way, "--explain")
    shown = any_way("context", "--project", "small", "--explain")

    kept = {one["memoryId"] for one in explained["explanation"] if one["included"]}
    assert kept == {one["id"] for one in explained["memories"]}
    assert {"WORTH", "FEEDBACK", "CONTRADICTED"} <= set(shown.out.split())
    assert "explanation" not in told(any_way)


def test_of_what_a_pack_left_out_only_the_best_are_shown():
    def one(number, *, included):
        reason = "whole" if included else "over_limit"
        name, worth = f"m{number}", {"score": number / 10, "value_per_token": 0.1}
        return Told(memory_id=name, tokens=9, included=included, reason=reason, **worth)

    told = [one(9, included=True), *(one(n, included=False) for n in range(8))]
    _, first, *left, more = reasoned(told).splitlines()

    assert first.split()[-1] == "m9"
    assert [row.split()[-1] for row in left] == ["m7", "m6", "m5", "m4", "m3"]
    assert more == "3 more were considered and left out."


def test_feedback_adds_up_and_is_told(any_way):
    [first, *_] = told(any_way)["memories"]

    good = any_way("feedback", first["id"], "--useful", "--json").json
    bad = any_way("feedback", first["id"], "--not-useful", "--json").json
    said = any_way("feedback", first["id"], "--useful")
    unknown = any_way("feedback", "nobody", "--useful")
    unsaid = any_way("feedback", first["id"])
    wrong = any_way("feedback", first["id"], "--wrong", "--json").json
    torn = any_way("feedback", first["id"], "--useful", "--wrong")

    assert good["memoryId"] == first["id"]
    assert 0 < good["feedback"] <= 1
    assert bad["feedback"] < good["feedback"]
    assert "between -1 and 1" in said.out
    assert (unknown.code, unsaid.code, torn.code) == (1, 2, 2)
    assert "say one of the two" in torn.err
    assert wrong["feedback"] < bad["feedback"]
    [explained, *_] = told(any_way, "--explain")["explanation"]
    assert explained["memoryId"] == first["id"]
    assert explained["feedback"] == pytest.approx(wrong["feedback"], abs=1e-6)
    assert explained["contradicted"] < 0
