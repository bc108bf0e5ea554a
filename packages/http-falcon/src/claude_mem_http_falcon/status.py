# SPDX-License-Identifier: Apache-2.0
"""`/healthz`, `/readyz` and `/v1/info`: how the server is, free of secrets."""

from __future__ import annotations

from importlib.metadata import version

from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import AdapterError, Issue
from claude_mem_core.runtime import Runtime
from claude_mem_core.services.status import Progress

from claude_mem_http_falcon.exchange import Request, Response, show
from claude_mem_http_falcon.problems import NotReadyError

NAME = "claude-mem-server"


class HealthResource:
    """Whether the process answers at all."""

    def on_get(self, req: Request, resp: Response) -> None:
        """It does."""
        del req
        show(resp, status="ok")


class ReadinessResource:
    """Whether the server can do its work."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def on_get(self, req: Request, resp: Response) -> None:
        """Yes (200), or what is missing (503)."""
        del req
        issues = [*_store_issues(self._runtime), *_worker_issues(self._runtime)]
        if issues:
            raise NotReadyError(issues)
        show(resp, status="ready")


class InfoResource:
    """What the server is made of, and how each part is."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._version = version("claude-mem-core")

    def on_get(self, req: Request, resp: Response) -> None:
        """Show it."""
        del req
        progress = _progress(self._runtime)
        show(
            resp,
            name=NAME,
            version=self._version,
            runtime="server",
            authMode="api-key",
            boundaries=_boundaries(self._runtime, progress),
            queueDepth=None if progress is None else progress.queue_depth,
        )


def _progress(runtime: Runtime) -> Progress | None:
    """How far the work is; None when the store does not say."""
    try:
        return runtime.status.progress()
    except AdapterError:
        return None


def _boundaries(runtime: Runtime, progress: Progress | None) -> JsonObject:
    return {
        "queue": _queue(progress),
        "generationWorker": {"status": runtime.worker.state, "details": {}},
        "providerRegistry": {
            "status": "active",
            "details": {"generator": runtime.status.generator},
        },
        "eventBroadcaster": {
            "status": "disabled",
            "details": {"reason": "this server has no event stream"},
        },
    }


def _queue(progress: Progress | None) -> JsonObject:
    if progress is None:
        return {"status": "errored", "details": {"reason": "the store is silent"}}
    details: JsonObject = {
        "jobs": dict(progress.jobs.items()),
        "oldestWaitingEpoch": progress.oldest_waiting_epoch,
    }
    return {"status": "active", "details": details}


def _store_issues(runtime: Runtime) -> list[Issue]:
    if _progress(runtime) is not None:
        return []
    return [Issue("store", "it cannot be read", "see the server's log")]


def _worker_issues(runtime: Runtime) -> list[Issue]:
    state = runtime.worker.state
    if state == "active":
        return []
    return [Issue("generationWorker", f"it is {state}", "restart the server")]
