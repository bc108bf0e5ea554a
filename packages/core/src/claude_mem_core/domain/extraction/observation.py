# SPDX-License-Identifier: Apache-2.0
"""A turn's memories: what was asked, what became of it, and what was learned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from claude_mem_core.domain.extraction.checks import Outcome, outcomes
from claude_mem_core.domain.extraction.evidence import Evidence, Said
from claude_mem_core.domain.extraction.kinds import (
    concepts_of,
    directives,
    reasons,
    standing_rules,
    type_of,
)
from claude_mem_core.domain.extraction.prose import (
    clipped,
    clipped_words,
    is_substantial,
    most_telling,
    opening,
    statements,
    telling,
    within,
)
from claude_mem_core.domain.extraction.tools import ToolUse
from claude_mem_core.domain.generation_job import SkipReason
from claude_mem_core.domain.memory_item import MemoryItemDraft, MemorySourceDraft
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.domain.terms import content_words
from claude_mem_core.domain.value import JsonObject

# Characters. On recorded sessions a narrative of 700 finds as much as an endless one,
# at two thirds of the size; one of 400 finds less.
LONGEST_TITLE = 100
LONGEST_PROMPT = 600
LONGEST_NARRATIVE = 700
LONGEST_FACTS = 500
LONGEST_REASONS = 300
LONGEST_STEP = 200
SUBTITLE_WORDS = 24
MOST_FILES = 20
MOST_SYMBOLS = 8
MOST_STEPS = 3

LEAST_VOCABULARY = 8
"""Different content words; a turn with fewer that changed nothing was small talk."""

_NEXT_STEP = re.compile(
    r"\b(?:next steps?|remaining|to-?do|still needs?|left to do|not yet"
    r"|follow-?ups?)\b",
    re.IGNORECASE,
)


def skip_reason(evidence: Evidence) -> SkipReason | None:
    """Why a turn is worth no memory, if it is worth none."""
    if evidence.is_private:
        return "private"
    if not evidence.tools and not evidence.conclusion:
        return "empty_turn"
    if any(use.files for use in evidence.writes):
        return None
    if any(standing_rules(_asked(evidence))):
        return None
    told = [*_told(evidence)]
    words = set(content_words(" ".join((_asked(evidence), *told))))
    small_talk = not told or len(words) < LEAST_VOCABULARY
    return "nothing_to_remember" if small_talk else None


@dataclass(frozen=True, slots=True)
class _Digest:
    """What a turn comes to.

    Attributes:
        subtitle: How it ended, in the agent's first words about it.
        narrative: The agent's most telling statements, and who said them.
        checks: How its tests, builds and linters ended.
        why: The agent's reasons.
    """

    asked: str
    headline: str
    subtitle: str
    narrative: dict[str, Said]
    checks: tuple[Outcome, ...]
    why: dict[str, Said]


def observations(
    evidence: Evidence, *, project: Project, session: ServerSession
) -> tuple[MemoryItemDraft, ...]:
    """The memories of a turn that is worth some, the main one first."""
    digest = _digest(evidence)
    chosen = list(directives(digest.asked))
    main = _main(digest, evidence, project, decided=bool(chosen))
    made = [main]
    if chosen and main.type != "decision":
        made.append(_decision(digest, evidence, project, chosen))
    return tuple(one.changed(server_session_id=session.id) for one in made)


def _digest(evidence: Evidence) -> _Digest:
    asked, told = _asked(evidence), _told(evidence)
    ending = [each for each, said in told.items() if said is evidence.conclusion]
    subtitle = clipped_words(opening(ending).rstrip(":"), SUBTITLE_WORDS)
    narrative = most_telling(
        ending,
        [each for each, said in told.items() if said is not evidence.conclusion],
        known=f"{asked} {subtitle}",
        budget=LONGEST_NARRATIVE,
    )
    return _Digest(
        asked=asked,
        headline=_headline(asked) or opening([*told]) or asked,
        subtitle=subtitle,
        narrative={each: told[each] for each in narrative},
        checks=tuple(outcomes(evidence.tools)),
        why={each: told[each] for each in within(reasons(told), LONGEST_REASONS)},
    )


def _main(
    digest: _Digest, evidence: Evidence, project: Project, *, decided: bool
) -> MemoryItemDraft:
    """What the turn was about, and what came of it."""
    written = _files(evidence.writes, project, evidence)
    changed = bool(evidence.writes)
    kind = type_of(digest.headline, digest.subtitle, changed=changed, decided=decided)
    return MemoryItemDraft(
        project_id=project.id,
        kind="observation",
        trust="agent",
        type=kind,
        title=clipped(digest.headline, LONGEST_TITLE) or ", ".join(written),
        subtitle=digest.subtitle or None,
        text=clipped(digest.asked, LONGEST_PROMPT) or None,
        narrative="\n".join(digest.narrative) or None,
        facts=tuple(_facts(evidence, digest.checks)),
        concepts=concepts_of(
            kind, " ".join((digest.asked, digest.subtitle, *digest.narrative))
        ),
        files_read=_files(evidence.reads, project, evidence),
        files_modified=written,
        metadata=_open_ends(evidence, digest.checks),
        sources=tuple(_sources(digest, evidence)),
    )


def _decision(
    digest: _Digest, evidence: Evidence, project: Project, chosen: Sequence[str]
) -> MemoryItemDraft:
    """What the user decided, in the user's words, and the agent's reasons."""
    prompt = [evidence.prompt] if evidence.prompt else []
    said = dict.fromkeys((*prompt, *digest.why.values()))
    return MemoryItemDraft(
        project_id=project.id,
        kind="observation",
        trust="user",
        type="decision",
        title=clipped(chosen[0], LONGEST_TITLE),
        text=clipped(" ".join(chosen), LONGEST_PROMPT),
        narrative="\n".join(digest.why) or None,
        concepts=concepts_of("decision", " ".join((*chosen, *digest.why))),
        sources=tuple(map(_spoken, said)),
    )


def _headline(asked: str) -> str:
    """The first statement of the prompt that says what it is about."""
    return next(
        (s for s in statements(asked) if is_substantial(s) and not s.endswith(":")), ""
    )


def _asked(evidence: Evidence) -> str:
    return evidence.prompt.text if evidence.prompt else ""


def _told(evidence: Evidence) -> dict[str, Said]:
    """What the agent's messages state and who says it, the conclusion first."""
    last = [evidence.conclusion] if evidence.conclusion else []
    told: dict[str, Said] = {}
    for said in (*last, *evidence.said):
        for statement in telling(said.text):
            told.setdefault(statement, said)
    return told


