# SPDX-License-Identifier: Apache-2.0
"""Agents whose settings have a list of commands for each event.

Their settings have no place for a key, so it stands in a file of its own in the data
folder, where the hook command looks for it by the agent's name.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from claude_mem_core.domain.installing import FileChange, HookTrial, Site
from claude_mem_core.ports.installers import AgentInstaller
from typing_extensions import override

from claude_mem_agents.installing import jsonc, toml
from claude_mem_agents.installing.files import (
    ASKS,
    HOOK,
    edited,
    hook_command,
    mcp_server,
    read,
    removed,
)

START = ("--start", "--reconcile")
QUIET = ("--no-answer",)
END = ("--no-answer", "--reconcile")
"""At the end of a turn or a session, when the transcript has all of it."""


class Form(Protocol):
    """A form of text in which one member is changed, and not a byte of the rest."""

    def put(self, text: str, path: Sequence[str], new: Mapping[str, Any], /) -> str:
        """The text with this at a path of names."""

    def drop(self, text: str, path: Sequence[str], /) -> str:
        """The text without what is at the path."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an agent's settings are, and how it writes a hook down.

    Attributes:
        folder: Its folder, in the home and in a project.
        hooks: The file of its hooks, in that folder.
        servers: The file of its MCP servers, JSON or TOML by its name.
        named: Under which name it lists them there.
        events: Each event that is reported, and the options of its command; the first
            one is the start of a session.
        entry: What stands in the list of an event for a command.
        always: What the file of hooks has to say besides.
    """

    name: str
    title: str
    folder: str
    hooks: str
    servers: str
    named: str
    events: Mapping[str, Sequence[str]]
    entry: Callable[[str], Mapping[str, Any]]
    always: Mapping[str, Any]


class CommandHooks(AgentInstaller):
    """An agent of this kind."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    @property
    @override
    def name(self) -> str:
        return self._layout.name

    @property
    @override
    def title(self) -> str:
        return self._layout.title

    @property
    @override
    def asks(self) -> frozenset[str]:
        return ASKS

    @override
    def is_there(self, site: Site) -> bool:
        return (site.home / self._layout.folder).is_dir()

    @override
    def install(self, site: Site) -> Sequence[FileChange]:
        changes = list(self._edits(site, installs=True))
        if site.key is not None:
            key = self._key(site)
            changes += edited(key, lambda _: f"{site.key}\n", is_private=True)
        return tuple(changes)

    @override
    def uninstall(self, site: Site) -> Sequence[FileChange]:
        return (*self._edits(site, installs=False), *removed(self._key(site)))

    @override
    def installed_key(self, site: Site) -> str | None:
        return (read(self._key(site)) or b"").decode("ascii", "replace").strip() or None

    @override
    def trial(self, site: Site) -> HookTrial:
        event, options = next(iter(self._layout.events.items()))
        return HookTrial(self._words(site, event, options), {})

    def _words(self, site: Site, event: str, options: Sequence[str]) -> Sequence[str]:
        """The command at an event."""
        data = f"--data={site.folder}"
        return (*hook_command(site, self.name), event, *options, data)

    def _edits(self, site: Site, *, installs: bool) -> Sequence[FileChange]:
        """The changes of the agent's own files, each file once."""
        folder = self._folder(site)
        edits: dict[Path, list[Callable[[str], str]]] = {}
        hooks = self._hook if installs else self._unhook
        edits[folder / self._layout.hooks] = [lambda text: hooks(text, site)]
        servers = self._serve if installs else self._unserve
        own = edits.setdefault(folder / self._layout.servers, [])
        own.append(lambda text: servers(text, site))
        return [one for path, each in edits.items() for one in edited(path, _all(each))]

    def _hook(self, text: str, site: Site) -> str:
        for name, value in self._layout.always.items():
            if name not in jsonc.value(text):
                text = jsonc.put(text, [name], value)
        for event, options in self._layout.events.items():
            command = shlex.join(self._words(site, event, options))
            entry = self._layout.entry(command)
            text = jsonc.add(text, ["hooks", event], entry, known_by=HOOK)
        return text

    def _unhook(self, text: str, _: Site) -> str:
        left = text
        for event in self._layout.events:
            left = jsonc.take(left, ["hooks", event], known_by=HOOK)
        is_all = jsonc.value(left) in ({}, dict(self._layout.always))
        return "" if is_all and left != text else left

    def _serve(self, text: str, site: Site) -> str:
        server = mcp_server(site, self._key(site))
        if server is None:
            return text
        return self._form.put(text, (self._layout.named, "claude-mem"), server)

    def _unserve(self, text: str, _: Site) -> str:
        left = self._form.drop(text, (self._layout.named, "claude-mem"))
        return "" if left.strip() == "{}" and left != text else left

    @property
    def _form(self) -> Form:
        """How the file of its MCP servers is written."""
        return toml if self._layout.servers.endswith(".toml") else jsonc

    def _folder(self, site: Site) -> Path:
        return (site.project or site.home) / self._layout.folder

    def _key(self, site: Site) -> Path:
        return site.folder / "keys" / self.name


def _all(edits: Sequence[Callable[[str], str]]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        for one in edits:
            text = one(text)
        return text

    return edit


def _in_a_group(command: str) -> Mapping[str, Any]:
    return {"hooks": [{"type": "command", "command": command}]}


def _alone(command: str) -> Mapping[str, Any]:
    return {"command": command}


GEMINI = Layout(
    name="gemini",
    title="Gemini CLI",
    folder=".gemini",
    hooks="settings.json",
    servers="settings.json",
    named="mcpServers",
    events={
        "SessionStart": START,
        "BeforeAgent": (),
        "AfterTool": (),
        "AfterAgent": END,
        "SessionEnd": END,
    },
    entry=_in_a_group,
    always={},
)
CURSOR = Layout(
    name="cursor",
    title="Cursor",
    folder=".cursor",
    hooks="hooks.json",
    servers="mcp.json",
    named="mcpServers",
    events={
        "sessionStart": START,
        "beforeSubmitPrompt": (),
        "afterShellExecution": QUIET,
        "afterMCPExecution": QUIET,
        "afterFileEdit": QUIET,
        "afterAgentResponse": QUIET,
        "stop": END,
        "sessionEnd": END,
    },
    entry=_alone,
    always={"version": 1},
)
CODEX = Layout(
    name="codex",
    title="Codex",
    folder=".codex",
    hooks="hooks.json",
    servers="config.toml",
    named="mcp_servers",
    events={
        "SessionStart": START,
        "UserPromptSubmit": (),
        "PreToolUse": (),
        "PostToolUse": (),
        "PreCompact": QUIET,
        "Stop": END,
    },
    entry=_in_a_group,
    always={},
)
