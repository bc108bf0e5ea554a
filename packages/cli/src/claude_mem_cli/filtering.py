# SPDX-License-Identifier: Apache-2.0
"""The filters of a question as options of a command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from claude_mem_core.domain.value import JsonObject
from pydantic import JsonValue

from claude_mem_cli.jobs import as_span

F = TypeVar("F", bound=Callable[..., Any])

_LISTS = {
    "kind": ("kind", "Of this kind: observation, summary, prompt or manual."),
    "type": ("type", "Of this type, such as decision or bugfix."),
    "concept": ("concept", "With this concept."),
    "file": ("file", "Of this file, or of files directly in this folder."),
    "session": ("sessionId", "Of this session, by its id."),
    "platform": ("platformSource", "Of sessions on this platform."),
    "author": ("author", "Said by this one."),
    "trust": ("trust", "Trusted so: user, agent, tool or import."),
}
_MOMENTS = {
    "since": ("dateStart", "Of this time on: 7d, 2026-03-01, or a time."),
    "until": ("dateEnd", "Up to this time."),
    "as-of": ("asOf", "What held then."),
    "known-at": ("knownAt", "What was recorded by then."),
}
_FLAGS = {
    "superseded": ("includeSuperseded", "Those too whose place another took."),
    "expired": ("includeExpired", "Those too that hold no longer."),
}


def moment_options(command: F) -> F:
    """Give a command the options of another time."""
    for name in ("known-at", "as-of"):
        command = click.option(f"--{name}", help=_MOMENTS[name][1])(command)
    return command


def filter_options(command: F) -> F:
    """Give a command an option for each filter; those of lists may be repeated."""
    for name, (_, text) in reversed(_FLAGS.items()):
        command = click.option(f"--{name}", is_flag=True, help=text)(command)
    for name, (_, text) in reversed(_MOMENTS.items()):
        command = click.option(f"--{name}", help=text)(command)
    for name, (_, text) in reversed(_LISTS.items()):
        command = click.option(f"--{name}", multiple=True, help=text)(command)
    return command


def told(options: Mapping[str, Any], *, now: int) -> JsonObject:
    """What the options say, as the question says it; what is not said is left out."""
    lists = {wire: joined(options.get(name, ())) for name, (wire, _) in _LISTS.items()}
    moments = {
        wire: moment(options.get(name.replace("-", "_")), now=now)
        for name, (wire, _) in _MOMENTS.items()
    }
    flags = {wire: options.get(name) for name, (wire, _) in _FLAGS.items()}
    return {key: one for key, one in {**lists, **moments, **flags}.items() if one}


def at(epoch: int) -> str:
    """A moment as it is shown, in UTC."""
    return f"{datetime.fromtimestamp(epoch / 1000, UTC):%Y-%m-%d %H:%M}"


def moment(text: str | None, *, now: int) -> str | int | None:
    """The moment that an option says; of a span, so long before now."""
    span = None if text is None else as_span(text)
    return text if span is None else max(0, now - span)


def joined(values: Sequence[str]) -> JsonValue:
    """What an option says that may be given several times, each with commas."""
    if len(values) > 1 and any(value.lstrip().startswith("[") for value in values):
        return [*values]
    return ",".join(values)