def _facts(evidence: Evidence, checks: Sequence[Outcome]) -> Iterator[str]:
    changed: dict[str, dict[str, None]] = {}
    for use in evidence.writes:
        for path in use.files:
            changed.setdefault(_name(path), {}).update(dict.fromkeys(use.symbols))
    facts = [_changed(name, list(symbols)) for name, symbols in changed.items()]
    yield from within((*(check.text for check in checks), *facts), LONGEST_FACTS)


def _changed(name: str, symbols: Sequence[str]) -> str:
    listed = ", ".join(symbols[:MOST_SYMBOLS])
    return f"changed {name}: {listed}" if listed else f"changed {name}"


def _open_ends(evidence: Evidence, checks: Iterable[Outcome]) -> JsonObject:
    """What the turn left open: failing checks, and what the agent named as next."""
    last = evidence.conclusion.text if evidence.conclusion else ""
    steps = [
        clipped(each, LONGEST_STEP)
        for each in statements(last)
        if is_substantial(each) and (_NEXT_STEP.search(each) or each.endswith("?"))
    ]
    found = {
        "nextSteps": [*steps[:MOST_STEPS]],
        "unresolved": [check.text for check in checks if check.is_open],
    }
    return {name: list(texts) for name, texts in found.items() if texts}


def _files(
    uses: Iterable[ToolUse], project: Project, evidence: Evidence
) -> tuple[str, ...]:
    root = project.root_path or evidence.folder
    paths = dict.fromkeys(_within(path, root) for use in uses for path in use.files)
    return tuple(paths)[:MOST_FILES]


def _within(path: str, root: str) -> str:
    """The path as the project knows it, when it is inside the project."""
    folder = root.rstrip("/\\") + "/"
    plain = path.replace("\\", "/")
    inside = root and plain.startswith(folder.replace("\\", "/"))
    return plain[len(folder) :] if inside and len(plain) > len(folder) else path


def _name(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path


def _sources(digest: _Digest, evidence: Evidence) -> Iterator[MemorySourceDraft]:
    """The events that the memory comes from, each once."""
    ends = [said for said in (evidence.prompt, evidence.conclusion) if said]
    said = dict.fromkeys((*ends, *digest.narrative.values()))
    yield from map(_spoken, said)
    shown = dict.fromkeys((*_touching(evidence), *_checking(digest.checks)))
    spoken = {each.event_id for each in said}
    for event_id in (at for at in shown if at not in spoken):
        yield MemorySourceDraft(source_type="agent_event", event_id=event_id)


def _touching(evidence: Evidence) -> Iterator[str]:
    """The events that show the files that are named: for each file the first."""
    for uses in (evidence.writes, evidence.reads):
        first: dict[str, str] = {}
        for use in uses:
            for path in use.files:
                first.setdefault(path, use.event_id)
        yield from islice(first.values(), MOST_FILES)


def _checking(checks: Iterable[Outcome]) -> Iterator[str]:
    for check in checks:
        yield from check.event_ids


def _spoken(said: Said) -> MemorySourceDraft:
    return MemorySourceDraft(
        source_type="agent_event", event_id=said.event_id, json_path=said.json_path
    )
