# SPDX-License-Identifier: Apache-2.0
"""Whether what is installed works, and what to do where it does not."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

from claude_mem_core.domain.access import KeyFacts
from claude_mem_core.domain.installing import Site
from claude_mem_core.domain.scopes import allows
from claude_mem_core.domain.team import LOCAL_TEAM_ID
from claude_mem_core.errors import ClaudeMemError
from claude_mem_core.plugins import Installer

from claude_mem_cli import installing, server_files, spooled
from claude_mem_cli.connect import connected
from claude_mem_cli.finding import Finding, Level
from claude_mem_cli.info import server_info
from claude_mem_cli.keys import standing
from claude_mem_cli.trying import tried
from claude_mem_cli.versions import own_version

COMMANDS = ("claude-mem", "claude-mem-hook")


def findings(
    env: Mapping[str, str], site: Site, chosen: Sequence[Installer], *, named: bool
) -> Iterator[Finding]:
    """How each part is.

    Args:
        env: The settings.
        site: Where hooks may be installed.
        chosen: The agents that are looked at.
        named: They were asked for, so that one without hooks is a fault.
    """
    yield from _names()
    yield from _server(site.folder)
    yield from _spool(site.folder)
    for installer in chosen:
        if installing.receipt_of(installer, site).after:
            yield from _agent(env, installer, site)
        elif named or installer.is_there(site):
            cure = f"claude-mem install {installer.name}"
            level: Level = "fault" if named else "warning"
            yield Finding(level, installer.title, "no hooks are installed", cure)


def _names() -> Iterator[Finding]:
    """Whether another distribution has a command of the same name."""
    for name in COMMANDS:
        owners = sorted(
            {
                one.dist.name
                for one in entry_points(group="console_scripts", name=name)
                if one.dist is not None
            }
        )
        if len(owners) > 1:
            told = f"{' and '.join(owners)} both claim it"
            cure = "pip uninstall the one that is not claude-mem-cli, then install it"
            yield Finding("fault", f"command {name}", told, cure)


def _server(folder: Path) -> Iterator[Finding]:
    seen = server_files.look(folder)
    if seen.record is None or seen.state != "alive":
        told = f"none runs on {folder}"
        yield Finding("fault", "server", told, "claude-mem server start --daemon")
        return
    try:
        info = server_info(seen.record)
    except ClaudeMemError as error:
        cure = "look at its log, then claude-mem server restart"
        yield Finding("fault", "server", str(error), cure)
        return
    ours, theirs = own_version(), info["version"]
    if ours != theirs:
        told = f"it has version {theirs}, this command {ours}"
        yield Finding("fault", "server", told, "claude-mem server restart")
    else:
        yield Finding("ok", "server", f"version {theirs} at {seen.record.url}")
    for issue in info["issues"]:
        told = f"{issue['field']}: {issue['cause']}"
        yield Finding("fault", "server", told, issue["cure"])
    for warning in info["queue"]["details"].get("warnings", ()):
        yield Finding("warning", "store", warning, "see the message")


def _spool(folder: Path) -> Iterator[Finding]:
    waiting, refused = spooled.depth(folder), spooled.refused(folder)
    dropped = spooled.dropped(folder)
    if waiting:
        cure = "claude-mem server start --daemon; it takes them in within seconds"
        yield Finding("warning", "spool", f"{waiting} events wait in it", cure)
    if dropped:
        told = f"{dropped} events were dropped, as it was full"
        yield Finding("fault", "spool", told, "start the server before agents work")
    if refused:
        told = f"{refused} events could not be taken in"
        cure = f"see the server's log; they are in {folder / 'spool' / spooled.REFUSED}"
        yield Finding("warning", "spool", told, cure)
    if not (waiting or dropped or refused):
        yield Finding("ok", "spool", "empty")


def _agent(
    env: Mapping[str, str], installer: Installer, site: Site
) -> Iterator[Finding]:
    title, cure = installer.title, f"claude-mem install {installer.name}"
    try:
        key = installer.installed_key(site)
        changes = installer.install(replace(site, key=key))
    except ClaudeMemError as error:
        yield Finding("fault", title, str(error), "mend the file")
        return
    if key is None:
        yield Finding("fault", title, "its settings have no key", cure)
    for one in changes:
        yield Finding("fault", title, f"{one.path} is not as it was installed", cure)
    if key is not None and not changes:
        yield Finding("ok", title, "its files are as they were installed")
        yield from _key(env, installer, site)
        yield tried(installer, site)


def _key(env: Mapping[str, str], installer: Installer, site: Site) -> Iterator[Finding]:
    again = f"claude-mem uninstall {installer.name}, then install it again"
    what = f"{installer.title} key"
    key_id = installing.receipt_of(installer, site).key_id
    with connected(env) as client:
        team = client.team(LOCAL_TEAM_ID)
        known = {one.id: one for one in team.list_keys()}
        members = [one.user_id for one in team.members()]
    facts = known.get(key_id or "")
    if facts is None:
        yield Finding("fault", what, "the server knows no such key", again)
        return
    now = time.time_ns() // 1_000_000
    state = standing(facts, members, now=now)
    if state not in ("active", "rotated"):
        yield Finding("fault", what, f"it is {state}", again)
        return
    lacking = _lacking(facts, installer)
    if lacking:
        yield Finding("fault", what, f"it lacks {', '.join(lacking)}", again)
        return
    yield Finding("ok", what, f"it allows what {installer.title} does")


def _lacking(facts: KeyFacts, installer: Installer) -> Sequence[str]:
    held = frozenset(facts.scopes)
    return [one for one in sorted(installer.asks) if not allows(held, one)]
