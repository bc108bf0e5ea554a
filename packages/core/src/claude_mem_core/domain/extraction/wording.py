# SPDX-License-Identifier: Apache-2.0
"""The fixed forms in which an event's evidence is put into words, and their inverse.

Whatever a memory says is either a quotation, or one of these forms filled with
quotations. So what is not in the sources can be found by a program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from claude_mem_core.domain.extraction.places import Line
from claude_mem_core.domain.extraction.purposes import Purpose

ELLIPSIS = "…"
LISTED = ", "
JOINT = "; "

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Wording:
    """A sentence with gaps; a gap whose name ends in `s` takes a list."""

    form: str
    _pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        gaps = _SLOT.sub(
            r"(?P<\1>.+?)", re.escape(self.form).replace(r"\{", "{").replace(r"\}", "}")
        )
        object.__setattr__(self, "_pattern", re.compile(gaps, re.DOTALL))

    def of(self, **pieces: Line) -> Line:
        """The sentence with its gaps filled, from the spans of all that fill them."""
        words = {name: piece.text for name, piece in pieces.items()}
        cited = (one for piece in pieces.values() for one in piece.cited)
        return Line(self.form.format(**words), tuple(dict.fromkeys(cited)))

    def pieces(self, text: str) -> list[str] | None:
        """What fills the gaps of a sentence; None when it has another form."""
        match = self._pattern.fullmatch(text)
        if match is None:
            return None
        return [
            piece
            for name, words in match.groupdict().items()
            for piece in (words.split(LISTED) if name.endswith("s") else [words])
        ]


PASSED = Wording("`{command}` passed")
FAILED = Wording("`{command}` failed: {complaint}")
FAILED_THEN_PASSED = Wording("`{command}` failed: {complaint}; later it passed")
WORKED_INSTEAD = Wording("`{command}` failed: {complaint}; what worked: `{worked}`")
FAILED_MUTE = Wording("`{command}` failed")
REPLACED = Wording("`{old}` became `{new}` in {file}")
FIXED_IN = Wording("{complaint}: fixed in {files}")
HOW_TO = {purpose: Wording(f"{purpose} with `{{command}}`") for purpose in Purpose}
TOLD_COMMAND = Wording("{label} `{command}`")
CHANGED_SYMBOLS = Wording("Changed {symbols} in {file}")
CHANGED_FILES = Wording("Changed {files}")
CREATED = Wording("Created {file}")
CREATED_SYMBOLS = Wording("Created {file} with {symbols}")
CHOSEN_FOR = Wording("{question} User chose “{choice}”: {option}")
AFTER = Wording("After: {said}")
ANSWERING = Wording("Answering: {offer}")
GOING_ON = Wording("Going on with: {said}")
DECIDED = Wording("Decided: {answer} (asked: {question})")
ANSWERED = Wording("{question} User: “{answer}”")
USER_SAID = Wording("User: “{quote}”")
LEAD = Wording("{label}:")
ITEM = Wording("- {item}")
SAMPLE = Wording("    {row}")
COMMITTED = Wording("Committed “{subject}”")
PROPOSED = Wording("Opened the pull request “{subject}”")
ON_THE_WAY = "On the way:"
"""What stands over what the agent said before its conclusion: it may hold no more."""

BEFORE_THE_CUT = "Before the talk was cut short:"
"""What stands over what the agent noted of a talk for the host that cut it."""

OVER_WORDS = frozenset((ON_THE_WAY, BEFORE_THE_CUT))
"""The lines of a narrative that are nobody's words."""

WORDINGS = (
    *(
        PASSED,
        FAILED,
        FAILED_THEN_PASSED,
        WORKED_INSTEAD,
        FAILED_MUTE,
        FIXED_IN,
        REPLACED,
    ),
    *(CHANGED_SYMBOLS, CHANGED_FILES, CREATED, CREATED_SYMBOLS),
    *(
        CHOSEN_FOR,
        ANSWERING,
        DECIDED,
        ANSWERED,
        USER_SAID,
        TOLD_COMMAND,
        *HOW_TO.values(),
    ),
    *(COMMITTED, PROPOSED),
    *(AFTER, GOING_ON, LEAD, ITEM, SAMPLE),
)


def listed(lines: list[Line]) -> Line:
    """Several pieces in one list."""
    cited = (one for line in lines for one in line.cited)
    return Line(LISTED.join(line.text for line in lines), tuple(dict.fromkeys(cited)))


def readings(text: str) -> Iterator[list[str]]:
    """The ways to take a sentence apart: as a quotation, or as one of the forms."""
    yield [text]
    for wording in WORDINGS:
        if (pieces := wording.pieces(text)) is not None:
            yield pieces


def is_filled(text: str) -> bool:
    """Whether a sentence is one of the forms, not a quotation."""
    return any(wording.pieces(text) is not None for wording in WORDINGS)
