# SPDX-License-Identifier: Apache-2.0
"""Files of an agent, as they are and as they would be."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from claude_mem_core.domain.installing import FileChange, Site
from claude_mem_core.errors import InvalidInputError

from claude_mem_agents.installing import jsonc

CLI, HOOK = "claude_mem_cli", "claude_mem_cli.hook"
"""The package of the hook command, and by what a command is known to be ours."""

PROGRAM = (
    "import sys; sys.path[:0] = sys.argv[1:2]; "
    f"from {HOOK}.main import main; main(sys.argv[2:])"
)
"""Starts the hook command from the folder that it is in.

Python runs it apart from its environment and without its site packages: that saves half
of the time that a start takes, and no module of the project that the agent works in can
stand in for one of ours. Where the folder is gone it ends with 1, which agents take for
a fault of the hook; the name of a file that is not there would end it with 2, by which
a hook forbids.
"""
MCP = "claude_mem_mcp_adapter"
ASKS = frozenset(
    {
        *("events:write", "sessions:write", "context:read", "projects:read"),
        *("memories:read", "memories:write"),
    }
)
"""The scopes that the hooks, the tools and what fills in lost events need of a key."""


def read(path: Path) -> bytes | None:
    """What a file holds; None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error


def edited(
    path: Path, edit: Callable[[str], str], *, is_private: bool = False
) -> Sequence[FileChange]:
    """The change of a text; none where it stays the same.

    Raises:
        InvalidInputError: It is not in the form that is expected of it.
    """
    before = read(path)
    try:
        text = (before or b"").decode("utf-8")
        after = edit(text)
    except ValueError as error:
        raise _unreadable(path, error) from error
    if after == text:
        return ()
    kept = after.encode() if after.strip() else None
    return (FileChange(path, before, kept, is_private),)


def written(path: Path, text: str) -> Sequence[FileChange]:
    """The change that makes a file of ours hold this."""
    before, after = read(path), text.encode()
    return () if before == after else (FileChange(path, before, after),)


def removed(path: Path) -> Sequence[FileChange]:
    """The change that takes a file of ours away."""
    before = read(path)
    return () if before is None else (FileChange(path, before, None),)


def document(path: Path) -> Any:  # noqa: ANN401 - any JSON
    """What a file of settings says; an empty object where there is none."""
    try:
        return jsonc.value((read(path) or b"").decode("utf-8"))
    except ValueError as error:
        raise _unreadable(path, error) from error


def pretty(value: object) -> str:
    """A file of ours."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def hook_command(site: Site, agent: str) -> Sequence[str]:
    """The hook command of an agent, before the name of an event."""
    found = find_spec(CLI)
    if found is None or found.origin is None:
        return (site.python, "-m", HOOK, agent)
    folder = Path(found.origin).parent.parent
    return (site.python, "-I", "-S", "-c", PROGRAM, str(folder), agent)


def mcp_server(site: Site, key: Path | None = None) -> Mapping[str, Any] | None:
    """How the memory's tools are started; None where they are not installed.

    Args:
        site: Where they are installed.
        key: The file of the key that they show, where the agent's settings have none:
            without one they would do all that the user may.
    """
    if find_spec(MCP) is None or find_spec(f"{MCP}.__main__") is None:
        return None
    env = {"CLAUDE_MEM_DATA_DIR": str(site.folder)}
    if key is not None:
        env["CLAUDE_MEM_API_KEY_FILE"] = str(key)
    return {"command": site.python, "args": ["-P", "-m", MCP], "env": env}


def _unreadable(path: Path, error: Exception) -> InvalidInputError:
    cause = f"it cannot be read: {error}"
    return InvalidInputError.of(str(path), cause, "mend the file, or move it away")
