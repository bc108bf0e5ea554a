# SPDX-License-Identifier: Apache-2.0
"""The part of docs/reference/agents.md that lists hosts, written from their tables.

python -m claude_mem_agents.reference docs/reference/agents.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from claude_mem_core.domain.agent_event import (
    SESSION_END,
    SESSION_START,
    TURN_END,
    USER_PROMPT,
)

from claude_mem_agents.host import (
    FIELDS,
    METADATA,
    Fails,
    Hook,
    Host,
    Is,
    Joined,
    Parsed,
)
from claude_mem_agents.host import Source as Found
from claude_mem_agents.hosts import HOSTS

BEGINS = "<!-- The hosts, as their tables in packages/agents have them. -->\n"
ENDS = "<!-- The end of the hosts. -->\n"

ROLES = {
    USER_PROMPT: "opens a turn, and ends the one before it",
    TURN_END: "ends the turn: its memories are made now",
    SESSION_END: "ends the turn and the session, which gets a summary",
    SESSION_START: "part of its turn",
}
TOLD = {
    "start": "what is known of the project",
    "prompt": "what fits the prompt",
    "file": "what is known of the file",
    "failure": "what mended that failure before",
    None: "",
}


def hosts() -> str:
    """The section of every host, in Markdown."""
    return "\n".join("".join(_section(host)) for host in HOSTS)


def rewritten(page: str) -> str:
    """The page with the part of the hosts as their tables have it now."""
    before, _, rest = page.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    return f"{before}{BEGINS}\n{hosts()}\n{ENDS}{after}"


def _section(host: Host) -> Iterator[str]:
    yield f"## {host.title}\n\n"
    yield f"`/hooks/{host.name}/NAME`; `platformSource` is `{host.platform}`.\n\n"
    yield "| hook | event type | what it does | what may be told at it |\n"
    yield "|---|---|---|---|\n"
    for name, hook in host.hooks.items():
        kind = f"`{hook.event_type}`"
        if hook.fails is not None:
            kind += ", or `tool_failure`"
        does = ROLES.get(hook.event_type, "part of its turn")
        yield f"| `{name}` | {kind} | {does} | {TOLD[hook.moment]} |\n"
    yield "\n| field of the event | where the host has it |\n|---|---|\n"
    for name in FIELDS:
        place = f"`metadata.{name}`" if name in METADATA else f"`{name}`"
        yield f"| {place} | {_either(host.paths(name))} |\n"
    yield from _added(host)
    yield f"\n{_taking(host)}\n"
    if host.remarks:
        yield f"\n{host.remarks}\n"


def _added(host: Host) -> Iterator[str]:
    rows = [
        f"| `{name}` | {_adds(hook)} |\n"
        for name, hook in host.hooks.items()
        if hook.adds or hook.fails
    ]
    if rows:
        yield "\n| hook | what is added to its payload |\n|---|---|\n"
        yield from rows


def _adds(hook: Hook) -> str:
    told = [f"`{name}` {_from(source)}" for name, source in hook.adds.items()]
    if hook.fails is not None:
        told.append(_failing(hook.fails))
    return "; ".join(told)


def _failing(fails: Fails) -> str:
    well = " or ".join(f"`{value}`" for value in fails.unless)
    rule = f"failed where {_from(fails.path)[5:]} is there"
    rule += f" and not {well}" if well else ""
    if fails.error is not None:
        rule += f", then `error` {_from(fails.error)}"
    return rule


def _from(source: Found) -> str:
    match source:
        case str():
            told = f"from `{source}`"
        case Is(value):
            told = f"is `{value}`"
        case Parsed(path):
            told = f"from `{path}`, whose text is read as JSON"
        case Joined(start, paths):
            told = f"from `{start}` and {' and '.join(f'`{one}`' for one in paths)}"
        case tuple():
            told = f"from {_either(source)}"
        case _:
            parts = ", ".join(f"`{name}` {_from(one)}" for name, one in source.items())
            told = f"made of {parts}"
    return told


def _either(paths: tuple[str, ...]) -> str:
    return ", else ".join(f"`{path}`" for path in paths)


def _taking(host: Host) -> str:
    told = any(hook.moment for hook in host.hooks.values())
    lines = [f"It is told things in {host.says}" if told else "It is told nothing"]
    if told:
        lines[0] += f", at most {host.most_told} characters at once"
    if host.note is not None:
        lines.append(f"a line for a person goes into `{host.note}`")
    if host.go_on:
        names = ", ".join(f"`{name}`" for name in sorted(host.go_on))
        lines.append(f'every answer to {names} has `"continue": true`')
    enough = ", ".join(f"`{name}`" for name in host.enough)
    whole = "What to hook, so that nothing is missed or told twice"
    return f"{'; '.join(lines)}. {whole}: {enough}."


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(rewritten(page.read_text("utf-8")), "utf-8")
