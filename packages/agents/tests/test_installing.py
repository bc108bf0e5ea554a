# SPDX-License-Identifier: Apache-2.0
"""Every installer here keeps the port's promises, and says what it should."""

from __future__ import annotations

import json

import pytest
from claude_mem_agents.installing import jsonc, toml
from claude_mem_agents.installing.claude_code import ClaudeCodeInstaller
from claude_mem_agents.installing.command_hooks import (
    CODEX,
    CURSOR,
    GEMINI,
    CommandHooks,
)
from claude_mem_agents.installing.opencode import OpenCodeInstaller
from claude_mem_conformance.installers import InstallerContract
from claude_mem_core.domain.installing import Site
from claude_mem_core.errors import InvalidInputError

SETTINGS = """{
    // my own
    "model": "opus",
    "env": {"EDITOR": "vi"}, /* kept */
    "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "say done"}]}]},
    "enabledPlugins": {
        "mine@there": true,
    },
}
"""


class TestClaudeCode(InstallerContract):
    @pytest.fixture
    def installer(self):
        return ClaudeCodeInstaller()

    @pytest.fixture
    def own(self):
        return {".claude/settings.json": SETTINGS}


HOOKS = """{
  "version": 1,
  "hooks": {
    "stop": [{"command": "say done"}], // mine
    "Stop": [
      {"hooks": [{"type": "command", "command": "say done"}]}
    ],
    "AfterTool": []
  }
}
"""

MCP = '{"mcpServers": {"mine": {"url": "http://127.0.0.1:1"}}}\n'


class TestCursor(InstallerContract):
    @pytest.fixture
    def installer(self):
        return CommandHooks(CURSOR)

    @pytest.fixture
    def own(self):
        return {".cursor/hooks.json": HOOKS, ".cursor/mcp.json": MCP}


class TestGemini(InstallerContract):
    @pytest.fixture
    def installer(self):
        return CommandHooks(GEMINI)

    @pytest.fixture
    def own(self):
        mine = '"hooks": {"SessionEnd": [{"hooks": []}]}'
        return {".gemini/settings.json": '{"ui": {"theme": "dark"},\n ' + mine + "}"}


class TestCodex(InstallerContract):
    @pytest.fixture
    def installer(self):
        return CommandHooks(CODEX)

    @pytest.fixture
    def own(self):
        return {".codex/hooks.json": HOOKS, ".codex/config.toml": CONFIG}


CONFIG = """# mine
model = 'o'

[mcp_servers.mine]
command = "say"

[mcp_servers.mine.env]
WORDS = '''
[mcp_servers.claude-other]
'''
"""
LOOKS_ALIKE = CONFIG.replace("other", "mem")
PATH = ("mcp_servers", "claude-mem")
SERVER = {"command": "py", "args": ["-m", "x"], "env": {"A": 'b"'}}
BLOCK = """
[mcp_servers.claude-mem]
command = "py"
args = ["-m", "x"]

[mcp_servers.claude-mem.env]
A = "b\\""
"""


@pytest.mark.parametrize("text", ["", "a = 1\n", CONFIG, LOOKS_ALIKE])
def test_a_table_is_put_at_the_end_and_taken_out_again(text):
    after = toml.put(text, PATH, SERVER)
    assert after == (text + BLOCK).lstrip("\n")
    assert toml.put(after, PATH, SERVER) == after
    assert toml.drop(after, PATH) == text


def test_a_table_is_taken_out_from_between_others():
    text = f"a = 1\n{BLOCK}\n# theirs\n[b] # kept\nc = 2"
    assert toml.drop(text, PATH) == "a = 1\n\n# theirs\n[b] # kept\nc = 2"


def test_a_table_that_says_otherwise_is_written_anew():
    other = {**SERVER, "command": "other"}
    assert toml.put(f"a = 1\n{BLOCK}", PATH, other) == toml.put("a = 1\n", PATH, other)


@pytest.mark.parametrize(
    "text",
    [
        'mcp_servers = {claude-mem = {command = "x"}}\n',
        'mcp_servers.claude-mem.command = "x"\n',
        "mcp_servers = {}\n",
        "mcp_servers = 3\n",
        "a = \n",
    ],
)
def test_a_table_that_cannot_be_changed_alone_is_not_changed(text):
    with pytest.raises(ValueError, match=r"table|[Vv]alue"):
        toml.put(text, PATH, SERVER)


@pytest.mark.parametrize("layout", [CODEX, CURSOR, GEMINI], ids=lambda one: one.name)
def test_the_tools_of_an_agent_show_its_key(layout, tmp_path):
    site = Site(tmp_path, None, tmp_path / "data", "python", "k")
    changes = {one.path: one.after for one in CommandHooks(layout).install(site)}
    servers = changes[tmp_path / layout.folder / layout.servers].decode()
    told = (toml.tomllib.loads if layout is CODEX else json.loads)(servers)
    server = told[layout.named]["claude-mem"]
    assert server["args"] == ["-P", "-m", "claude_mem_mcp_adapter"]
    key = tmp_path / "data" / "keys" / layout.name
    assert server["env"]["CLAUDE_MEM_API_KEY_FILE"] == str(key)
    assert changes[key] == b"k\n"


OPENCODE = """{
  "$schema": "https://opencode.ai/config.json", // mine
  "mcp": {"mine": {"type": "remote", "url": "http://127.0.0.1:1"}},
}
"""


