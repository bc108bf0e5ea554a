# SPDX-License-Identifier: Apache-2.0
"""The engine is found by name, opened by its settings, and keeps their secrets."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from claude_mem_core.errors import ConfigurationError, QueueError
from claude_mem_core.plugins import Plugins, Wiring
from claude_mem_queue_rq import plugin, prefix
from claude_mem_queue_rq.plugin import RqSettings
from rq.defaults import RQ_KEY_PREFIX

SPOKEN = "open-sesame"


@pytest.fixture
def open_by(tmp_path, storage, system):
    """Opens the engine that an environment describes."""
    opened = []

    def open_(**env):
        adapter = Plugins(plugin).queue("rq")
        env = {"CLAUDE_MEM_QUEUE_REDIS_PREFIX": RQ_KEY_PREFIX, **env}
        wiring = Wiring(tmp_path, system, lambda: storage)
        opened.append(adapter.open(adapter.settings.from_env(env), wiring))
        return opened[-1]

    yield open_
    for engine in opened:
        engine.close()


def test_a_url_says_where_redis_is(open_by, valkey):
    redis = open_by(CLAUDE_MEM_REDIS_URL=valkey.url).health().details["redis"]
    assert (redis["mode"], redis["address"]) == ("external", f"127.0.0.1:{valkey.port}")


def test_host_and_port_say_it_too(open_by, valkey):
    env = {"CLAUDE_MEM_REDIS_HOST": "localhost", "CLAUDE_MEM_REDIS_MODE": "docker"}
    redis = (
        open_by(CLAUDE_MEM_REDIS_PORT=str(valkey.port), **env).health().details["redis"]
    )
    assert (redis["mode"], redis["address"]) == ("docker", f"localhost:{valkey.port}")


def test_a_url_wins_over_host_and_port(open_by, valkey):
    env = {"CLAUDE_MEM_REDIS_HOST": "nowhere.invalid", "CLAUDE_MEM_REDIS_PORT": "1"}
    assert open_by(CLAUDE_MEM_REDIS_URL=valkey.url, **env).health().problem is None


def test_a_managed_server_lives_as_long_as_the_engine(open_by, tmp_path):
    engine = open_by(CLAUDE_MEM_REDIS_MODE="managed")
    seen = engine.health()
    assert seen.problem is None
    assert seen.details["redis"]["mode"] == "managed"
    assert seen.details["warnings"] == []
    engine.close()
    assert not (tmp_path / "redis" / "valkey.sock").exists()


def test_a_managed_server_has_no_other_url(open_by):
    with pytest.raises(ConfigurationError, match="CLAUDE_MEM_REDIS_URL"):
        open_by(CLAUDE_MEM_REDIS_MODE="managed", CLAUDE_MEM_REDIS_URL="redis://there")


def test_without_settings_it_is_the_usual_place():
    usual = RqSettings()
    assert (usual.host, usual.redis_port) == ("127.0.0.1", 6379)
    assert (usual.redis_mode, usual.queue_redis_prefix) == ("external", "claude-mem")
    assert RqSettings(redis_mode="docker").host == "valkey"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CLAUDE_MEM_REDIS_MODE", "cluster"),
        ("CLAUDE_MEM_REDIS_PORT", "0"),
        ("CLAUDE_MEM_REDIS_PORT", "many"),
        ("CLAUDE_MEM_REDIS_URL", "http://127.0.0.1"),
        ("CLAUDE_MEM_REDIS_URL", f"redis://:{SPOKEN}@127.0.0.1:{SPOKEN}/0"),
        ("CLAUDE_MEM_REDIS_URL", f"redis//:{SPOKEN}@127.0.0.1"),
        ("CLAUDE_MEM_QUEUE_REDIS_PREFIX", "a b"),
        ("CLAUDE_MEM_QUEUE_REDIS_PREFIX", "a%s"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_repeated(variable, value):
    with pytest.raises(ConfigurationError, match=variable) as refusal:
        RqSettings.from_env({variable: value})
    assert SPOKEN not in str(refusal.value)
    assert SPOKEN not in str(refusal.value.__cause__)


def test_a_password_is_not_shown_by_its_settings():
    settings = RqSettings.from_env({"CLAUDE_MEM_REDIS_URL": f"redis://:{SPOKEN}@there"})
    assert SPOKEN not in repr(settings)
    assert SPOKEN not in settings.model_dump_json()


def test_a_host_that_nobody_knows_is_told(open_by):
    with pytest.raises(QueueError, match=r"nowhere\.invalid:6379"):
        open_by(CLAUDE_MEM_REDIS_HOST="nowhere.invalid")


def test_a_second_prefix_in_one_process_is_refused():
    with pytest.raises(ConfigurationError, match="RQ_KEY_PREFIX=another"):
        prefix.import_rq("another")


LAZY = """
import sys
import claude_mem_queue_rq.plugin
print(*{"redis", "rq"} & set(sys.modules))
from claude_mem_queue_rq.prefix import import_rq
import_rq(sys.argv[1])
from claude_mem_queue_rq.jobs import SessionJob, SessionQueue
from claude_mem_queue_rq.worker import SessionWorker
print(SessionJob.redis_job_namespace_prefix, SessionQueue.redis_queue_namespace_prefix)
print(SessionWorker.redis_worker_namespace_prefix)
"""


def test_drivers_are_imported_when_an_engine_is_opened_and_learn_its_prefix(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LAZY, "mine"],
        env={"PATH": os.defpath, "HOME": str(tmp_path), "RQ_KEY_PREFIX": "theirs"},
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["", "mine:job: mine:queue:", "mine:worker:"]
