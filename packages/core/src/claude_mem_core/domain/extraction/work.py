# SPDX-License-Identifier: Apache-2.0
"""The main memory of a turn: what was asked, what became of it, what was learned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from claude_mem_core.domain.extraction.asked import (
    context_of,
    own_words,
    request_of,
)
from claude_mem_core.domain.extraction.checks import Ending, Run
from claude_mem_core.domain.extraction.choices import choices
from claude_mem_core.domain.extraction.commands import told_commands
from claude_mem_core.domain.extraction.commits import Commit, commits
from claude_mem_core.domain.extraction.detours import Detour, detours
from claude_mem_core.domain.extraction.drafts import Memo
from claude_mem_core.domain.extraction.episodes import Episode, episodes
from claude_mem_core.domain.extraction.evidence import Evidence
from claude_mem_core.domain.extraction.files import (
    changes,
    changes_title,
    files_of,
    replacements,
)
from claude_mem_core.domain.extraction.kinds import (
    CHORE,
    DIAGNOSIS,
    PROCEDURE,
    REPAIRED,
    TROUBLE,
    change_type,
    concepts_of,
    finding_type,
)
from claude_mem_core.domain.extraction.markdown import Form, Statement, statements
from claude_mem_core.domain.extraction.places import Cited, Line
from claude_mem_core.domain.extraction.prompts import main_request, own_statements
from claude_mem_core.domain.extraction.prose import (
    clipped,
    is_substantial,
    substance,
)
from claude_mem_core.domain.extraction.retelling import retold
from claude_mem_core.domain.extraction.titles import (
    LONGEST_TITLE,
    TELLS_BEST,
    Candidate,
    is_clear,
    is_imperative,
    outcome_title,
    request_title,
)
from claude_mem_core.domain.extraction.wording import (
    FAILED,
    FAILED_MUTE,
    FAILED_THEN_PASSED,
    PASSED,
)
from claude_mem_core.domain.terms import content_words
from claude_mem_core.domain.value import JsonObject

# Characters.
LONGEST_FACTS = 600
LONGEST_STEP = 200
MOST_STEPS = 3
MOST_CHECKS = 4
MOST_REPLACEMENTS = 2
MOST_COMMITS = 3

LEAST_LEARNED = 8
"""Words of weight in question and answer, of a turn that changed nothing."""

LEAST_WITHOUT_POINT = 40
"""The same where no statement of the answer is its point: then it must be long."""

LEAST_OF_CHORE = 25
"""Words of weight in the answer to a chore, such as to commit."""

BARELY = 0.5
"""The score of a statement that tells at least more than the names of files."""

_NEXT_STEP = re.compile(
    r"\b(?:next steps?|remaining|to-?do|still needs?|left to do|not yet"
    r"|follow-?ups?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Work:
    """A turn's work as its main memory tells it."""

    evidence: Evidence
    root: str

    @property
    def is_worth_telling(self) -> bool:
        """Whether something changed, or enough was said about what holds."""
        if self.evidence.writes:
            return self._says_more_than_files
        return bool(self.commits) or self._found_enough

    @property
    def _found_enough(self) -> bool:
        """Whether enough was said by a turn that changed nothing."""
        told = sum(substance(one.text) for one in self.evidence.concluded)
        if told < LEAST_OF_CHORE and self._is_chore:
            return False
        if self.outcome:
            return told + substance(self._asked) >= LEAST_LEARNED
        if self._commands:
            return self.request is not None
        return told >= LEAST_WITHOUT_POINT and self._asks_something

    @cached_property
    def memo(self) -> Memo:
        """The memory."""
        kind = self._kind
        told = " ".join((self.title.text, *(line.text for line in self.narrative)))
        return Memo(
            type=kind,
            trust="agent",
            title=self.title,
            subtitle=self._subtitle,
            text=self.text,
            narrative=self.narrative,
            facts=tuple(_within(self._facts(), LONGEST_FACTS)),
            concepts=concepts_of(kind, f"{self._asked} {told}"),
            files_read=files_of(self.evidence.reads, self.root),
            files_modified=files_of(self.evidence.writes, self.root),
            shown=tuple(self._shown(kind)),
            metadata=self._metadata(),
        )

    @cached_property
    def title(self) -> Line:
        """What happened or what holds, else what was asked or done."""
        return next(self._titles())

    def _titles(self) -> Iterator[Line]:
        """The lines that could be the title, the best first."""
        if self._only_commits:
            yield from (one.subject for one in self.commits)
        if self.outcome and not self._is_asked_better:
            yield self.outcome.line
        is_found = not self.evidence.writes
        if self.request and (is_found or is_imperative(self.request)):
            yield request_title(self.request)
        if said := outcome_title(self.told, asked=(), changed=True, least=BARELY):
            yield said.line
        for choice in choices(self.evidence):
            yield choice.title.saying(clipped(choice.title.text, LONGEST_TITLE))
        if self.request and is_substantial(self.request.text):
            yield request_title(self.request)
        yield changes_title(self.evidence.writes, self.root)

    @cached_property
    def narrative(self) -> tuple[Line, ...]:
        """What the agent said of it."""
        return retold(self.evidence, known=f"{self._asked} {self.title.text}")

    @cached_property
    def solved(self) -> tuple[Episode, ...]:
        """The errors that the turn got rid of."""
        return tuple(one for one in episodes(self.evidence) if not one.is_trivial)

    @cached_property
    def got_round(self) -> tuple[Detour, ...]:
        """The commands that failed until they were given in another way."""
        return tuple(detours(self.evidence))

    @cached_property
    def commits(self) -> tuple[Commit, ...]:
        """What was committed, or proposed."""
        return tuple(islice(commits(self.evidence.tools), MOST_COMMITS))

    @cached_property
    def _only_commits(self) -> bool:
        """Whether it was asked to commit, and no more than that."""
        return bool(self.commits and not self.evidence.writes and self._is_chore)

    @cached_property
    def outcome(self) -> Candidate | None:
        """The agent's statement that tells best what came of it."""
        # Where nothing changed, what was thought on the way may not hold.
        before = [one for _, one in reversed(self.evidence.on_the_way)]
        return outcome_title(
            self.evidence.concluded,
            before if self.evidence.writes else (),
            asked=set(content_words(self._asked)),
            changed=bool(self.evidence.writes),
        )

    @cached_property
    def _is_asked_better(self) -> bool:
        """Whether the request tells better than any word of the agent."""
        if self.request is None or not is_clear(self.request):
            return False
        if self.evidence.writes and not is_imperative(self.request):
            return False
        return self.outcome is None or self.outcome.score < TELLS_BEST

    @cached_property
    def _commands(self) -> tuple[Line, ...]:
        """The commands that the answer gives."""
        last = self.evidence.conclusion
        return tuple(told_commands(last.passage)) if last else ()

    @cached_property
    def told(self) -> list[Statement]:
        """The agent's statements, the conclusion's first."""
        return [*self.evidence.concluded, *(one for _, one in self.evidence.on_the_way)]

    @cached_property
    def request(self) -> Statement | None:
        """The statement of the prompt that says what it is about."""
        return main_request(self.evidence.prompt) if self.evidence.prompt else None

    @cached_property
    def _asked(self) -> str:
        return self.text.text if self.text else ""

    @property
    def own_words(self) -> Line | None:
        """The request without what was pasted into it."""
        return own_words(self.evidence)

    @cached_property
    def text(self) -> Line | None:
        """The request, its statements a line each."""
        return request_of(self.evidence)

    @property
    def _asks_something(self) -> bool:
        """Whether the request tells by itself what the answer is about."""
        if self.request is None:
            return False
        return not PROCEDURE.match(request_title(self.request).text)

    @property
    def _is_chore(self) -> bool:
        prompt = self.evidence.prompt
        if self.request:
            return bool(CHORE.match(request_title(self.request).text))
        return bool(prompt and CHORE.match(prompt.text.strip()))

    @property
    def _says_more_than_files(self) -> bool:
        """Whether more is known of a change than the names of its files."""
        if (
            self.evidence.concluded
            or self.request
            or context_of(self.evidence)
            or self.solved
        ):
            return True
        return bool(self.narrative) or any(True for _ in self._facts())

    @property
    def _subtitle(self) -> Line | None:
        """What was asked, where the title tells what came of it, or the other way."""
        if self._only_commits or not (self.outcome and self.request):
            return None
        if self._is_asked_better:
            return self.outcome.line
        return request_title(self.request)

    @cached_property
    def _kind(self) -> str:
        if self._only_commits:
            return change_type(self.title.text, "")
        if not self.evidence.writes:
            return finding_type(f"{self._asked} {self.title.text}")
        if self._trouble and self._repair:
            return "bugfix"
        asked = request_title(self.request).text if self.request else ""
        return change_type(asked, self.title.text)

    @cached_property
    def _trouble(self) -> Cited | None:
        """The user's report that something is wrong, or the agent's diagnosis."""
        said = own_statements(self.evidence.prompt) if self.evidence.prompt else []
        if self.request and self.request not in said:
            said.append(self.request)
        reports = (one for one in said if TROUBLE.search(one.text))
        told = (one for one in self.told if DIAGNOSIS.search(one.text))
        return next((one.line("failure").cited[0] for one in (*reports, *told)), None)

    @cached_property
    def _repair(self) -> Cited | None:
        """The agent's last word that it is mended, or the failed check that passes.

        A pass of other checks shows that nothing else broke, not that this is mended.
        """
        last = self.evidence.conclusion
        for one in statements(last.passage) if last else ():
            if REPAIRED.search(one.text):
                return one.line("success").cited[0]
        passed = (one.passed.told for one in self.solved)
        return next((told.cited[0] for told in passed if told), None)

    def _shown(self, kind: str) -> Iterator[Cited]:
        if kind == "bugfix":
            yield from (one for one in (self._trouble, self._repair) if one)

    def _facts(self) -> Iterator[Line]:
        yield from (one.fact for one in self.commits)
        yield from checks(self.evidence.runs)
        yield from changes(self.evidence.writes, self.root)
        yield from islice(replacements(self.evidence.writes), MOST_REPLACEMENTS)
        if not self.evidence.writes:
            yield from self._commands

    def _metadata(self) -> JsonObject:
        """What the turn left open, and the errors it can be looked up by."""
        last = self.evidence.conclusion
        steps = [
            clipped(one.text, LONGEST_STEP)
            for one in (statements(last.passage) if last else ())
            if one.form is not Form.HEADING
            and is_substantial(one.text)
            and (_NEXT_STEP.search(one.text) or one.text.endswith("?"))
        ]
        mended = {one.failed.same for one in self.got_round}
        open_ends = [
            line.text
            for run, line in _latest(self.evidence.runs)
            if _is_open(run) and run.same not in mended
        ]
        signatures = sorted(
            (one.signature for one in self.solved if one.signature), key=_is_verdict
        )
        found = {
            "nextSteps": steps[:MOST_STEPS],
            "unresolved": open_ends,
            "signature": signatures[:1],
        }
        return {
            name: list(texts) if name != "signature" else texts[0]
            for name, texts in found.items()
            if texts
        }


