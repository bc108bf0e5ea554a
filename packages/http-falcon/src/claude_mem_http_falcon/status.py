# SPDX-License-Identifier: Apache-2.0
"""`/healthz`, `/readyz` and `/v1/info`: how the server is, free of secrets."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import version

from claude_mem_core.domain.engine_health import EngineHealth
from claude_mem_core.domain.keeping import Keeping
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.domain.worker import WorkerRecord
from claude_mem_core.errors import AdapterError
from claude_mem_core.runtime import Runtime
from claude_mem_core.services.readiness import (
    NOBODY,
    OwnLoop,
    kind_of,
    workers_state,
)
from claude_mem_core.services.status import Progress

from claude_mem_http_falcon.exchange import Request, Response, show
from claude_mem_http_falcon.problems import NotReadyError
from claude_mem_http_falcon.settings import AuthMode

NAME = "claude-mem-server"
SILENT = "the store is silent"
SECRETS_ARE_KEPT = (
    "CLAUDE_MEM_REDACT_SECRETS is off: secrets are kept as they come; unset it"
)


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
        issues = self._runtime.shortcomings()
        if issues:
            raise NotReadyError(issues)
        show(resp, status="ready")


class InfoResource:
    """What the server is made of, and how each part is."""

    def __init__(self, runtime: Runtime, auth_mode: AuthMode) -> None:
        self._runtime = runtime
        self._auth_mode = auth_mode
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
            authMode=self._auth_mode,
            privacy=_privacy(self._runtime.keeping),
            boundaries=_boundaries(self._runtime, progress),
            recall=_recall(self._runtime),
            audit=_audit(self._runtime),
            coverage=_coverage(self._runtime),
            queueDepth=None if progress is None else progress.queue_depth,
            queueLanes=None if progress is None else _lanes(progress),
        )


class OpenApiResource:
    """What can be asked for, told to programs.

    Args:
        document: Makes the OpenAPI document, when somebody asks for the first time.
    """

    def __init__(self, document: Callable[[], JsonObject]) -> None:
        self._document = cache(document)

    def on_get(self, req: Request, resp: Response) -> None:
        """Show the OpenAPI document."""
        del req
        show(resp, **self._document())


def _privacy(keeping: Keeping) -> JsonObject:
    if keeping.redactor.finds_secrets:
        return {"secretRedaction": "active"}
    return {"secretRedaction": "disabled", "warning": SECRETS_ARE_KEPT}


def _audit(runtime: Runtime) -> JsonObject:
    """Servings that the log could not be told of, as on a store that is read-only."""
    return {"unrecorded": runtime.audit.unrecorded}


def _coverage(runtime: Runtime) -> JsonObject | None:
    """How much of the agents' sessions is kept; None when the store does not say."""
    try:
        return runtime.status.coverage().to_wire()
    except AdapterError:
        return None


def _progress(runtime: Runtime) -> Progress | None:
    """How far the work is; None when the store does not say."""
    try:
        return runtime.status.progress()
    except AdapterError:
        return None


def _lanes(progress: Progress) -> JsonObject:
    return {kind: lane.to_wire() for kind, lane in progress.lanes.items()}


def _boundaries(runtime: Runtime, progress: Progress | None) -> JsonObject:
    health = runtime.status.queue()
    return {
        "queue": _queue(health, progress),
        "generationWorker": _workers(runtime.own_loop, health, progress),
        "providerRegistry": _provider(runtime),
        "eventBroadcaster": {
            "status": "disabled",
            "details": {"reason": "this server has no event stream"},
        },
    }


def _recall(runtime: Runtime) -> JsonObject:
    """What finds memories: their words always, a model's vectors where one is named."""
    model = runtime.similarity.model
    if model is None:
        return {"lexical": "active", "dense": "disabled", "model": None}
    told: JsonObject = {"name": model.name, "sha256": model.digest}
    shown: JsonObject = {"lexical": "active", "dense": "active", "model": told}
    if runtime.dense_problem is not None:
        shown |= {"dense": "errored", "reason": kind_of(runtime.dense_problem)}
    try:
        progress = runtime.embedding.progress()
    except AdapterError:
        return {**shown, "dense": "errored", "reason": SILENT}
    if progress is not None:
        shown |= {"embedded": progress.embedded, "waiting": progress.waiting}
    return shown


def _provider(runtime: Runtime) -> JsonObject:
    details: JsonObject = {"generator": runtime.status.generator}
    try:
        health = runtime.status.provider()
    except AdapterError:
        return {"status": "errored", "details": {**details, "reason": SILENT}}
    if health is None:
        return {"status": "active", "details": details}
    details |= health.details
    if health.problem is not None:
        details["reason"] = health.problem
    return {"status": "errored" if health.problem else "active", "details": details}


def _queue(health: EngineHealth, progress: Progress | None) -> JsonObject:
    details: JsonObject = {"engine": health.engine, **health.details}
    if health.problem is not None:
        details["reason"] = health.problem
    if progress is None:
        details["reason"] = SILENT
    else:
        details["jobs"] = dict(progress.jobs.items())
        details["oldestWaitingEpoch"] = progress.oldest_waiting_epoch
    return {
        "status": "errored" if "reason" in details else "active",
        "details": details,
    }


def _workers(
    own: OwnLoop, health: EngineHealth, progress: Progress | None
) -> JsonObject:
    details: JsonObject = {
        "inServer": own.state,
        "workers": [_shown(one) for one in progress.workers] if progress else [],
    }
    state = workers_state(own, progress, health)
    if own.problem is not None:
        details["reason"] = kind_of(own.problem)
    elif state == "disabled":
        details["reason"] = NOBODY if progress else SILENT
    return {"status": state, "details": details}


def _shown(worker: WorkerRecord) -> JsonObject:
    """A worker without the message of its error: anybody may ask for this."""
    shown: JsonObject = {
        "name": worker.id,
        "engine": worker.engine,
        "health": worker.health,
        "startedAtEpoch": worker.started_at_epoch,
        "seenAtEpoch": worker.seen_at_epoch,
    }
    if worker.last_error is not None:
        shown["reason"] = kind_of(worker.last_error)
    return shown