class TestOpenCode(InstallerContract):
    @pytest.fixture
    def installer(self):
        return OpenCodeInstaller()

    @pytest.fixture
    def own(self):
        return {
            ".config/opencode/opencode.jsonc": OPENCODE,
            ".config/opencode/plugins/mine.js": "export const Mine = async () => ({})\n",
        }


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("{}", '{\n  "a": [\n    "ours 1"\n  ]\n}'),
        ('{"a": []}', '{"a": [\n    "ours 1"\n  ]}'),
        ('{"a": [1]}', '{"a": [1,\n    "ours 1"]}'),
        ('{"a": [1,]}', '{"a": [1,\n    "ours 1",]}'),
        ('{"a": ["ours 0", 1]}', '{"a": ["ours 1", 1]}'),
        ('{"a": ["ours 1"]}', '{"a": ["ours 1"]}'),
    ],
)
def test_an_entry_is_put_into_a_list_once(text, after):
    assert jsonc.add(text, ["a"], "ours 1", known_by="ours") == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('{"a": ["ours"]}', "{}"),
        ('{"a": [1, "ours"]}', '{"a": [1]}'),
        ('{"a": ["ours", 1]}', '{"a": [1]}'),
        ('{"a": [1]}', '{"a": [1]}'),
        ("{}", "{}"),
    ],
)
def test_an_entry_is_taken_out_of_a_list(text, after):
    assert jsonc.take(text, ["a"], known_by="ours") == after


def test_the_key_of_an_agent_without_a_place_for_it_stands_in_the_data_folder(tmp_path):
    site = Site(tmp_path, tmp_path / "lamp", tmp_path / "data", "python", "k")

    changes = CommandHooks(GEMINI).install(site)

    holding = [one for one in changes if one.after == b"k\n"]
    assert [one.path for one in holding] == [tmp_path / "data" / "keys" / "gemini"]
    assert changes[0].path == tmp_path / "lamp" / ".gemini" / "settings.json"


def test_opencode_in_a_project_gets_a_plugin_without_the_key(tmp_path):
    lamp = tmp_path / "lamp"
    site = Site(tmp_path, lamp, tmp_path / "data", "/usr/bin/python3", "cmem_ag_k")

    plugin, *settings, key = OpenCodeInstaller().install(site)

    assert plugin.path == lamp / ".opencode" / "plugins" / "claude-mem.js"
    assert b'const HOOK = ["/usr/bin/python3", "-' in plugin.after
    assert b"cmem_ag_k" not in plugin.after
    assert {one.path for one in settings} <= {lamp / ".opencode" / "opencode.json"}
    assert (key.path, key.is_private) == (tmp_path / "data/keys/opencode", True)


def test_a_project_gets_its_key_in_the_file_that_is_not_committed(tmp_path):
    site = Site(tmp_path, tmp_path / "lamp", tmp_path / "data", "python", "k")

    (*_, settings) = ClaudeCodeInstaller().install(site)

    assert settings.path == tmp_path / "lamp" / ".claude" / "settings.local.json"
    assert json.loads(settings.after)["env"]["CLAUDE_MEM_API_KEY"] == "k"
    assert settings.is_private


def test_settings_that_cannot_be_read_are_named_and_left_alone(tmp_path):
    path = tmp_path / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text('{"env": ')
    site = Site(tmp_path, None, tmp_path / "data", "python", "k")

    with pytest.raises(InvalidInputError, match=r"settings\.json"):
        ClaudeCodeInstaller().install(site)


@pytest.mark.parametrize(
    ("text", "path", "after"),
    [
        ("", ["a"], '{\n  "a": 1\n}\n'),
        ("{}", ["a", "b"], '{\n  "a": {\n    "b": 1\n  }\n}'),
        ('{"a": 2}', ["a"], '{"a": 1}'),
        ('{"a":1}', ["a"], '{"a":1}'),
        ('{\n\t"x": 2\n}', ["a"], '{\n\t"x": 2,\n\t"a": 1\n}'),
        ('{"x": 2, // y\n}', ["a"], '{"x": 2,\n  "a": 1, // y\n}'),
        ("{ // only\n}", ["a"], '{ // only\n  "a": 1\n}'),
    ],
)
def test_a_member_is_put_where_it_belongs(text, path, after):
    assert jsonc.put(text, path, 1) == after


@pytest.mark.parametrize(
    ("text", "path", "after"),
    [
        ('{"a": 1}', ["a"], "{}"),
        ('{"a": 1, "b": 2}', ["a"], '{"b": 2}'),
        ('{"a": 1, "b": 2}', ["b"], '{"a": 1}'),
        ('{"a": {"b": 1}, "c": 2}', ["a", "b"], '{"c": 2}'),
        ('{"a": 1}', ["x", "y"], '{"a": 1}'),
        ('{"a": 1, "b": 2,}', ["b"], '{"a": 1,}'),
    ],
)
def test_a_member_is_taken_out_with_its_comma(text, path, after):
    assert jsonc.drop(text, path) == after


@pytest.mark.parametrize("text", ["{", "[1, 2", '{"a" 1}', "{} x", '{"a": 1 "b": 2}'])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ValueError, match=r"there is|value"):
        jsonc.value(text)