def _is_verdict(signature: str) -> bool:
    """Whether an error says only which test failed, not why."""
    return signature.startswith("--- fail")


def checks(runs: Sequence[Run]) -> Iterator[Line]:
    """Each check that was run, as how it ended; the first complaint is kept."""
    yield from (line for _, line in _latest(runs)[:MOST_CHECKS])


def _latest(runs: Sequence[Run]) -> list[tuple[Run, Line]]:
    """Each check's last run whose end was seen, and how it is told."""
    own: dict[str, list[Run]] = {}
    for run in runs:
        if run.ending is not Ending.UNSEEN:
            own.setdefault(run.same, []).append(run)
    return [(each[-1], _told(each)) for each in own.values()]


def _told(runs: Sequence[Run]) -> Line:
    last = runs[-1]
    failed = next((run for run in runs if run.ending is Ending.FAILED), None)
    if failed is None:
        return _shown_by(PASSED.of(command=last.command), last)
    if failed.told is None:
        known = FAILED_MUTE if last.ending is Ending.FAILED else PASSED
        return _shown_by(known.of(command=last.command), last)
    if last.ending is Ending.FAILED:
        return FAILED.of(command=failed.command, complaint=failed.told)
    told = FAILED_THEN_PASSED.of(command=failed.command, complaint=failed.told)
    return _shown_by(told, last)


def _shown_by(line: Line, run: Run) -> Line:
    """The line with the place that shows how the run ended."""
    return Line(line.text, (*line.cited, *(run.told.cited if run.told else ())))


def _is_open(run: Run) -> bool:
    return run.ending is Ending.FAILED


def _within(lines: Iterator[Line], budget: int) -> Iterator[Line]:
    """As many of the first lines as the budget of characters holds."""
    for line in lines:
        budget -= len(line.text) + 1
        if budget < 0:
            return
        yield line
