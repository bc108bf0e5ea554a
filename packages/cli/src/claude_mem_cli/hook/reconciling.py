# SPDX-License-Identifier: Apache-2.0
"""Starting what fills in, from the agent's transcript, whatever its hooks lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claude_mem_cli.hook import beginning, detached

_TRANSCRIPT = ("transcript_path", "transcriptPath")
_FOLDER = ("cwd", "directory")


def start(agent: str, body: bytes, env: Mapping[str, str], *, begins: bool) -> None:
    """Start it, and wait for nothing.

    Args:
        agent: The agent's name in addresses.
        body: What its hook said, as JSON.
        env: The environment of the hook.
        begins: A session begins: those before it of its folder are looked at too.
    """
    payload = beginning.payload_of(body)
    args = ["reconcile", "--hook", agent]
    folder = _first(payload, _FOLDER) or _first_root(payload)
    if folder:
        args += ["--folder", folder]
    if begins:
        args.append("--previous")
    transcript = _first(payload, _TRANSCRIPT)
    if transcript:
        args += ["--", transcript]
    elif not begins:
        # Nobody could say which session is meant.
        return
    detached.start(args, env)


def _first(payload: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = payload.get(name)
        if isinstance(value, str) and value and "\0" not in value:
            return value
    return None


def _first_root(payload: Mapping[str, Any]) -> str | None:
    roots = payload.get("workspace_roots")
    first = roots[0] if isinstance(roots, list) and roots else None
    return first if isinstance(first, str) and "\0" not in first else None
