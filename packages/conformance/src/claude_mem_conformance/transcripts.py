# SPDX-License-Identifier: Apache-2.0

"""What a format of transcripts is held to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import pytest
from claude_mem_core.domain.agent_event import AgentEventCapture, event_key
from claude_mem_core.domain.transcript import Heard, Problem, is_from_transcript
from claude_mem_core.ports.transcripts import Transcript, TranscriptFormat

from claude_mem_conformance.contract import Contract

HEAD = 64 * 1024
"""Bytes that whoever looks for transcripts reads of a file."""

FOREIGN: Mapping[str, bytes] = {
    "nothing.jsonl": b"",
    "hooks.jsonl": b'{"hook_event_name": "Stop", "session_id": "s"}\n',
    "other.jsonl": b'{"type": "user", "text": "x"}\n{"a": 1}\n',
    "package.json": b'{"name": "lamp", "version": "1.0.0"}',
    "list.json": b"[1, 2]",
    "README.md": b"# Lamp\n\nIt shines.\n",
    "picture.png": b"\x89PNG\r\n\x1a\n\x00\x01",
    "other.db": b"SQLite format 3\x00",
}
"""Files that are no agent's transcript."""


class TranscriptContract(Contract):
    """A format of transcripts. The adapter's test gives the fixture `transcripts`.

    And `transcript`: a whole session of this format in a file of its own, below a
    home folder as the agent would have it. Also `home`, that folder; `stages`: what
    the file was while it grew, from first to last; `reported`: some of the same
    events as hooks report them; `lines`: whether it has an object on each line.
    """

    ports: ClassVar[tuple[type, ...]] = (TranscriptFormat, Transcript)

    @pytest.fixture
    def home(self, tmp_path: Path) -> Path:
        """The home folder."""
        return tmp_path

    @pytest.fixture
    def lines(self) -> bool:
        """Whether the format has an object on each line."""
        return True

    @pytest.fixture
    def reported(self) -> Sequence[AgentEventCapture]:
        """Events as hooks report them; none when the adapter's test has none."""
        return ()

    @pytest.fixture
    def stages(self, transcript: Path) -> Sequence[bytes]:
        """What the file was while it grew: it is cut where nobody would cut it."""
        data = transcript.read_bytes()
        return [data[: len(data) * part // 7] for part in range(1, 8)]

    def test_it_takes_no_other_file(
        self, transcripts: TranscriptFormat, tmp_path: Path
    ) -> None:
        """It takes no other file for a transcript of its own."""
        for name, data in FOREIGN.items():
            assert not transcripts.recognises(tmp_path / name, data), name

    def test_it_knows_its_own(
        self, transcripts: TranscriptFormat, transcript: Path
    ) -> None:
        """Whether a file is a transcript of this agent."""
        head = transcript.read_bytes()[:HEAD]
        assert transcripts.recognises(transcript, head)

    def test_events_have_the_identity_that_hooks_give_them(
        self,
        transcripts: TranscriptFormat,
        transcript: Path,
        reported: Sequence[AgentEventCapture],
    ) -> None:
        """An event has the identity that the same event has when a hook reports it."""
        told = {_key(one.event) for one in _all(transcripts, transcript) if one.shared}
        assert {_key(event) for event in reported} <= told

    def test_each_event_is_marked(
        self, transcripts: TranscriptFormat, transcript: Path
    ) -> None:
        """Each event is marked as read from a transcript."""
        told = _all(transcripts, transcript)
        assert told
        assert all(is_from_transcript(one.event.metadata) for one in told)

    def test_it_has_the_name_of_its_agent(self, transcripts: TranscriptFormat) -> None:
        """The agent's name in addresses: `claude-code`."""
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", transcripts.name)

    def test_it_knows_where_transcripts_are(
        self, transcripts: TranscriptFormat, transcript: Path, home: Path
    ) -> None:
        """The folders and files below a home folder where the agent keeps
        transcripts.
        """  # noqa: D205 - the promise is quoted whole
        places = list(transcripts.places(home, {}))
        assert any(transcript.is_relative_to(place) for place in places)
        assert all(place.is_relative_to(home) for place in places)

    def test_companions_are_other_files(
        self, transcripts: TranscriptFormat, transcript: Path
    ) -> None:
        """Companions of a transcript are other files of the same session."""
        session = _all(transcripts, transcript)[0].event.content_session_id
        for companion in transcripts.companions(transcript):
            assert companion != transcript
            theirs = _all(transcripts, companion)
            assert {one.event.content_session_id for one in theirs} == {session}

    def test_it_is_read_from_its_beginning(
        self, transcripts: TranscriptFormat, transcript: Path
    ) -> None:
        """The transcript in a file that this format recognises, from its beginning."""
        once = _all(transcripts, transcript)
        assert once == _all(transcripts, transcript)

    def test_reading_on_tells_nothing_twice(
        self, transcripts: TranscriptFormat, transcript: Path, stages: Sequence[bytes]
    ) -> None:
        """Reading on tells what was written since, and nothing twice."""
        reader = transcripts.open(transcript)
        for stage in stages:
            transcript.write_bytes(stage)
            fresh = _heard(reader.read())
            assert not _heard(reader.read())
            assert len({_key(one.event) for one in fresh}) == len(fresh)

    def test_a_torn_line_waits(
        self, transcripts: TranscriptFormat, transcript: Path, stages: Sequence[bytes]
    ) -> None:
        """A line that is not written to its end yet waits for its rest."""
        reader = transcripts.open(transcript)
        for stage in stages:
            transcript.write_bytes(stage)
            assert not [one for one in reader.read() if isinstance(one, Problem)]

    def test_a_broken_line_costs_no_other(
        self,
        transcripts: TranscriptFormat,
        transcript: Path,
        lines: bool,  # noqa: FBT001 - a fixture
    ) -> None:
        """A line at fault is told with its file and number, and costs no other line."""
        if not lines:
            pytest.skip("a document of this format has no lines")
        whole = [_key(one.event) for one in _all(transcripts, transcript)]
        first, rest = transcript.read_bytes().split(b"\n", 1)
        transcript.write_bytes(first + b'\n{"broken": \n' + rest)
        reader = transcripts.open(transcript)
        told = [*reader.read(), *reader.rest()]
        problems = [one for one in told if isinstance(one, Problem)]
        assert [(one.file, one.line) for one in problems] == [(str(transcript), 2)]
        assert [_key(one.event) for one in _heard(told)] == whole

    def test_growing_changes_nothing(
        self, transcripts: TranscriptFormat, transcript: Path, stages: Sequence[bytes]
    ) -> None:
        """However a file grows, its events are the same, in the same order."""
        whole = [_key(one.event) for one in _all(transcripts, transcript)]
        transcript.write_bytes(stages[0])
        reader = transcripts.open(transcript)
        told: list[Heard] = []
        for stage in stages:
            transcript.write_bytes(stage)
            told += _heard(reader.read())
        told += reader.rest()
        assert list(dict.fromkeys(_key(one.event) for one in told)) == whole

    def test_events_come_in_order(
        self, transcripts: TranscriptFormat, transcript: Path
    ) -> None:
        """The events that were written since the last time, in order."""
        told = _all(transcripts, transcript)
        times = [one.event.occurred_at_epoch for one in told]
        assert all(early <= late for early, late in pairwise(times))
        lines = [one.line for one in told]
        assert all(early <= late for early, late in pairwise(lines))

    def test_the_end_is_told_once(
        self, transcripts: TranscriptFormat, transcript: Path
    ) -> None:
        """What follows from the end of the file, when nobody writes it any more."""
        reader = transcripts.open(transcript)
        before = _heard(reader.read())
        ends = [*before, *reader.rest()]
        assert ends[-1].event.event_type == "turn_end"
        assert not list(reader.rest())

    def test_it_tells_how_far_it_was_read(
        self, transcripts: TranscriptFormat, transcript: Path
    ) -> None:
        """Bytes of the file, packed as it is, that were read."""
        reader = transcripts.open(transcript)
        assert reader.position == 0
        list(reader.read())
        assert reader.position == transcript.stat().st_size


def _all(transcripts: TranscriptFormat, path: Path) -> list[Heard]:
    """All that a file tells, and what follows from its end."""
    reader = transcripts.open(path)
    return [*_heard(reader.read()), *reader.rest()]


def _heard(told: Iterable[Heard | Problem]) -> list[Heard]:
    return [one for one in told if isinstance(one, Heard)]


def _key(event: AgentEventCapture) -> str:
    return event_key(event.in_project("project"), team_id="team")
