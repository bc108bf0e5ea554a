# SPDX-License-Identifier: Apache-2.0
"""The WSGI application: the layers in their order, and a resource for each path."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias
from urllib.parse import quote

import falcon
from claude_mem_core.domain.keeping import Keeping
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import AccessError, ConfigurationError
from claude_mem_core.runtime import Runtime
from claude_mem_core.services.audit_trail import AuditTrail
from claude_mem_core.services.keys import Keys
from pydantic_core import to_json

from claude_mem_http_falcon.audit import AuditResource
from claude_mem_http_falcon.authentication import Authentication
from claude_mem_http_falcon.bodies import Bodies
from claude_mem_http_falcon.context import (
    ContextResource,
    FeedbackResource,
    PackResource,
)
from claude_mem_http_falcon.events import (
    EventBatchResource,
    EventResource,
    EventsResource,
    Waiting,
)
from claude_mem_http_falcon.exchange import Request, Response
from claude_mem_http_falcon.gate import Gate
from claude_mem_http_falcon.hooks import HookResource
from claude_mem_http_falcon.jobs import (
    JobCancelResource,
    JobResource,
    JobRetryResource,
    JobsResource,
    ProjectJobsResource,
    ReindexResource,
    TeamJobsResource,
)
from claude_mem_http_falcon.keys import (
    ConnectResource,
    KeyRevokeResource,
    KeyRotateResource,
    KeysResource,
)
from claude_mem_http_falcon.memories import (
    ExpireResource,
    MemoriesGetResource,
    MemoriesResource,
    MemoryResource,
    SupersedeResource,
)
from claude_mem_http_falcon.mounted import Mounted, MountResource
from claude_mem_http_falcon.openapi import Summaries, document, summary
from claude_mem_http_falcon.problems import (
    CONTENT_TYPE,
    UNFORESEEN,
    ProtocolError,
    problem_of,
    without_secrets,
)
from claude_mem_http_falcon.projects import (
    ProjectIdentifyResource,
    ProjectIdentitiesResource,
    ProjectResolveResource,
    ProjectResource,
    ProjectsResource,
)
from claude_mem_http_falcon.recall import SearchResource, TimelineResource
from claude_mem_http_falcon.redactions import RedactionsResource
from claude_mem_http_falcon.replay import RegenerateResource
from claude_mem_http_falcon.request_log import RequestLog
from claude_mem_http_falcon.routes import ROUTES, RouteSpec, deed_at
from claude_mem_http_falcon.sessions import (
    SessionEndResource,
    SessionReconcileResource,
    SessionResource,
    SessionsResource,
    SessionStartResource,
)
from claude_mem_http_falcon.settings import HttpSettings
from claude_mem_http_falcon.status import (
    HealthResource,
    InfoResource,
    OpenApiResource,
    ReadinessResource,
)
from claude_mem_http_falcon.teams import (
    MemberResource,
    MembersResource,
    TeamProjectsResource,
    TeamsResource,
)
from claude_mem_http_falcon.usage import UsageResource
from claude_mem_http_falcon.viewer import (
    ViewerCodesResource,
    ViewerFileResource,
    ViewerResource,
    ViewerSessionsResource,
)

App: TypeAlias = falcon.App[Request, Response]
Layer: TypeAlias = RequestLog | Gate | Authentication | Bodies

SETTINGS = HttpSettings()
"""As the server is where nobody says otherwise."""

log = logging.getLogger(__name__)


def build_app(
    runtime: Runtime,
    stop: StopSignal | None = None,
    settings: HttpSettings = SETTINGS,
    mounted: Mounted | None = None,
) -> App:
    """The application that serves `runtime`; after `stop` no request waits.

    Args:
        runtime: What is served.
        stop: Ends what waits.
        settings: Where and whom it serves.
        mounted: Who answers for MCP; without it nobody does.

    Raises:
        ConfigurationError: Something is served that the table of routes does not
            have, or the other way round.
    """
    app = falcon.App(request_type=Request, middleware=layers(runtime, settings))
    serving = resources(runtime, stop or StopSignal(), settings, mounted or Mounted())
    require_same(serving, ROUTES)
    for path, resource in serving.items():
        if hasattr(resource, "on_get"):
            # Falcon leaves the body out of every answer to HEAD.
            vars(resource)["on_head"] = resource.on_get
        app.add_route(path, resource)
    errors = Errors(runtime.keeping, runtime.audit)
    app.add_error_handler(Exception, errors.answer)
    app.add_error_handler(falcon.HTTPError, errors.answer_falcon)
    return app


def layers(runtime: Runtime, settings: HttpSettings = SETTINGS) -> list[Layer]:
    """What a request passes before its resource, from the outside in."""
    return [
        RequestLog(runtime.system.new_id),
        Gate(settings),
        authentication(runtime, settings),
        Bodies(),
    ]


def authentication(
    runtime: Runtime, settings: HttpSettings = SETTINGS
) -> Authentication:
    """The layer that makes principals of credentials."""
    return Authentication(
        runtime.access,
        runtime.teams,
        runtime.limits,
        runtime.system.now,
        settings.auth_mode,
    )


def resources(
    runtime: Runtime,
    stop: StopSignal,
    settings: HttpSettings,
    mounted: Mounted,
) -> Mapping[str, object]:
    """Who answers for each path."""

    def described() -> JsonObject:
        return document(ROUTES, summaries(serving))

    serving: Mapping[str, object] = {
        "/": ViewerResource(),
        "/viewer/{file}": ViewerFileResource(),
        "/healthz": HealthResource(),
        "/readyz": ReadinessResource(runtime),
        "/v1/info": InfoResource(runtime, settings.auth_mode),
        "/v1/openapi.json": OpenApiResource(described),
        "/v1/projects": ProjectsResource(runtime.projects),
        "/v1/projects/identify": ProjectIdentifyResource(runtime.projects),
        "/v1/projects/resolve": ProjectResolveResource(runtime.projects),
        "/v1/projects/{project_id}/identities": ProjectIdentitiesResource(
            runtime.projects
        ),
        "/v1/projects/{project_id}": ProjectResource(
            runtime.projects, runtime.memories
        ),
        "/v1/sessions": SessionsResource(runtime.sessions),
        "/v1/sessions/start": SessionStartResource(runtime.sessions),
        "/v1/sessions/reconcile": SessionReconcileResource(runtime.sessions),
        "/v1/sessions/{session_id}": SessionResource(runtime.sessions),
        "/v1/sessions/{session_id}/end": SessionEndResource(runtime.sessions),
        "/v1/events": EventsResource(runtime.events, Waiting(runtime.jobs, stop)),
        "/v1/events/batch": EventBatchResource(runtime.events),
        "/v1/events/{event_id}": EventResource(runtime.events),
        "/v1/jobs": JobsResource(runtime.jobs),
        "/v1/jobs/{job_id}": JobResource(runtime.jobs),
        "/v1/jobs/{job_id}/retry": JobRetryResource(runtime.jobs),
        "/v1/jobs/{job_id}/cancel": JobCancelResource(runtime.jobs),
        "/v1/projects/{project_id}/jobs": ProjectJobsResource(runtime.jobs),
        "/v1/projects/{project_id}/reindex": ReindexResource(runtime.jobs),
        "/v1/projects/{project_id}/regenerate": RegenerateResource(runtime.replay),
        "/v1/teams/{team_id}/jobs": TeamJobsResource(runtime.jobs),
        "/v1/memories": MemoriesResource(runtime.memories),
        "/v1/memories/get": MemoriesGetResource(runtime.memories),
        "/v1/memories/{memory_id}": MemoryResource(runtime.memories),
        "/v1/memories/{memory_id}/supersede": SupersedeResource(runtime.memories),
        "/v1/memories/{memory_id}/expire": ExpireResource(runtime.memories),
        "/v1/memories/{memory_id}/feedback": FeedbackResource(runtime.context),
        "/v1/redactions": RedactionsResource(runtime.rescan),
        "/v1/search": SearchResource(runtime.recall),
        "/v1/timeline": TimelineResource(runtime.recall),
        "/v1/context": ContextResource(runtime.context),
        "/v1/context/{pack_id}": PackResource(runtime.context),
        "/v1/teams": TeamsResource(runtime.teams),
        "/v1/teams/{team_id}/members": MembersResource(runtime.teams),
        "/v1/teams/{team_id}/members/{user_id}": MemberResource(runtime.teams),
        "/v1/teams/{team_id}/projects": TeamProjectsResource(runtime.projects),
        **_keys(runtime.keys, "/v1/keys"),
        **_keys(runtime.keys, "/v1/teams/{team_id}/keys"),
        "/v1/connect": ConnectResource(),
        "/v1/viewer/codes": ViewerCodesResource(runtime.viewing),
        "/v1/viewer/sessions": ViewerSessionsResource(runtime.viewing, runtime.limits),
        "/v1/mcp": MountResource(mounted),
        "/mcp": MountResource(mounted),
        "/v1/usage": UsageResource(runtime.usage),
        "/hooks/{agent}/{event}": HookResource(runtime),
        "/v1/audit": AuditResource(runtime.audit),
    }
    return serving


def summaries(serving: Mapping[str, object]) -> Summaries:
    """What each method of each path does."""
    return {
        (method, path): summary(responder)
        for path, resource in serving.items()
        for method, responder in responders(resource).items()
    }


def responders(resource: object) -> Mapping[str, Callable[..., None]]:
    """What a resource does, by the method that asks for it."""
    return {
        name.removeprefix("on_").upper(): getattr(resource, name)
        for name in dir(type(resource))
        if name.startswith("on_")
    }


def require_same(serving: Mapping[str, object], rows: Iterable[RouteSpec]) -> None:
    """Nothing, where the rows are exactly what is served: nobody guards the rest.

    Raises:
        ConfigurationError: It names the route.
    """
    served = {
        (method, path)
        for path, resource in serving.items()
        for method in responders(resource)
    }
    listed = {(row.method, row.path) for row in rows}
    for method, path in sorted(served - listed):
        raise ConfigurationError(f"{method} {path} is in no row of the table of routes")
    for method, path in sorted(listed - served):
        raise ConfigurationError(f"{method} {path} is a row that nothing answers for")


def _keys(keys: Keys, path: str) -> Mapping[str, object]:
    """Who answers for keys below this path."""
    return {
        path: KeysResource(keys),
        path + "/{key_id}/rotate": KeyRotateResource(keys),
        path + "/{key_id}/revoke": KeyRevokeResource(keys),
    }


class Errors:
    """How every error is answered, and what is written in the log of it."""

    def __init__(self, keeping: Keeping, trail: AuditTrail) -> None:
        self._keeping = keeping
        self._trail = trail

    def answer(
        self, req: Request, resp: Response, error: Exception, params: Mapping[str, str]
    ) -> None:
        """Answer with the problem that an error is, and log what nobody foresaw."""
        del params
        problem = problem_of(error)
        if problem is not None and isinstance(error, AccessError):
            # Whoever refused it: the door, a key's scopes, or the border of a project.
            self._trail.denied(
                problem.status.value,
                address=req.remote_addr,
                by=req.context.get("caller"),
                deed=deed_at(req.method, req.path),
            )
        if problem is None:
            trace = self._keeping.traced(error)
            log.error("request %s failed: %s", req.request_id, trace)
            problem = UNFORESEEN
        redactor = self._keeping.redactor
        told = without_secrets(problem, redactor)
        resp.status = told.status.value
        resp.content_type = CONTENT_TYPE
        resp.set_headers(dict(told.headers))
        path = quote(redactor.text(req.path))
        resp.data = to_json(told.to_wire(instance=path, request_id=req.request_id))

    def answer_falcon(
        self,
        req: Request,
        resp: Response,
        error: falcon.HTTPError,
        params: Mapping[str, str],
    ) -> None:
        """Answer for what Falcon refuses by itself, in our shape."""
        resp.set_headers(dict(error.headers or {}))
        message = error.description or error.title or "the request is refused"
        if isinstance(error, falcon.HTTPRouteNotFound | falcon.HTTPMethodNotAllowed):
            message = f"Cannot {req.method} {req.path}"
        self.answer(req, resp, ProtocolError(error.status_code, message), params)
