# SPDX-License-Identifier: Apache-2.0

"""What an agent's installer is held to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from claude_mem_core.domain.installing import KEY_ALLOWS, FileChange, Site
from claude_mem_core.ports.installers import AgentInstaller

from claude_mem_conformance.contract import Contract

KEY = "cmem_ag_0000000000000000_secret"
EDIT = b"\n\n \n"
"""What somebody else adds to a file: it is at its end, and harmless in every form."""

SiteMaker = Callable[[Path, str | None], Site]


class InstallerContract(Contract):
    """An installer. The adapter's test gives the fixture `installer`.

    And `own`: files of the agent before anything is installed, by their paths within
    the home folder; comments are welcome where the agent allows them.
    """

    ports: ClassVar[tuple[type, ...]] = (AgentInstaller,)

    @pytest.fixture
    def own(self) -> dict[str, str]:
        """Files of the agent; none when the adapter's test has none."""
        return {}

    @pytest.fixture
    def site(self, tmp_path: Path, own: dict[str, str]) -> Site:
        """A home with the agent's own files."""
        for name, text in own.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Site(tmp_path, None, tmp_path / "data", "/usr/bin/python3", KEY)

    def test_planning_changes_nothing(
        self, installer: AgentInstaller, site: Site
    ) -> None:
        """Planning changes nothing."""
        before = _all(site.home)
        assert installer.install(site)
        assert not installer.uninstall(site)
        assert _all(site.home) == before

    def test_what_is_installed_is_no_change(
        self, installer: AgentInstaller, site: Site
    ) -> None:
        """What is installed already is no change."""
        _apply(installer.install(site))
        assert not installer.install(site)

    def test_what_others_wrote_stays(
        self, installer: AgentInstaller, site: Site, own: dict[str, str]
    ) -> None:
        """What it did not write itself stays, byte for byte."""
        _apply(installer.install(site))
        for name, text in own.items():
            now = (site.home / name).read_text()
            rest = iter(now)
            assert all(sign in rest for sign in text)
        _apply(installer.uninstall(site))
        assert {name: (site.home / name).read_text() for name in own} == own

    def test_a_file_with_the_key_is_private(
        self, installer: AgentInstaller, site: Site
    ) -> None:
        """A file that holds the key is private."""
        changes = installer.install(site)
        holding = [one for one in changes if KEY.encode() in (one.after or b"")]
        assert all(one.is_private for one in holding)

    def test_an_edited_file_keeps_its_edits(
        self, installer: AgentInstaller, site: Site
    ) -> None:
        """Taken out of a file that was changed since, what others wrote stays."""
        shared = [one.path for one in installer.install(site) if one.before is not None]
        _apply(installer.install(site))
        for path in shared:
            path.write_bytes(path.read_bytes() + EDIT)
        _apply(installer.uninstall(site))
        for path in shared:
            left = path.read_bytes()
            assert left.endswith(EDIT)
            assert b"claude-mem" not in left
            assert b"claude_mem" not in left

    def test_it_has_names(self, installer: AgentInstaller) -> None:
        """The agent's name in addresses: `claude-code`."""
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", installer.name)

    def test_it_has_a_title(self, installer: AgentInstaller) -> None:
        """The agent's name for people: `Claude Code`."""
        assert installer.title
        assert installer.title != installer.name

    def test_an_agents_key_allows_what_it_asks(self, installer: AgentInstaller) -> None:
        """The scopes that its hooks and tools need of a key."""
        assert "events:write" in installer.asks
        assert installer.asks <= KEY_ALLOWS

    def test_it_sees_whether_the_agent_is_there(
        self, installer: AgentInstaller, site: Site, tmp_path: Path
    ) -> None:
        """Whether the agent was used on this machine."""
        assert installer.is_there(site)
        empty = Site(tmp_path / "nobody", None, site.folder, site.python)
        assert not installer.is_there(empty)

    def test_installing_writes_the_hooks(
        self, installer: AgentInstaller, site: Site
    ) -> None:
        """What is to be changed for it to report here; empty where it does."""
        told = b"".join(one.after or b"" for one in installer.install(site))
        assert installer.name.encode() in told
        assert site.python.encode() in told

    def test_uninstalling_leaves_nothing(
        self, installer: AgentInstaller, site: Site
    ) -> None:
        """What is to be changed for it to report here no more."""
        before = _all(site.home)
        _apply(installer.install(site))
        _apply(installer.uninstall(site))
        assert _all(site.home) == before

    def test_it_tells_the_key_that_is_shown(
        self, installer: AgentInstaller, site: Site
    ) -> None:
        """The key that its hooks show now."""
        assert installer.installed_key(site) is None
        _apply(installer.install(site))
        assert installer.installed_key(site) == KEY

    def test_the_trial_runs_what_is_installed(
        self, installer: AgentInstaller, site: Site
    ) -> None:
        """The hook command of a session's start, as the installed files have it."""
        changes = installer.install(site)
        _apply(changes)
        told = b"".join(one.after or b"" for one in changes)
        trial = installer.trial(site)
        assert trial.command[0] == site.python
        assert installer.name in trial.command
        for word in trial.command[1:]:
            assert word.encode() in told


def _apply(changes: Sequence[FileChange]) -> None:
    for one in changes:
        if one.after is None:
            one.path.unlink()
        else:
            one.path.parent.mkdir(parents=True, exist_ok=True)
            one.path.write_bytes(one.after)


def _all(folder: Path) -> dict[Path, bytes]:
    return {one: one.read_bytes() for one in folder.rglob("*") if one.is_file()}
