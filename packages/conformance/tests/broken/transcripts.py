# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG001, ARG002, ARG005 - it has the port's signature, and leaves something out
"""Formats of transcripts that each break one promise."""

from __future__ import annotations

import json

from claude_mem_conformance.transcripts import TranscriptContract
from claude_mem_core.domain.agent_event import AgentEventCapture
from claude_mem_core.domain.transcript import Heard, Problem, read_from_transcript
from claude_mem_core.ports.transcripts import Transcript, TranscriptFormat

from broken.registry import breaks

SIGN = '{"sound": "session"}'
ENTRIES = [
    {"type": "user_prompt", "at": 1, "id": "p"},
    {"type": "tool_use", "at": 2, "id": "t"},
    {"type": "assistant_message", "at": 3, "id": "a"},
]


def _event(kind, at, name):
    return AgentEventCapture(
        source_type="hook",
        event_type=kind,
        content_session_id="s",
        occurred_at_epoch=at,
        source_event_id=name,
    )


class SoundReader(Transcript):
    """Reads an object a line; the file's end ends the turn."""

    def __init__(self, path):
        self._path = path
        self._lines = 0
        self._bytes = 0
        self._ended = False

    @property
    def position(self):
        return self._bytes

    def read(self):
        for line in self._whole()[self._lines :]:
            self._lines += 1
            self._bytes += len(line)
            yield from self._told(line)

    def rest(self):
        if not self._ended:
            self._ended = True
            yield self._heard(_event("turn_end", 9, "end"))

    def _whole(self):
        lines = self._path.read_bytes().splitlines(keepends=True)
        return [line for line in lines if line.endswith(b"\n")]

    def _told(self, line):
        try:
            entry = json.loads(line)
        except ValueError:
            yield Problem(str(self._path), self._lines, "no JSON", "mend it")
            return
        if "type" in entry:
            yield self._heard(_event(entry["type"], entry["at"], entry["id"]))

    def _heard(self, event):
        return Heard(str(self._path), self._lines, read_from_transcript(event))


class SoundFormat(TranscriptFormat):
    """A format that keeps every promise."""

    name = "sound-agent"
    reader = SoundReader

    def recognises(self, path, head):
        return head.startswith(SIGN.encode())

    def places(self, home, env):
        yield home / "sessions"

    def companions(self, path):
        yield from ()

    def open(self, path):
        return self.reader(path)


def _transcript(self, tmp_path):
    path = tmp_path / "sessions" / "one.jsonl"
    path.parent.mkdir()
    lines = [SIGN, *map(json.dumps, ENTRIES)]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def _breaks(test):
    return breaks(
        test,
        "transcripts",
        transcript=_transcript,
        reported=lambda self: [_event("tool_use", 5, "t")],
    )


def _breaks_reader(test):
    """A format whose reader is the decorated one."""

    def register(reader):
        made = type(f"{reader.__name__}Format", (SoundFormat,), {"reader": reader})
        _breaks(test)(made)
        return reader

    return register


@_breaks(TranscriptContract.test_it_takes_no_other_file)
class TakesEverything(SoundFormat):
    def recognises(self, path, head):
        return True


@_breaks(TranscriptContract.test_it_knows_its_own)
class KnowsOnlyPackedFiles(SoundFormat):
    def recognises(self, path, head):
        return head.startswith(b"\x1f\x8b")


@_breaks(TranscriptContract.test_it_has_the_name_of_its_agent)
class IsCalledByItsTitle(SoundFormat):
    name = "Sound Agent"


@_breaks(TranscriptContract.test_it_knows_where_transcripts_are)
class LooksElsewhere(SoundFormat):
    def places(self, home, env):
        yield home / "chats"


@_breaks(TranscriptContract.test_companions_are_other_files)
class IsItsOwnCompanion(SoundFormat):
    def companions(self, path):
        yield path


@_breaks(TranscriptContract.test_it_is_read_from_its_beginning)
class ReadsAFileOnce(SoundFormat):
    def __init__(self):
        self._seen = []

    def open(self, path):
        reader, data = super().open(path), path.read_bytes()
        if data in self._seen:
            list(reader.read())
        self._seen.append(data)
        return reader


@_breaks_reader(TranscriptContract.test_events_have_the_identity_that_hooks_give_them)
class NamesEventsItself(SoundReader):
    def _heard(self, event):
        own = f"line:{event.source_event_id}"
        return super()._heard(event.model_copy(update={"source_event_id": own}))


@_breaks_reader(TranscriptContract.test_each_event_is_marked)
class MarksNothing(SoundReader):
    def _heard(self, event):
        return Heard(str(self._path), self._lines, event)


@_breaks_reader(TranscriptContract.test_reading_on_tells_nothing_twice)
class BeginsAgain(SoundReader):
    def read(self):
        self._lines = 0
        self._bytes = 0
        yield from super().read()


@_breaks_reader(TranscriptContract.test_a_torn_line_waits)
class ComplainsOfTornLines(SoundReader):
    def read(self):
        yield from super().read()
        if not self._path.read_bytes().endswith(b"\n"):
            yield Problem(str(self._path), self._lines + 1, "no JSON", "mend it")


@_breaks_reader(TranscriptContract.test_a_broken_line_costs_no_other)
class StopsAtABrokenLine(SoundReader):
    def read(self):
        for told in super().read():
            yield told
            if isinstance(told, Problem):
                return


@_breaks_reader(TranscriptContract.test_growing_changes_nothing)
class ForgetsWhatItReadFirst(SoundReader):
    def read(self):
        told = list(super().read())
        if len(self._whole()) >= len(ENTRIES):
            yield from told


@_breaks_reader(TranscriptContract.test_events_come_in_order)
class CountsTimeBackwards(SoundReader):
    def _heard(self, event):
        at = 100 - event.occurred_at_epoch
        return super()._heard(event.model_copy(update={"occurred_at_epoch": at}))


@_breaks_reader(TranscriptContract.test_the_end_is_told_once)
class EndsAgainAndAgain(SoundReader):
    def rest(self):
        self._ended = False
        yield from super().rest()


@_breaks_reader(TranscriptContract.test_it_tells_how_far_it_was_read)
class CountsLines(SoundReader):
    @property
    def position(self):
        return self._lines
