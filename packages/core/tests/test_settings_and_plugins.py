# SPDX-License-Identifier: Apache-2.0
"""A name is looked up, never guessed; a wrong setting is named."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from claude_mem_core import errors
from claude_mem_core.errors import ClaudeMemError, ConfigurationError
from claude_mem_core.launch import (
    admit_local_token,
    local_token,
    open_runtime,
    server_secret,
)
from claude_mem_core.plugins import Plugins
from claude_mem_core.reference import plugin as reference_plugin
from claude_mem_core.settings import CoreSettings


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {
        "CLAUDE_MEM_DATA_DIR": str(tmp_path / "data"),
        "CLAUDE_MEM_STORAGE_ENGINE": "in-process",
        "CLAUDE_MEM_QUEUE_ENGINE": "in-process",
    }


@pytest.fixture
def plugins() -> Plugins:
    return Plugins(reference_plugin)


def test_settings_come_from_their_variables(env: dict[str, str]) -> None:
    settings = CoreSettings.from_env({**env, "CLAUDE_MEM_IDLE_TURN_MINUTES": "5"})

    assert settings.idle_turn_minutes == 5
    assert settings.queue_engine == "in-process"


def test_a_wrong_setting_is_named_by_its_variable() -> None:
    with pytest.raises(ConfigurationError, match="CLAUDE_MEM_IDLE_TURN_MINUTES"):
        CoreSettings.from_env({"CLAUDE_MEM_IDLE_TURN_MINUTES": "soon"})


def test_an_empty_variable_counts_as_absent() -> None:
    assert CoreSettings.from_env({"CLAUDE_MEM_QUEUE_ENGINE": ""}) == CoreSettings()


@pytest.mark.parametrize(
    ("variable", "kind"),
    [
        ("CLAUDE_MEM_STORAGE_ENGINE", "storage"),
        ("CLAUDE_MEM_QUEUE_ENGINE", "queue engine"),
        ("CLAUDE_MEM_GENERATOR", "generator"),
    ],
)
def test_an_engine_that_is_not_installed_is_never_replaced_by_another(
    env: dict[str, str], plugins: Plugins, variable: str, kind: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"no {kind} 'bullmq'; installed: "):
        open_runtime({**env, variable: "bullmq"}, plugins)


def test_who_names_bullmq_is_told_what_to_name_instead(
    env: dict[str, str], plugins: Plugins
) -> None:
    with pytest.raises(ConfigurationError) as told:
        open_runtime({**env, "CLAUDE_MEM_QUEUE_ENGINE": "bullmq"}, plugins)

    assert str(told.value) == (
        "no queue engine 'bullmq'; installed: in-process; bullmq runs on Node.js: "
        "rq is its counterpart here, sqlite needs no Redis"
    )


def test_a_misspelt_hook_is_refused() -> None:
    class Misspelt:
        @staticmethod
        @__import__("pluggy").HookimplMarker("claude_mem")
        def claude_mem_storage() -> list[object]:
            return []

    with pytest.raises(Exception, match="claude_mem_storage"):
        Plugins(Misspelt)


def test_a_plugin_that_cannot_be_imported_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "gone-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gone\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[claude_mem]\ngone = claude_mem_gone.plugin\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(ConfigurationError, match="claude_mem_gone"):
        Plugins.installed()


def test_the_token_is_made_once_for_its_owner_alone(
    env: dict[str, str], plugins: Plugins
) -> None:
    folder = Path(env["CLAUDE_MEM_DATA_DIR"])
    with open_runtime(env, plugins) as runtime:
        assert local_token(folder) is None
        first = admit_local_token(runtime, folder)
    with open_runtime(env, plugins) as runtime:
        again = admit_local_token(runtime, folder)
        runtime.access.authenticate(again)

    assert first == again == local_token(folder)
    assert (folder / "token").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in folder.iterdir()) == ["secret", "token"]


def test_the_servers_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = {one.root for one in pool.map(server_secret, [tmp_path] * 8)}

    assert len(made) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    (tmp_path / "secret").chmod(0o644)
    assert server_secret(tmp_path).root in made
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_a_secret_that_is_given_is_kept_in_no_file(tmp_path: Path) -> None:
    assert server_secret(tmp_path, "ab" * 32).root == b"\xab" * 32
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("given", ["", "ab" * 31, "no hexadecimal"])
def test_a_secret_that_is_none_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(ConfigurationError, match="CLAUDE_MEM_SERVER_SECRET"):
        server_secret(tmp_path, given)
    (tmp_path / "secret").write_text(given)
    with pytest.raises(ConfigurationError, match=str(tmp_path)):
        server_secret(tmp_path)


def test_a_token_that_others_could_read_is_its_owners_again(
    env: dict[str, str], plugins: Plugins
) -> None:
    path = Path(env["CLAUDE_MEM_DATA_DIR"], "token")
    with open_runtime(env, plugins) as runtime:
        first = admit_local_token(runtime, path.parent)
        path.chmod(0o644)
        assert admit_local_token(runtime, path.parent) == first

    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"\xff\xfe", b"two\nlines", b"\x1b[2J"])
def test_a_file_that_holds_no_token_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)

    with pytest.raises(ConfigurationError, match=f"{tmp_path}/token"):
        local_token(tmp_path)


def test_half_a_token_of_a_killed_process_is_in_nobodys_way(
    env: dict[str, str], plugins: Plugins
) -> None:
    folder = Path(env["CLAUDE_MEM_DATA_DIR"])
    with open_runtime(env, plugins) as runtime:
        (folder / f".token.{os.getpid()}").write_text("half")
        admit_local_token(runtime, folder)

    assert sorted(path.name for path in folder.iterdir()) == ["secret", "token"]


def test_a_data_folder_that_cannot_be_made_is_named(
    env: dict[str, str], plugins: Plugins, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    env["CLAUDE_MEM_DATA_DIR"] = str(tmp_path / "file" / "data")

    with pytest.raises(ConfigurationError, match="CLAUDE_MEM_DATA_DIR"):
        open_runtime(env, plugins)


def test_every_error_of_ours_has_a_code_of_its_own_family() -> None:
    def family(cls: type[ClaudeMemError]) -> list[type[ClaudeMemError]]:
        return [cls, *(one for sub in cls.__subclasses__() for one in family(sub))]

    ours = {cls for cls in family(ClaudeMemError) if cls.__module__ == errors.__name__}
    assert {cls.code for cls in ours} == {
        "error", "invalid_input", "not_found", "conflict", "unauthenticated",
        "forbidden", "configuration", "unavailable", "storage_full",
        "storage_read_only", "rate_limited", "quota_exceeded",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ({}, "rules"),
        ({"CLAUDE_MEM_GENERATOR": "auto"}, "auto"),
        ({"CLAUDE_MEM_SERVER_PROVIDER": "claude"}, "anthropic"),
        ({"CLAUDE_MEM_SERVER_PROVIDER": "openrouter"}, "openai"),
        ({"CLAUDE_MEM_SERVER_PROVIDER": "gemini"}, "gemini"),
        (
            {"CLAUDE_MEM_GENERATOR": "rules", "CLAUDE_MEM_SERVER_PROVIDER": "claude"},
            "rules",
        ),
    ],
)
def test_the_generator_is_the_named_one_or_that_of_the_named_provider(env, name):
    assert CoreSettings.from_env(env).generator_name == name
