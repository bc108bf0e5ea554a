# SPDX-License-Identifier: Apache-2.0
"""An agent's hooks are shown, put in, checked, and taken out again to the byte."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import tomllib
from http.client import HTTPConnection
from pathlib import Path

import pytest
from claude_mem_cli.trying import tried
from claude_mem_core.domain.installing import HookTrial, Site

pytestmark = pytest.mark.needs(
    "claude_mem_http_falcon", "claude_mem_storage_sqlite", "claude_mem_agents"
)

OWN = '{\n  // mine\n  "model": "opus",\n  "env": {"A": "b"},\n}\n'


@pytest.fixture
def settings(env):
    path = Path(env["HOME"], ".claude", "settings.json")
    path.parent.mkdir(parents=True)
    path.write_text(OWN)
    return path


def key_in(settings):
    text = settings.read_text()
    return text[text.index("cmem_ag_") :].partition('"')[0]


def test_the_way_in_and_out_of_claude_code(shell, settings, folder, env):
    shown = shell("install", "claude-code", "--dry-run")
    assert shown.code == 0
    assert '+    "claude-mem@claude-mem-local": true' in shown.err
    assert settings.read_text() == OWN
    refused = shell("install", "claude-code")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert settings.read_text() == OWN

    shell.serve()
    done = shell("install", "claude-code", "--yes")
    assert "it allows context:read, events:write, memories:read, memories:w" in done.err
    key = key_in(settings)
    assert key not in done.out + done.err
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    again = shell("install", "claude-code", "--yes", "--json")
    nothing = {"host": "claude-code", "changed": [], "done": False}
    assert (again.json, key_in(settings)) == ({"installed": [nothing]}, key)
    healthy = shell("doctor", "claude-code")
    assert healthy.code == 0, healthy.out

    _every_hook_runs(env, folder, key)

    assert shell("uninstall", "claude-code", "--yes").code == 0
    assert settings.read_text() == OWN
    assert not (folder / "plugins").exists()
    assert _status(folder, key) == 401
    assert shell("doctor", "claude-code").code == 1


def _every_hook_runs(env, folder, key):
    """The commands that the plugin names, as the client runs them."""
    path = folder / "plugins/claude-code/claude-mem/hooks/hooks.json"
    events = json.loads(path.read_text())["hooks"]
    payload = {
        "session_id": "s", "cwd": "/home/me/lamp", "tool_name": "Read", "prompt": "x",
        "tool_input": {"file_path": "/home/me/lamp/a.py"}, "error": "no lamp at all",
    }  # fmt: skip
    kept = {**env, "CLAUDE_MEM_API_KEY": key, "PATH": "/usr/bin:/bin"}
    for entries in events.values():
        hook = entries[0]["hooks"][0]
        done = subprocess.run(
            [hook["command"], *hook["args"]],
            input=json.dumps(payload).encode(),
            env=kept,
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout in (b"{}\n", b"")
    assert not (folder / "spool" / "events.jsonl").exists()


def _status(folder, key):
    port = int((folder / "server.port").read_text())
    line = HTTPConnection("127.0.0.1", port)
    line.request("GET", "/v1/projects", headers={"Authorization": f"Bearer {key}"})
    status = line.getresponse().status
    line.close()
    return status


def test_an_edited_file_keeps_the_edits(shell, settings):
    shell("install", "claude-code", "--yes")
    edited = settings.read_text().replace('"opus"', '"haiku"')
    settings.write_text(edited)

    assert shell("uninstall", "claude-code", "--yes").code == 0

    assert settings.read_text() == OWN.replace('"opus"', '"haiku"')


def test_without_a_host_and_a_terminal_those_found_are_named(shell, settings):
    told = shell("install")
    assert told.code == 2
    assert "claude-code" in told.err
    assert settings.read_text() == OWN


def test_an_unknown_host_is_told_which_there_are(shell):
    told = shell("install", "emacs", "--yes")
    assert told.code == 1
    assert "claude-code" in told.err


def test_a_link_stays_a_link(shell, settings, tmp_path):
    real = tmp_path / "dotfiles.json"
    real.write_text(OWN)
    settings.unlink()
    settings.symlink_to(real)

    shell("install", "claude-code", "--yes")
    assert settings.is_symlink()
    assert "claude-mem" in real.read_text()
    shell("uninstall", "claude-code", "--yes")
    assert real.read_text() == OWN
    assert settings.is_symlink()


@pytest.mark.usefixtures("settings")
def test_the_doctor_tells_what_is_wrong_and_what_to_do(shell, folder):
    shell("install", "claude-code", "--yes")
    (folder / "plugins/claude-code/claude-mem/hooks/hooks.json").write_text("{}")
    (folder / "spool").mkdir()
    (folder / "spool" / "events.jsonl").write_text("{}\n")

    told = shell("doctor", "--json")

    assert told.code == 1
    found = {(one["level"], one["what"]) for one in told.json["findings"]}
    assert {("fault", "server"), ("warning", "spool")} <= found
    assert ("fault", "Claude Code") in found
    assert all(one["cure"] for one in told.json["findings"] if one["level"] != "ok")


@pytest.mark.usefixtures("settings")
def test_the_doctor_tells_of_a_key_that_allows_less_than_the_tools_do(shell, folder):
    shell("install", "claude-code", "--yes")
    narrow = shell("server", "api-key", "create", "--role", "agent", "--json").json
    (receipt,) = (folder / "installed").iterdir()
    told = {**json.loads(receipt.read_text()), "keyId": narrow["id"]}
    receipt.write_text(json.dumps(told))

    found = shell("doctor", "claude-code", "--json").json["findings"]

    (key,) = [one for one in found if one["what"] == "Claude Code key"]
    assert (key["level"], key["told"]) == ("fault", "it lacks memories:write")
    assert "install it again" in key["cure"]


@pytest.mark.needs("claude_mem_mcp_adapter")
@pytest.mark.parametrize("own", ["", "model = 'o'", "# mine\n[mcp_servers.a]\n"])
def test_codex_has_the_tools_and_then_what_it_had(shell, env, folder, own):
    config = Path(env["HOME"], ".codex", "config.toml")
    config.parent.mkdir(parents=True)
    config.write_text(own)

    assert shell("install", "codex", "--yes").code == 0
    server = tomllib.loads(config.read_text())["mcp_servers"]["claude-mem"]
    assert server["args"] == ["-P", "-m", "claude_mem_mcp_adapter"]
    assert Path(server["env"]["CLAUDE_MEM_API_KEY_FILE"]).parent == folder / "keys"
    assert (
        shell("install", "codex", "--yes", "--json").json["installed"][0]["done"]
        is False
    )

    assert shell("uninstall", "codex", "--yes").code == 0
    assert config.read_text() == own


@pytest.mark.usefixtures("settings")
def test_the_doctor_calls_the_hook_and_leaves_nothing_of_it(shell):
    shell.serve()
    shell("install", "claude-code", "--yes")

    healthy = shell("doctor", "claude-code")

    assert healthy.code == 0
    assert "Claude Code hook: it reaches http" in healthy.out
    assert shell("server", "project", "list", "--json").json["projects"] == []


@pytest.fixture
def hook_of(tmp_path):
    """What is found when an agent runs this command, and the server of a folder."""

    def find(*command, key="cmem_ag_x"):
        site = Site(tmp_path, None, tmp_path / "data", "python")
        return tried(Trying(HookTrial(command, {"CLAUDE_MEM_API_KEY": key})), site)

    return find


class Trying:
    """As much of an installer as a trial needs."""

    name, title = "lamp-agent", "Lamp Agent"

    def __init__(self, trial):
        self._trial = trial

    def trial(self, _):
        return self._trial


HOOK = (sys.executable, "-m", "claude_mem_cli.hook", "claude-code", "Stop")


def test_a_hook_whose_command_is_gone_is_told(hook_of, tmp_path):
    found = hook_of(str(tmp_path / "gone" / "python"))

    assert found.level == "fault"
    assert "gone/python does not start: No such file" in found.told
    assert "install it again" in found.cure


def test_a_hook_whose_interpreter_lacks_the_command_is_told(hook_of):
    found = hook_of(sys.executable, "-S", "-m", "claude_mem_cli.hook", "a", "b")

    assert found.level == "fault"
    assert "No module named" in found.told
    assert "install claude-mem-cli for" in found.cure


def test_a_hook_that_finds_no_server_is_told_how_to_start_it(hook_of):
    found = hook_of(*HOOK, "--data=/nowhere")

    assert (found.level, found.cure) == ("fault", "claude-mem server start --daemon")
    assert "no server of /nowhere" in found.told


def test_a_hook_whose_key_is_refused_is_told_to_be_installed_again(
    shell, folder, hook_of
):
    shell.serve()

    found = hook_of(*HOOK, f"--data={folder}")

    assert found.level == "fault"
    assert "refuses its key: " in found.told
    assert "install it again" in found.cure


def test_a_hook_that_may_write_and_not_read_is_told_which_scope_is_missing(
    shell, folder, hook_of
):
    shell.serve()
    made = shell("server", "api-key", "create", "--scope", "events:write")

    found = hook_of(*HOOK, f"--data={folder}", key=made.out.strip())

    assert found.level == "fault"
    assert "does not allow context:read" in found.told
