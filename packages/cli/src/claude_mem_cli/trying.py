# SPDX-License-Identifier: Apache-2.0
"""One call of an agent's hook, from its command to the server's store and back.

It runs what the agent runs, with what the agent knows: neither the user's PATH nor
settings of the user's shell can hide a fault. Nothing of it is kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from typing import Any

from claude_mem_core.domain.installing import HookTrial, Site
from claude_mem_core.plugins import Installer

from claude_mem_cli.finding import Finding

WITHIN = 10.0
SESSION = "claude-mem-doctor"
PATH = "/usr/bin:/bin"
"""What a program that was started from a desktop has, and no more."""

_OK, _UNAUTHENTICATED, _FORBIDDEN = 200, 401, 403
_RESTART = "look at the server's log, then claude-mem server restart"


def tried(installer: Installer, site: Site) -> Finding:
    """How far the hook of an agent gets."""
    title = f"{installer.title} hook"
    again = f"claude-mem uninstall {installer.name}, then install it again"
    trial, begin = installer.trial(site), time.monotonic()
    try:
        done = _run(trial, site)
    except OSError as error:
        told = f"{trial.command[0]} does not start: {error.strerror}"
        return Finding("fault", title, told, again)
    except subprocess.TimeoutExpired:
        told = f"its command did not end within {WITHIN:.0f} seconds"
        return Finding("fault", title, told, _RESTART)
    try:
        said = json.loads(done.stdout)
    except ValueError:
        why = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        told = f"its command does not run: {why or f'it ends with {done.returncode}'}"
        cure = f"install claude-mem-cli for {trial.command[0]}, or {again}"
        return Finding("fault", title, told, cure)
    spent = round((time.monotonic() - begin) * 1000)
    return _of(said, title, again, spent)


def _run(trial: HookTrial, site: Site) -> subprocess.CompletedProcess[bytes]:
    cwd = site.project or site.home
    payload = json.dumps({"session_id": SESSION, "cwd": str(cwd)}).encode()
    env = {"PATH": PATH, "HOME": str(site.home), **trial.env}
    return subprocess.run(  # noqa: S603 - the command that was installed
        [*trial.command, "--dry-run"],
        input=payload,
        env=env,
        cwd=cwd if os.path.isdir(cwd) else None,  # noqa: PTH112 - a path of a value
        capture_output=True,
        timeout=WITHIN,
        check=False,
    )


def _of(said: Mapping[str, Any], title: str, again: str, spent: int) -> Finding:
    """What the command's report means."""
    url = said.get("url")
    if url is None:
        told = f"its command finds no server of {said['folder']}"
        return Finding("fault", title, told, "claude-mem server start --daemon")
    if not said["hasKey"]:
        return Finding("fault", title, "its command finds no key to show", again)
    status, answer = said.get("status"), said.get("said", {})
    if status in (_UNAUTHENTICATED, _FORBIDDEN):
        return Finding("fault", title, f"{url} refuses its key: {_why(said)}", again)
    if status != _OK:
        return Finding("fault", title, f"{url} fails it: {_why(said)}", _RESTART)
    return _taken(answer.get("dryRun"), title, again, f"{url} in {spent} ms")


def _why(said: Mapping[str, Any]) -> str:
    """What the server complained of, or why it said nothing."""
    answer = said.get("said", {})
    told = answer.get("detail") if isinstance(answer, dict) else None
    return str(told or said.get("failure") or f"it answers {said.get('status')}")


def _taken(
    outcome: Mapping[str, Any] | None, title: str, again: str, where: str
) -> Finding:
    if outcome is None:
        told = "the server is of another version, and kept the event of this check"
        return Finding("fault", title, told, "claude-mem server restart")
    if not outcome["isKept"]:
        told = "its events arrive, and nothing is kept of this folder's project"
        cure = "take it out of CLAUDE_MEM_EXCLUDED_PROJECTS, if that is not meant"
        return Finding("warning", title, told, cure)
    if not outcome["mayBeTold"]:
        told = "its events are kept, and its key does not allow context:read"
        return Finding("fault", title, told, again)
    told = f"it reaches {where}; events are kept and answered (this one was not kept)"
    return Finding("ok", title, told)
