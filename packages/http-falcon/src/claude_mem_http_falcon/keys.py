# SPDX-License-Identifier: Apache-2.0
"""`/v1/keys`, the keys of a team that is named, and `/v1/connect`."""

from __future__ import annotations

from datetime import UTC, datetime

from claude_mem_core.domain.access import ApiKey, KeyDraft, KeyRotation, NewKey
from claude_mem_core.services.keys import Keys
from pydantic import JsonValue

from claude_mem_http_falcon.exchange import Request, Response, show

PLACEHOLDER = "<YOUR_API_KEY>"
HINT = (
    "put a key of yours in the place of <YOUR_API_KEY>; "
    "POST /v1/keys makes one that may read, and shows it once"
)


class KeysResource:
    """The keys of the caller's team, or of the one that the address names."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def on_get(self, req: Request, resp: Response, team_id: str = "") -> None:
        """List them, oldest first, without what would open anything."""
        del team_id
        show(resp, keys=[key.shown for key in self._keys.list(by=req.caller)])

    def on_post(self, req: Request, resp: Response, team_id: str = "") -> None:
        """Make one, and show it this once."""
        del team_id
        draft = KeyDraft.from_wire(req.document)
        _show_new(req, resp, self._keys.issue(draft, by=req.caller))


class KeyRotateResource:
    """Where a key gives way to a new one."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def on_post(
        self, req: Request, resp: Response, key_id: str, team_id: str = ""
    ) -> None:
        """Make the new one, and show it this once; the old one counts on a while."""
        del team_id
        asked = KeyRotation.from_wire(req.document)
        new = self._keys.rotate(key_id, overlap=asked.overlap, by=req.caller)
        _show_new(req, resp, new)


class KeyRevokeResource:
    """Where a key ends."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def on_post(
        self, req: Request, resp: Response, key_id: str, team_id: str = ""
    ) -> None:
        """End it at once; a second time changes nothing."""
        del team_id
        show(resp, key=self._keys.revoke(key_id, by=req.caller).shown)


class ConnectResource:
    """How an agent is told where this server is."""

    def on_get(self, req: Request, resp: Response) -> None:
        """Show the command; no key is made."""
        show(resp, **_ways_in(req, PLACEHOLDER), hint=HINT)


def _show_new(req: Request, resp: Response, new: NewKey) -> None:
    key = new.key
    show(
        resp,
        201,
        id=key.id,
        apiKey=new.raw,
        scopes=list(key.scopes),
        expiresAt=_ends(key),
        **_ways_in(req, new.raw),
        key=key.shown,
    )


def _ends(key: ApiKey) -> str | None:
    """When the key ends, as RFC 3339 writes it."""
    if key.expires_at_epoch is None:
        return None
    moment = datetime.fromtimestamp(key.expires_at_epoch / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ways_in(req: Request, key: str) -> dict[str, JsonValue]:
    """Where MCP is, under the name by which the caller knows the server."""
    address = f"{req.scheme}://{req.get_header('Host')}/v1/mcp"
    command = (
        f"claude mcp add --transport http claude-mem {address} "
        f'--header "Authorization: Bearer {key}"'
    )
    return {"mcpUrl": address, "connectCommand": command}
