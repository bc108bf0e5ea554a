# SPDX-License-Identifier: Apache-2.0
"""`/v1/sessions`."""

from __future__ import annotations

from claude_mem_core.domain.coverage import ReconcileRequest
from claude_mem_core.domain.server_session import ServerSessionDraft, SessionQuery
from claude_mem_core.services.sessions import Sessions

from claude_mem_http_falcon.exchange import Request, Response, show
from claude_mem_http_falcon.parameters import asked


class SessionsResource:
    """The sessions that the caller may see."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def on_get(self, req: Request, resp: Response) -> None:
        """List them, those that began last first, and parallel how much is kept."""
        query = SessionQuery.from_wire(asked(req, numbers=("limit",)))
        page = self._sessions.list(query, by=req.caller)
        show(
            resp,
            sessions=[one.session for one in page.sessions],
            counts=[one.tally.to_wire() for one in page.sessions],
            next=page.next,
        )


class SessionStartResource:
    """Where sessions start."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def on_post(self, req: Request, resp: Response) -> None:
        """Start one (201), or find the one that the agent names so (200)."""
        draft = ServerSessionDraft.from_wire(req.document)
        started = self._sessions.start(draft, by=req.caller)
        show(resp, 201 if started.created else 200, session=started.session)


class SessionEndResource:
    """Where sessions end."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def on_post(self, req: Request, resp: Response, session_id: str) -> None:
        """End it; a second time changes nothing."""
        ended = self._sessions.end(session_id, by=req.caller)
        show(resp, session=ended.session, generationJob=ended.generation_job)


class SessionReconcileResource:
    """Where sessions are compared with their transcripts."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def on_post(self, req: Request, resp: Response) -> None:
        """Tell what is missing, and note how much is not."""
        asked = ReconcileRequest.from_wire(req.document)
        found = self._sessions.reconcile(asked, by=req.caller)
        show(resp, reconciliation=found)


class SessionResource:
    """One session."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def on_get(self, req: Request, resp: Response, session_id: str) -> None:
        """Show it, and how much is kept of it."""
        found = self._sessions.counted(session_id, by=req.caller)
        show(resp, session=found.session, counts=found.tally.to_wire())
