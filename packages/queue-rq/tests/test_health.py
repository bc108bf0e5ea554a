# SPDX-License-Identifier: Apache-2.0
"""What the engine says of Redis is true, useful, and free of secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from claude_mem_conformance.threads import until
from claude_mem_core.errors import QueueError
from claude_mem_queue_rq import health
from claude_mem_queue_rq.addresses import LONGEST_REASON, Address
from rq.defaults import RQ_KEY_PREFIX
from rq.utils import utcformat

SOON = 20.0
SPOKEN = "open-sesame"


@pytest.fixture(autouse=True)
def _always_looks(monkeypatch):
    monkeypatch.setattr(health, "KEPT_FOR", 0.0)


def test_a_healthy_redis_is_described(open_engine, valkey):
    engine = open_engine(valkey.url)
    seen = engine.health()
    assert (seen.engine, seen.problem) == ("rq", None)
    assert seen.details["redis"].pop("version").count(".") == 2
    assert seen.details == {
        "redis": {"mode": "external", "address": f"127.0.0.1:{valkey.port}"},
        "rings": {"event": 0, "event-batch": 0, "summary": 0, "reindex": 0},
        "rqWorkers": 0,
        "warnings": [],
    }


def test_the_rings_that_wait_are_counted(engine):
    for session in "abc":
        engine.ring(session, kind="summary")
    until(lambda: engine.health().details["rings"]["summary"] == 3, SOON)
    assert engine.health().details["rings"]["event"] == 0


def test_the_workers_that_were_heard_of_just_now_are_counted(engine, client):
    now = datetime.now(UTC)
    workers = {
        "now": {"last_heartbeat": utcformat(now)},
        "just now": {"last_heartbeat": utcformat(now - timedelta(seconds=20))},
        "long ago": {"last_heartbeat": utcformat(now - timedelta(seconds=40))},
        "dead": {"last_heartbeat": utcformat(now), "death": utcformat(now)},
        "garbage": {"last_heartbeat": "never"},
    }
    for name, fields in workers.items():
        key = f"{RQ_KEY_PREFIX}:worker:{name}"
        client.hset(key, mapping=fields)
        client.sadd(f"{RQ_KEY_PREFIX}:workers", key)
    client.sadd(f"{RQ_KEY_PREFIX}:workers", f"{RQ_KEY_PREFIX}:worker:absent", b"\xff")
    assert engine.health().details["rqWorkers"] == 2


def test_a_worker_of_ours_is_counted(engine, working):
    working(engine, print)
    until(lambda: engine.health().details["rqWorkers"] == 1, SOON)


def test_a_redis_that_is_away_is_a_problem_with_a_reason(open_engine, valkey):
    engine = open_engine(valkey.url)
    valkey.kill()
    problem = engine.health().problem
    assert f"127.0.0.1:{valkey.port}" in problem
    assert "refused" in problem or "closed" in problem
    valkey.restart()
    assert engine.health().problem is None


def test_an_answer_counts_for_a_moment(open_engine, valkey, monkeypatch):
    monkeypatch.setattr(health, "KEPT_FOR", 60.0)
    engine = open_engine(valkey.url)
    asked = valkey.client().info("commandstats")["cmdstat_ping"]["calls"]
    for _ in range(20):
        engine.health()
    told = valkey.client().info("commandstats")["cmdstat_ping"]["calls"]
    assert told - asked <= 1


def test_a_policy_that_drops_rings_is_warned_of(open_engine, valkey):
    engine = open_engine(valkey.url)
    valkey.client().config_set("maxmemory-policy", "allkeys-lru")
    (warning,) = engine.health().details["warnings"]
    assert "allkeys-lru" in warning
    assert "noeviction" in warning


def test_a_redis_without_a_password_that_others_reach_is_warned_of(open_engine, valkey):
    engine = open_engine(valkey.url)
    # An address of the documentation's; the sign says that it may be absent.
    valkey.client().config_set("bind", "127.0.0.1 -192.0.2.1")
    (warning,) = engine.health().details["warnings"]
    assert "password" in warning


def test_a_redis_with_a_password_is_not(open_engine, valkey):
    client = valkey.client()
    client.config_set("requirepass", SPOKEN)
    engine = open_engine(f"redis://:{SPOKEN}@127.0.0.1:{valkey.port}/0")
    client.config_set("bind", "127.0.0.1 -192.0.2.1")
    assert engine.health().details["warnings"] == []
    assert SPOKEN not in repr(engine.health())


def test_a_redis_that_hides_its_settings_serves_all_the_same(open_engine, valkey):
    client = valkey.client()
    rules = ["on", f">{SPOKEN}", "~*", "&*", "+@all", "-config"]
    client.execute_command("ACL", "SETUSER", "bell", *rules)
    engine = open_engine(f"redis://bell:{SPOKEN}@127.0.0.1:{valkey.port}/0")
    seen = engine.health()
    assert (seen.problem, seen.details["warnings"]) == (None, [])


def test_a_forgetful_redis_is_no_fault(open_engine, valkey):
    valkey.client().config_set("appendonly", "no")
    assert open_engine(valkey.url).health().details["warnings"] == []


def test_opening_without_redis_says_what_to_do(open_engine, valkey):
    valkey.kill()
    with pytest.raises(QueueError) as refusal:
        open_engine(f"redis://me:{SPOKEN}@127.0.0.1:{valkey.port}/0")
    told = str(refusal.value)
    assert f"127.0.0.1:{valkey.port}" in told
    assert "CLAUDE_MEM_REDIS_URL" in told
    assert "CLAUDE_MEM_QUEUE_ENGINE=sqlite" in told
    assert SPOKEN not in told
    assert "\n" not in told


def test_a_wrong_password_is_not_repeated(open_engine, valkey):
    valkey.client().config_set("requirepass", "another")
    with pytest.raises(QueueError) as refusal:
        open_engine(f"redis://:{SPOKEN}@127.0.0.1:{valkey.port}/0")
    assert SPOKEN not in str(refusal.value)


def test_opening_without_the_password_says_where_it_goes(open_engine, valkey):
    valkey.client().config_set("requirepass", SPOKEN)
    with pytest.raises(QueueError) as refusal:
        open_engine(valkey.url)
    told = str(refusal.value)
    assert "CLAUDE_MEM_REDIS_URL to where it is, with the password" in told
    assert "AuthenticationError: it asks for a password;" in told


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://me:open-sesame@cache:7000/3?password=open-sesame", "cache:7000"),
        ("rediss://:open-sesame@cache", "cache:6379"),
        ("redis://[::1]:7000?password=open-sesame", "[::1]:7000"),
        ("unix://me:open-sesame@/run/a%20b/valkey.sock?db=0", "/run/a b/valkey.sock"),
    ],
)
def test_an_address_is_shown_without_its_credentials(url, shown):
    address = Address(url)
    assert address.shown == shown
    assert SPOKEN not in repr(address)
    assert SPOKEN not in address.told(OSError(f"no {SPOKEN}"))


def test_no_part_of_a_password_stays_where_a_reason_is_cut():
    address = Address(f"redis://me:{SPOKEN}@127.0.0.1:7000/0")
    padding = "x" * (LONGEST_REASON - len(SPOKEN) + 1)
    assert SPOKEN[:4] not in address.told(OSError(f"{padding}{SPOKEN}"))


def test_no_option_of_a_url_makes_a_client_wait(valkey):
    url = f"{valkey.url}?socket_timeout=600&decode_responses=True"
    with Address(url).client(timeout=0.25) as client:
        options = client.connection_pool.connection_kwargs
        assert options["socket_timeout"] == 0.25
        assert client.echo("bytes") == b"bytes"
