# SPDX-License-Identifier: Apache-2.0
"""The vocabularies are there for whoever has the distribution installed."""

from __future__ import annotations

from importlib.metadata import entry_points

from claude_mem_agents import plugin
from claude_mem_core.plugins import GROUP, Plugins
from hosts_seen import NAMES


def test_every_host_is_offered_once() -> None:
    offered = [agent.name for agent in Plugins(plugin).agents()]

    assert offered == NAMES
    assert len(set(offered)) == len(offered) == 9


def test_installers_are_offered() -> None:
    names = [one.name for one in Plugins(plugin).installers()]

    assert names == ["claude-code", "codex", "cursor", "gemini", "opencode"]


def test_the_formats_of_transcripts_are_those_of_known_hosts() -> None:
    names = [one.name for one in Plugins(plugin).transcripts()]

    assert names == ["claude-code", "codex", "cursor", "gemini", "opencode"]
    assert set(names) <= set(NAMES)


def test_the_installed_distribution_names_its_plugin() -> None:
    (entry,) = entry_points(group=GROUP, name="agents")

    assert entry.load() is plugin
