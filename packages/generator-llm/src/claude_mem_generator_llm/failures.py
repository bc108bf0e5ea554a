# SPDX-License-Identifier: Apache-2.0
"""What a provider's refusal means; nothing of its words goes further."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from claude_mem_core.errors import FailureKind, GeneratorError

LOOKED_AT = 16 * 1024
"""Characters of a body that are searched for what it means."""

QUOTA = re.compile(
    r"key limit exceeded|insufficient[_ ](?:quota|credits|balance|funds)"
    r"|credit balance is too low|billing[_ ]hard[_ ]limit|out of credits"
    r"|requests?perday",
    re.IGNORECASE,
)
TOO_LONG = re.compile(
    r"prompt is too long|context[_ ](?:length|size|window)[_ ]?exceeded"
    r"|maximum context length|exceeds? (?:the )?(?:available |maximum )?context"
    r"|input token count|exceed_context_size|too many (?:input )?tokens in",
    re.IGNORECASE,
)
_DELAY = re.compile(r'"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"')
_CAUSES: Mapping[FailureKind, str] = {
    "transient": "it failed; that passes",
    "rate_limit": "it asks for patience",
    "auth_invalid": "it refuses the key; check the key and what it may do",
    "quota_exhausted": "the quota there is used up; raise it, then retry the job",
    "unrecoverable": "it refuses the request; check the model's name and the address",
}
_LONGER_THAN_ANY = timedelta(days=365)


NO_SCHEMA = (
    "it refuses the request; set CLAUDE_MEM_OPENROUTER_ANSWER_FORMAT to xml where the "
    "endpoint knows no json_schema, else check the model's name and the address"
)


def failure(
    status: int,
    headers: Mapping[str, str],
    body: str,
    *,
    now: int,
    is_held: bool = False,
) -> GeneratorError:
    """The error that an answer other than a success is.

    Args:
        status: Its status.
        headers: By their names in lower case.
        body: What came with it; the error repeats nothing of it.
        now: The epoch, which a date to come back at is counted from.
        is_held: Whether the request held the answer to a schema.
    """
    seen = body[:LOOKED_AT]
    kind = _kind(status, seen)
    cause = _CAUSES[kind]
    if kind == "unrecoverable" and (status == 413 or TOO_LONG.search(seen)):  # noqa: PLR2004
        cause = "the prompt is too long; lower CLAUDE_MEM_MODEL_INPUT_BYTES"
    elif 300 <= status < 400:  # noqa: PLR2004
        cause = "it points elsewhere, where nobody follows; correct the address"
    elif kind == "unrecoverable" and is_held:
        cause = NO_SCHEMA
    wait = retry_after(headers, seen, now=now)
    return GeneratorError(f"it answered {status}: {cause}", kind=kind, retry_after=wait)


def _kind(status: int, body: str) -> FailureKind:
    if status == 402 or QUOTA.search(body):  # noqa: PLR2004
        return "quota_exhausted"
    if TOO_LONG.search(body):
        return "unrecoverable"
    if status in (401, 403):
        return "auth_invalid"
    if status == 429:  # noqa: PLR2004
        return "rate_limit"
    return "transient" if status >= 500 or status == 408 else "unrecoverable"  # noqa: PLR2004


def retry_after(
    headers: Mapping[str, str], body: str = "", *, now: int
) -> timedelta | None:
    """How long the provider asks to be left alone, in seconds or until a date."""
    given = headers.get("retry-after", "").strip()
    if not given:
        delay = _DELAY.search(body)
        return _seconds(delay[1]) if delay else None
    seconds = _seconds(given)
    return _until(given, now) if seconds is None else seconds


def _seconds(text: str) -> timedelta | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    longest = _LONGER_THAN_ANY.total_seconds()
    return timedelta(seconds=min(max(number, 0.0), longest))


def _until(text: str, now: int) -> timedelta | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    left = aware - datetime.fromtimestamp(now / 1000, UTC)
    return min(max(left, timedelta(0)), _LONGER_THAN_ANY)
