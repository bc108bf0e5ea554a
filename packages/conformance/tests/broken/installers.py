# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG002, ARG005 - it has the port's signature, and leaves something out
"""Installers that each break one promise."""

from __future__ import annotations

from claude_mem_conformance.installers import InstallerContract
from claude_mem_core.domain.installing import FileChange, HookTrial
from claude_mem_core.ports.installers import AgentInstaller

from broken.registry import breaks

OWN = {"agent.conf": "colour = green\n"}


class SoundInstaller(AgentInstaller):
    """An installer that keeps every promise: its agent has a line for each setting."""

    name = "sound-agent"
    title = "Sound Agent"
    asks = frozenset({"events:write"})
    private = True

    def is_there(self, site):
        return self._file(site).exists()

    def install(self, site):
        return self._change(site, self._text(site) + self._ours(site))

    def uninstall(self, site):
        return self._change(site, self._text(site))

    def installed_key(self, site):
        lines = [one for one in self._lines(site) if "claude-mem" in one]
        return lines[0].split()[-1] if lines else None

    def trial(self, site):
        return HookTrial((site.python, self.name), {})

    def _ours(self, site):
        return f"hook = claude-mem {self.name} {site.python} {site.key}\n"

    def _file(self, site):
        return site.home / "agent.conf"

    def _lines(self, site):
        file = self._file(site)
        return file.read_text().splitlines(keepends=True) if file.exists() else []

    def _text(self, site):
        return "".join(one for one in self._lines(site) if "claude-mem" not in one)

    def _change(self, site, after):
        before = "".join(self._lines(site))
        if before == after:
            return ()
        file, data = self._file(site), after.encode()
        return (FileChange(file, before.encode(), data, self.private),)


def _breaks(test):
    return breaks(test, "installer", own=lambda self: OWN)


@_breaks(InstallerContract.test_planning_changes_nothing)
class LeavesATrace(SoundInstaller):
    def uninstall(self, site):
        found = super().uninstall(site)
        if not found:
            (site.home / "seen").touch()
        return found


@_breaks(InstallerContract.test_what_is_installed_is_no_change)
class WritesItTwice(SoundInstaller):
    def install(self, site):
        return self._change(site, "".join(self._lines(site)) + self._ours(site))


@_breaks(InstallerContract.test_what_others_wrote_stays)
class TidiesUp(SoundInstaller):
    def install(self, site):
        text = self._text(site).replace("colour = green", "colour=green")
        return self._change(site, text + self._ours(site))

    def uninstall(self, site):
        text = self._text(site).replace("colour=green", "colour = green")
        return self._change(site, text)


@_breaks(InstallerContract.test_a_file_with_the_key_is_private)
class ShowsTheKeyToAll(SoundInstaller):
    private = False


@_breaks(InstallerContract.test_an_edited_file_keeps_its_edits)
class PutsTheOldFileBack(SoundInstaller):
    def uninstall(self, site):
        is_ours = self._text(site) != "".join(self._lines(site))
        return self._change(site, OWN["agent.conf"]) if is_ours else ()


@_breaks(InstallerContract.test_it_has_names)
class HasASpaceInItsName(SoundInstaller):
    name = "Sound agent"


@_breaks(InstallerContract.test_it_has_a_title)
class HasNoTitle(SoundInstaller):
    title = ""


@_breaks(InstallerContract.test_an_agents_key_allows_what_it_asks)
class AsksForMoreThanAnAgentMay(SoundInstaller):
    asks = frozenset({"events:write", "keys:manage"})


@_breaks(InstallerContract.test_it_sees_whether_the_agent_is_there)
class SeesTheAgentEverywhere(SoundInstaller):
    def is_there(self, site):
        return True


@_breaks(InstallerContract.test_installing_writes_the_hooks)
class NamesNoInterpreter(SoundInstaller):
    def _ours(self, site):
        return f"hook = claude-mem {self.name} python3 {site.key}\n"


@_breaks(InstallerContract.test_it_tells_the_key_that_is_shown)
class KnowsNoKey(SoundInstaller):
    def installed_key(self, site):
        return None


@_breaks(InstallerContract.test_uninstalling_leaves_nothing)
class LeavesAReceipt(SoundInstaller):
    def install(self, site):
        receipt = site.home / "receipt"
        first = () if receipt.exists() else (FileChange(receipt, None, b"x"),)
        return (*super().install(site), *first)


@_breaks(InstallerContract.test_the_trial_runs_what_is_installed)
class TriesAnotherCommand(SoundInstaller):
    def trial(self, site):
        return HookTrial((site.python, self.name, "--quick"), {})
