# SPDX-License-Identifier: Apache-2.0
"""What each host wrote down becomes the events that it became before."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

from claude_mem_agents.transcripts.claude_code import ClaudeCodeTranscripts
from claude_mem_agents.transcripts.formats import FORMATS
from claude_mem_core.domain.transcript import Heard, Problem
from claude_mem_core.file_heads import head_of
from transcripts_seen import GOLDEN, HERE, a_home, told

CLAUDE = HERE / "home" / ".claude" / "projects" / "-home-me-lamp"
SESSION = CLAUDE / "7d0c4b6e-1111-4e52-9a57-0a2b8a3f1c10.jsonl"
OTHERS = ("/message/", "/part/", ".project_root")
MIB = 1024 * 1024


def events(path: Path) -> list[tuple[str, int]]:
    reader = ClaudeCodeTranscripts().open(path)
    heard = [one for one in reader.read() if isinstance(one, Heard)]
    return [(one.event.event_type, one.line) for one in heard]


def test_the_golden_transcripts_give_what_they_gave(tmp_path: Path) -> None:
    golden = [json.loads(line) for line in GOLDEN.read_text().splitlines()]

    assert list(told(a_home(tmp_path))) == golden


def test_each_file_is_of_one_format_and_parts_of_sessions_are_of_none() -> None:
    for path in (HERE / "home").rglob("*"):
        if path.is_file():
            found = [one.name for one in FORMATS if one.recognises(path, head_of(path))]
            is_part = any(sign in str(path) for sign in OTHERS)
            assert len(found) == (0 if is_part else 1), path


def test_what_the_client_put_in_is_no_ones_prompt() -> None:
    text = GOLDEN.read_text()

    for sign in ("system-reminder", "be kind", "local-command", "interrupted by user"):
        assert sign not in text
    for sign in ("environment_context", "<skills>", "<file>", "API Error"):
        assert sign not in text


def test_what_the_user_refused_was_not_done() -> None:
    assert "toolu_3" not in GOLDEN.read_text()


def test_what_a_fork_repeats_is_told_by_its_own_session() -> None:
    assert "from another session" not in GOLDEN.read_text()


def test_a_helpers_calls_are_the_helpers(tmp_path: Path) -> None:
    calls = {
        row["event"]["toolUseId"]: row["event"]["metadata"].get("agentId")
        for row in told(a_home(tmp_path))
        if row["event"].get("toolUseId") and row["format"] == "claude-code"
    }

    assert calls["toolu_6"] == "a77"
    assert calls["toolu_8"] is not None
    assert calls["toolu_1"] is None
    (companion,) = ClaudeCodeTranscripts().companions(SESSION)
    assert companion.name == "agent-a77.jsonl"


def test_a_packed_transcript_is_read_as_one_that_is_not(tmp_path: Path) -> None:
    packed = tmp_path / "session.jsonl.gz"
    packed.write_bytes(gzip.compress(SESSION.read_bytes()))

    assert ClaudeCodeTranscripts().recognises(packed, head_of(packed))
    assert events(packed) == events(SESSION)


def test_a_packed_transcript_that_breaks_off_is_reported(tmp_path: Path) -> None:
    packed = tmp_path / "session.jsonl.gz"
    packed.write_bytes(gzip.compress(SESSION.read_bytes())[:-200])
    problems = [
        one
        for one in ClaudeCodeTranscripts().open(packed).read()
        if isinstance(one, Problem)
    ]

    assert len(problems) == 1
    assert "breaks here" in problems[0].cause


def test_a_last_line_without_an_end_counts_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    lines = SESSION.read_bytes().rstrip(b"\n")
    path.write_bytes(lines)
    reader = ClaudeCodeTranscripts().open(path)
    first = list(reader.read())
    with path.open("ab") as file:
        file.write(b"\nno JSON\n")
    (problem,) = reader.read()

    assert len(first) == len(events(SESSION))
    assert isinstance(problem, Problem)
    assert problem.line == lines.count(b"\n") + 2


def test_a_line_of_another_shape_is_reported_and_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    odd = [b"[]", b'{"type": "user", "message": 7, "sessionId": []}', b"\xff", b"{"]
    path.write_bytes(b"\n".join([*odd, SESSION.read_bytes()]))
    read = list(ClaudeCodeTranscripts().open(path).read())
    problems = [one for one in read if isinstance(one, Problem)]

    assert [one.line for one in problems] == [1, 3, 4]
    assert len(read) - len(problems) == len(events(SESSION))


def test_no_more_of_a_long_transcript_is_held_than_a_few_lines(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    lines = SESSION.read_bytes().splitlines(keepends=True)
    filler = b'{"type": "api-request", "tail": "' + b"x" * 64_000 + b'"}\n'
    with path.open("wb") as file:
        for _ in range(6):
            file.writelines([filler] * 16 + lines)
    tracemalloc.start()
    count = sum(1 for _ in ClaudeCodeTranscripts().open(path).read())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert path.stat().st_size > 5 * MIB
    assert count > 6
    assert most < 2 * MIB
