# SPDX-License-Identifier: Apache-2.0
"""OpenCode: a plugin in its own folder of plugins, and the memory's tools.

OpenCode runs no commands at its events. It loads each file of JavaScript in its folder
of plugins; ours hands the events on to the hook command, so that a server that is away
is started, and what it misses is kept, as with every other agent. The key is in the
data folder, where the command looks for it: the plugin holds none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from claude_mem_core.domain.installing import FileChange, HookTrial, Site
from claude_mem_core.ports.installers import AgentInstaller
from typing_extensions import override

from claude_mem_agents.installing import jsonc
from claude_mem_agents.installing.files import (
    ASKS,
    edited,
    hook_command,
    mcp_server,
    read,
    removed,
    written,
)
from claude_mem_agents.opencode import HOST

PLUGIN = "claude-mem.js"
ENTRY = ("mcp", "claude-mem")
CONFIGS = ("opencode.jsonc", "opencode.json")
"""Its files of settings; it reads both, and what stands in the first one counts."""

NOTE = (
    "// Written by `claude-mem install opencode`; `claude-mem uninstall opencode` "
    "takes it away."
)


class OpenCodeInstaller(AgentInstaller):
    """OpenCode's folder of plugins, and its settings."""

    @property
    @override
    def name(self) -> str:
        return HOST.name

    @property
    @override
    def title(self) -> str:
        return HOST.title

    @property
    @override
    def asks(self) -> frozenset[str]:
        return ASKS

    @override
    def is_there(self, site: Site) -> bool:
        ours = (site.home / ".config", site.home / ".local" / "share")
        return any((one / "opencode").is_dir() for one in ours)

    @override
    def install(self, site: Site) -> Sequence[FileChange]:
        changes = [*written(_plugin(site), _program(site)), *_tools(site)]
        if site.key is not None:
            changes += edited(_key(site), lambda _: f"{site.key}\n", is_private=True)
        return tuple(changes)

    @override
    def uninstall(self, site: Site) -> Sequence[FileChange]:
        def take_out(text: str) -> str:
            left = jsonc.drop(text, ENTRY)
            return "" if left.strip() == "{}" and left != text else left

        tools = edited(_settings(site), take_out)
        return (*tools, *removed(_plugin(site)), *removed(_key(site)))

    @override
    def installed_key(self, site: Site) -> str | None:
        return (read(_key(site)) or b"").decode("ascii", "replace").strip() or None

    @override
    def trial(self, site: Site) -> HookTrial:
        command = (
            *hook_command(site, HOST.name),
            "session.created",
            "--start",
            _data(site),
        )
        return HookTrial(command, {})


def _data(site: Site) -> str:
    return f"--data={site.folder}"


def _folder(site: Site) -> Path:
    if site.project is None:
        return site.home / ".config" / "opencode"
    return site.project / ".opencode"


def _plugin(site: Site) -> Path:
    return _folder(site) / "plugins" / PLUGIN


def _key(site: Site) -> Path:
    return site.folder / "keys" / HOST.name


def _settings(site: Site) -> Path:
    """The file of settings that is there; the plain one where none is."""
    found = (_folder(site) / name for name in CONFIGS)
    there = (one for one in found if one.exists())
    return next(there, _folder(site) / CONFIGS[-1])


def _program(site: Site) -> str:
    """The plugin, which knows the command that it hands events on to."""
    command, data = map(json.dumps, (hook_command(site, HOST.name), _data(site)))
    source = files(__package__) / "opencode.js"
    program = source.read_text(encoding="utf-8")
    return f"{NOTE}\nconst HOOK = {command}\nconst DATA = {data}\n{program}"


def _tools(site: Site) -> Sequence[FileChange]:
    """The change that starts the memory's tools; none where they are not installed."""
    server = mcp_server(site, _key(site))
    if server is None:
        return ()
    return edited(_settings(site), lambda text: jsonc.put(text, ENTRY, _local(server)))


def _local(server: Mapping[str, Any]) -> Mapping[str, Any]:
    """How OpenCode writes down a server that it starts itself."""
    command = [server["command"], *server["args"]]
    return {"type": "local", "command": command, "environment": server["env"]}
