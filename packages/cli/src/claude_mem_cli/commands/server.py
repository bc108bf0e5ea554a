# SPDX-License-Identifier: Apache-2.0
"""`claude-mem server`: start, stop and look at the server of the data folder."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from claude_mem_core.domain.coverage import CoverageTotals
from claude_mem_core.domain.worker import WorkerRecord
from claude_mem_core.settings import CoreSettings

from claude_mem_cli import daemon, exits, screen, server_files
from claude_mem_cli.coverage_told import coverage_line
from claude_mem_cli.info import BOUNDARIES, server_info
from claude_mem_cli.lazy import Lazy, LazyGroup
from claude_mem_cli.server_files import ServerRecord
from claude_mem_cli.versions import own_version

RUNTIME = "server"


@click.group(
    cls=LazyGroup,
    lazy={
        "jobs": Lazy("jobs", "jobs", "Look at jobs, retry them, cancel them."),
        "audit": Lazy("audit", "audit", "List the audit log, and check it."),
        "redact": Lazy("redact", "redact", "Take secrets out of what is kept."),
        "project": Lazy("project", "project", "Look at projects, say what is whose."),
        "team": Lazy("team", "team", "Make teams, say who belongs to them."),
        "api-key": Lazy("api_key", "api_key", "Make keys, list, rotate, revoke them."),
        "embed": Lazy("embed", "embed", "Give every memory its vectors."),
        "regenerate": Lazy(
            "regenerate", "regenerate", "Make a project's memories anew."
        ),
    },
)
def server() -> None:
    """Start, stop and look at the server of the data folder."""


@server.command
@click.option(
    "--daemon/--foreground",
    "in_background",
    default=False,
    help="Return when the server answers, or serve until Ctrl-C (the default).",
)
@screen.json_option
def start(*, in_background: bool, as_json: bool) -> None:
    """Serve the data folder over HTTP.

    One server runs per data folder: while it does, a second start changes nothing,
    names the first and ends with 1. On a port that is taken it ends with 78.
    """
    if in_background:
        _tell(_start_daemon(), as_json=as_json, stop_with="claude-mem server stop")
        return
    from claude_mem_cli import serving

    serving.log_to_stderr()

    def ready(record: ServerRecord) -> None:
        _tell(record, as_json=as_json, stop_with="Ctrl-C, or claude-mem server stop")

    serving.serve(os.environ, ready=ready)


@server.command
@screen.json_option
def stop(*, as_json: bool) -> None:
    """Stop the server, and return when its process is gone.

    Where none runs there is nothing to do, and that ends with 0 too.
    """
    record = server_files.running(_folder())
    if record is not None:
        _stop(record)
    if as_json:
        pid = record and record.pid
        screen.say_json({"running": False, "stopped": record is not None, "pid": pid})
    elif record is None:
        screen.say("No server is running.")
    else:
        screen.say(f"Stopped pid {record.pid}.")


@server.command
@screen.json_option
def restart(*, as_json: bool) -> None:
    """Stop the server where one runs, and start one in the background."""
    record = server_files.running(_folder())
    if record is not None:
        _stop(record)
    _tell(_start_daemon(), as_json=as_json, stop_with="claude-mem server stop")


@server.command
@screen.json_option
def status(*, as_json: bool) -> int:
    """Show whether a server runs, and how its parts do; ends with 1 if none does."""
    folder = _folder()
    seen = server_files.look(folder)
    if seen.record is None or seen.state != "alive":
        _tell_absence(seen, folder, as_json=as_json)
        return exits.ABSENT
    record, info = seen.record, server_info(seen.record)
    uptime = max(0, time.time_ns() // 1_000_000 - record.started_at_epoch)
    if as_json:
        files = {"running": True, **record.to_wire(), "uptimeMs": uptime}
        files.pop("startToken")
        screen.say_json({**files, "runtime": RUNTIME, **info})
        return exits.OK
    screen.say(f"Running: pid {record.pid}, port {record.port}, {record.url}")
    screen.say(f"Version {record.version}, up {_span(uptime)}")
    screen.say(f"Data:    {screen.line(record.data_dir)}")
    _tell_state(info)
    return exits.OK


@server.command
@click.option("--name", help="The worker's name; by default one of its own.")
@click.option("--engine", help="The queue engine, in place of CLAUDE_MEM_QUEUE_ENGINE.")
@click.option("--burst", is_flag=True, help="Do what waits now, then end.")
@screen.json_option
def worker(*, name: str | None, engine: str | None, burst: bool, as_json: bool) -> None:
    """Turn jobs into memories until Ctrl-C, beside a server or on another machine.

    As many may run at once as you like. With the engine sqlite they share the
    server's database file; a server then works too, unless it was started with
    CLAUDE_MEM_GENERATION_DISABLED=true. A second worker of one name ends with 1.
    """
    from claude_mem_cli import serving, working

    serving.log_to_stderr()
    env = {**os.environ, **({"CLAUDE_MEM_QUEUE_ENGINE": engine} if engine else {})}
    if burst:
        done = working.work_once(env)
        if as_json:
            screen.say_json({"worked": done})
        else:
            screen.say(f"Did {screen.amount(done, 'job')}.")
        return

    def ready(who: WorkerRecord) -> None:
        if as_json:
            screen.say_json({"running": True, **who.to_wire()})
        screen.note(f"claude-mem worker {who.id} (pid {who.pid}, engine {who.engine})")
        screen.note("  stop  Ctrl-C")

    working.work(env, name, ready=ready)


def _folder() -> Path:
    return CoreSettings.from_env(os.environ).folder


def _start_daemon() -> ServerRecord:
    # The adapters' way in costs a third of a second, which stop and status save.
    from claude_mem_core.launch import own_folder

    from claude_mem_cli.serving import require_free

    require_free(os.environ)
    return daemon.start(os.environ, own_folder(_folder()))


def _stop(record: ServerRecord) -> None:
    screen.note(f"Stopping pid {record.pid}, which finishes what it has begun")
    daemon.stop(record)


def _tell(record: ServerRecord, *, as_json: bool, stop_with: str) -> None:
    if as_json:
        wire = record.to_wire()
        wire.pop("startToken")
        screen.say_json({"running": True, **wire})
    screen.note(f"claude-mem serves at {record.url} (pid {record.pid})")
    screen.note(f"  data  {screen.line(record.data_dir)}")
    screen.note(f"  stop  {stop_with}")


def _tell_state(info: Mapping[str, Any]) -> None:
    depth = info["queueDepth"]
    waiting = "unknown" if depth is None else screen.amount(depth, "job")
    screen.say(f"Waiting: {waiting}")
    for issue in info["issues"]:
        told = f"{issue['field']}: {issue['cause']}; {issue['cure']}"
        screen.say(f"Not ready: {screen.line(told)}")
    _tell_parts(info)
    _tell_recall(info["recall"])
    _tell_coverage(info["coverage"])
    _tell_lanes(info["queueLanes"] or {})


def _tell_parts(info: Mapping[str, Any]) -> None:
    for name in BOUNDARIES:
        state = info[name]["status"]
        reason = info[name]["details"].get("reason")
        why = f" ({screen.line(str(reason))})" if reason and state != "active" else ""
        screen.say(f"  {name}: {screen.line(str(state))}{why}")
    for worker in info["generationWorker"]["details"].get("workers", ()):
        screen.say(f"  worker {screen.line(worker['name'])}: {worker['health']}")
    redis = info["queue"]["details"].get("redis")
    if redis is not None:
        how = "answers" if info["queue"]["status"] == "active" else "see queue"
        screen.say(f"  redis {screen.line(redis['address'])}: {how}")
    for warning in info["queue"]["details"].get("warnings", ()):
        screen.say(f"  warning: {screen.line(warning)}")


def _tell_recall(recall: Mapping[str, Any]) -> None:
    if recall["model"] is None:
        return
    told = f"{recall['dense']}, {recall['model']['name']}"
    if "waiting" in recall:
        told += f", {recall['embedded']} embedded, {recall['waiting']} waiting"
    why = f" ({recall['reason']})" if "reason" in recall else ""
    screen.say(f"  vectors: {screen.line(told + why)}")


def _tell_coverage(told: Mapping[str, Any] | None) -> None:
    if told is not None and told["sessions"]:
        counts = CoverageTotals(*(told[name] for name in CoverageTotals._fields))
        screen.say(coverage_line(counts))


def _tell_lanes(lanes: Mapping[str, Mapping[str, Any]]) -> None:
    busy = {name: lane for name, lane in lanes.items() if _has_work(lane)}
    if busy:
        rows = [(n, o["depth"], _age(o), o["failed"]) for n, o in busy.items()]
        screen.say(screen.table(["LANE", "WAITING", "OLDEST", "FAILED"], rows))


def _has_work(lane: Mapping[str, Any]) -> bool:
    """Whether there is anything to tell of a lane."""
    return bool(lane["depth"] or lane["failed"])


def _age(lane: Mapping[str, Any]) -> str:
    oldest = lane["oldestWaitingEpoch"]
    return "" if oldest is None else _span(time.time_ns() // 1_000_000 - oldest)


def _tell_absence(seen: server_files.Seen, folder: Path, *, as_json: bool) -> None:
    if as_json:
        facts = {"running": False, "runtime": RUNTIME, "version": own_version()}
        files = {"dataDir": str(folder), "files": seen.state, "queueDepth": None}
        screen.say_json({**facts, **files})
        return
    why = {
        "missing": "",
        "invalid": f" ({server_files.RUNTIME} is damaged; the next start replaces it)",
        "stale": " (its last one ended without a word; the next start cleans up)",
        "alive": "",
    }
    screen.say(f"No server is running on {screen.line(str(folder))}{why[seen.state]}")


def _span(millis: int) -> str:
    minutes, seconds = divmod(millis // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    told = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(told[:2]) or "0 s"
