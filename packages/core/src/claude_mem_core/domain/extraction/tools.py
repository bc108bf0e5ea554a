# SPDX-License-Identifier: Apache-2.0
"""Tool calls in the words of many agents, read as what they did."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import sha256

from pydantic import JsonValue

from claude_mem_core.domain.agent_event import TOOL_FAILURE, AgentEvent
from claude_mem_core.domain.extraction.masking import without_private
from claude_mem_core.domain.extraction.places import (
    Cited,
    Line,
    Passage,
    Role,
    strings,
)


class Deed(StrEnum):
    """What a tool call does."""

    WRITES = "writes"
    READS = "reads"
    RUNS = "runs"
    ASKS = "asks"
    OTHER = "other"


# The tools of Claude Code, Codex, Cursor, Gemini CLI, OpenCode, Copilot and VS Code, in
# lower case and without punctuation. Any other tool is OTHER: what it names is no
# evidence of files.
_DEEDS: Mapping[str, Deed] = {
    **dict.fromkeys(("edit", "multiedit", "write", "notebookedit"), Deed.WRITES),
    **dict.fromkeys(("writefile", "editfile", "replace", "applypatch"), Deed.WRITES),
    **dict.fromkeys(("strreplaceeditor", "searchreplace", "createfile"), Deed.WRITES),
    **dict.fromkeys(("strreplace", "create", "patch", "editfiles"), Deed.WRITES),
    **dict.fromkeys(("replacestringinfile", "inserteditintofile"), Deed.WRITES),
    **dict.fromkeys(("read", "readfile", "notebookread", "viewfile"), Deed.READS),
    "view": Deed.READS,
    **dict.fromkeys(("bash", "shell", "exec", "execcommand", "powershell"), Deed.RUNS),
    **dict.fromkeys(("runshellcommand", "runterminalcmd", "localshell"), Deed.RUNS),
    **dict.fromkeys(("runinterminal", "runterminalcommand"), Deed.RUNS),
    "askuserquestion": Deed.ASKS,
}
_PATH_KEYS = (
    *("file_path", "filePath", "path", "notebook_path", "target_file"),
    "absolute_path",
)
_NEW_KEYS = ("new_string", "newString", "new_str", "newText")
_OLD_KEYS = ("old_string", "oldString", "old_str", "oldText")
_TEXT_KEYS = (*_NEW_KEYS, "content", "file_text", *_OLD_KEYS)
_PATCH_KEYS = ("input", "patch", "diff", "patchText", "command", "cmd")
_PATCHES = re.compile(r"\s*apply_patch\b")
"""A command that edits: some models hand a patch to the shell."""

_PATCHED_FILE = re.compile(r"^\*\*\* (?:Add|Update|Delete) File: (\S.*)$", re.MULTILINE)
_DEFINITION = re.compile(
    r"^[+ \t]*(?:(?:export|pub|public|private|static|async|default)[ \t]+)*"
    r"(?:func|def|class|fn|function|interface|struct|enum|trait|type)[ \t]+"
    r"(?:\([^()\n]*\)[ \t]*)?([A-Za-z_]\w{2,})",
    re.MULTILINE,
)
_CUT = re.compile(r'<elided chars="\d+"|…$|\[redacted:')
"""The mark of a string that is not stored as it was."""

# The host's own words in the place of a result: the call never ran.
_NEVER_RAN = re.compile(
    r"(?:Error: )?(?:The user doesn't want to|Sibling tool call errored"
    r"|\[?Request interrupted|Permission (?:to|for) \w+ .*denied|<tool_use_error>)"
)
MOST_SYMBOLS = 6
LONGEST_EDIT = 2000
LONGEST_SWAPPED = 70
"""Characters of a line that is told whole."""


@dataclass(frozen=True)
class ToolUse:
    """One tool call.

    Attributes:
        at: Its place among the events that are looked at.
        asked: What it was called with.
        answered: What it gave back, or the error.
        failed: Whether the host says that it failed.
        ran: Whether it was let run at all.
    """

    event_id: str
    at: int
    deed: Deed
    asked: Mapping[str, JsonValue]
    payload: Mapping[str, JsonValue]
    failed: bool

    @cached_property
    def output(self) -> tuple[Passage, ...]:
        """What it printed or said, in its parts."""
        return tuple(
            Passage(self.event_id, path, without_private(text))
            for key in ("error", "tool_response")
            for path, text in strings(self.payload.get(key), f"$.{key}")
            if text.strip()
        )

    @property
    def ran(self) -> bool:
        """Whether it was let run."""
        return not (
            self.failed and self.output and _NEVER_RAN.match(self.output[0].text)
        )

    @cached_property
    def command(self) -> Passage | None:
        """The command line that it ran."""
        if self.deed is not Deed.RUNS:
            return None
        given = self.asked.get("command", self.asked.get("cmd"))
        parts = list(strings(given, "$.tool_input.command"))
        if not parts:
            return None
        # `["bash", "-lc", "make test"]` runs what stands last.
        path, text = parts[-1]
        if "cmd" in self.asked and "command" not in self.asked:
            path = path.replace(".command", ".cmd", 1)
        return Passage(self.event_id, path, without_private(text))

    @cached_property
    def files(self) -> tuple[Line, ...]:
        """The paths that it reads or writes, as it spells them."""
        if self.deed not in (Deed.WRITES, Deed.READS):
            return ()
        found = {line.text: line for line in (*self._named(), *self._patched())}
        return tuple(found.values())

    @cached_property
    def symbols(self) -> tuple[Line, ...]:
        """The functions and types whose heads a change shows."""
        if self.deed is not Deed.WRITES:
            return ()
        found: dict[str, Line] = {}
        for key in (*_TEXT_KEYS, *_PATCH_KEYS):
            for passage in self._all(key):
                for match in _DEFINITION.finditer(passage.text):
                    found.setdefault(match[1], _line(passage, match, "change"))
        return tuple(found.values())[:MOST_SYMBOLS]

    @cached_property
    def replacement(self) -> tuple[Line, Line] | None:
        """The one line that an edit took out, and the one that it put in its place."""
        olds = [one for key in _OLD_KEYS for one in self._all(key)]
        news = [one for key in _NEW_KEYS for one in self._all(key)]
        if len(olds) != 1 or len(news) != 1:
            return None
        old, new = olds[0], news[0]
        if max(len(old.text), len(new.text)) > LONGEST_EDIT:
            return None
        was, is_ = old.text.splitlines(), new.text.splitlines()
        if len(was) != len(is_):
            return None
        differing = [at for at, line in enumerate(was) if line != is_[at]]
        if len(differing) != 1:
            return None
        swapped = _short_line(old, differing[0]), _short_line(new, differing[0])
        told = all(
            len(one.text) <= LONGEST_SWAPPED and any(map(str.isalnum, one.text))
            for one in swapped
        )
        return swapped if told else None

    @property
    def creates(self) -> bool:
        """Whether the answer says that the file is new."""
        response = self.payload.get("tool_response")
        return isinstance(response, dict) and response.get("type") == "create"

    def _named(self) -> Iterator[Line]:
        role: Role = "change" if self.deed is Deed.WRITES else "read"
        for key in _PATH_KEYS:
            passage = self._given(key)
            if passage and (path := passage.text.strip()) and "\n" not in path:
                cited = Cited(passage.whole, role, *self._state(passage.text))
                yield Line(path, (cited,))

    def _patched(self) -> Iterator[Line]:
        for key in _PATCH_KEYS:
            passage = self._given(key)
            if passage:
                for match in _PATCHED_FILE.finditer(passage.text):
                    yield _line(passage, match, "change")

    def _all(self, key: str) -> Iterator[Passage]:
        """What it was given under a name, also in each of several edits of one file."""
        given = self._given(key)
        if given:
            yield given
        edits = self.asked.get("edits")
        for number, edit in enumerate(edits if isinstance(edits, list) else ()):
            text = edit.get(key) if isinstance(edit, dict) else None
            if isinstance(text, str):
                path = f"$.tool_input.edits[{number}].{key}"
                yield Passage(self.event_id, path, without_private(text))

    def _given(self, key: str) -> Passage | None:
        text = self.asked.get(key)
        if not isinstance(text, str):
            return None
        return Passage(self.event_id, f"$.tool_input.{key}", without_private(text))

    def _state(self, path: str) -> tuple[str | None, str | None]:
        """The path and the hash of the whole content, where the call shows it."""
        content = self._whole_content()
        if content is None or _CUT.search(content):
            return None, None
        return path, sha256(content.encode("utf-8", "surrogatepass")).hexdigest()

    def _whole_content(self) -> str | None:
        if self.deed is Deed.WRITES:
            content = self.asked.get("content")
            return content if isinstance(content, str) else None
        response = self.payload.get("tool_response")
        file = response.get("file") if isinstance(response, dict) else None
        if not isinstance(file, dict):
            return None
        content = file.get("content")
        whole = file.get("startLine") == 1 and file.get("numLines") == file.get(
            "totalLines"
        )
        if not isinstance(content, str) or not whole:
            return None
        # A shortened text has fewer lines than its host counted.
        return content if content.count("\n") + 1 == file.get("numLines") else None


def tool_use(event: AgentEvent, at: int) -> ToolUse:
    """The tool call that an event reports."""
    payload = event.payload if isinstance(event.payload, dict) else {}
    name = payload.get("tool_name")
    word = re.sub(r"[\W_]", "", name).lower() if isinstance(name, str) else ""
    given = payload.get("tool_input")
    told = event.event_type == TOOL_FAILURE or payload.get("is_error") is True
    asked = given if isinstance(given, dict) else {}
    return ToolUse(
        event_id=event.id,
        at=at,
        deed=_deed(word, asked),
        asked=asked,
        payload=payload,
        failed=told,
    )


def _deed(word: str, asked: Mapping[str, JsonValue]) -> Deed:
    deed = _DEEDS.get(word, Deed.OTHER)
    command = asked.get("command", asked.get("cmd"))
    patches = isinstance(command, str) and _PATCHES.match(command)
    return Deed.WRITES if deed is Deed.RUNS and patches else deed


def _short_line(passage: Passage, number: int) -> Line:
    lines = passage.text.splitlines(keepends=True)
    start = sum(map(len, lines[:number]))
    text = lines[number].strip()
    start += lines[number].find(text)
    return Line(text, (Cited(passage.span(start, start + len(text)), "change"),))


def _line(passage: Passage, match: re.Match[str], role: Role) -> Line:
    """The first group of a match."""
    span = passage.span(match.start(1), match.end(1))
    return Line(match[1], (Cited(span, role),))
