# SPDX-License-Identifier: Apache-2.0
"""Every error that leaves the project, as one tree.

::

    ClaudeMemError                code
      InvalidInputError           invalid_input     the caller's value is wrong
      NotFoundError               not_found         absent, or not the caller's
      ConflictError               conflict          the stored state says no
      AccessError
        UnauthenticatedError      unauthenticated   nobody, or not who it claims
        ForbiddenError            forbidden         known, but not allowed to
        RateLimitedError          rate_limited      too often: later
        QuotaExceededError        quota_exceeded    the team's month is used up
      ConfigurationError          configuration     a setting is wrong
      AdapterError                unavailable       the outside failed
        StorageError              unavailable
          StorageFullError        storage_full      no room left for a write
          StorageReadOnlyError    storage_read_only the store may only be read
        QueueError                unavailable
        GeneratorError            unavailable
          GeneratorPausedError    unavailable       not now: budget, or a provider down
        EmbedderError             unavailable       the model gave no vectors

A front end has one table from these classes to its answers; a back end has one
table from its driver's exceptions to these classes, applied by `translate`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from typing_extensions import override

FailureKind = Literal[
    "transient",
    "rate_limit",
    "auth_invalid",
    "quota_exhausted",
    "unrecoverable",
    "parse_error",
]
"""What a generator can fail with: the first two may be cured by another try."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong with an input: which field, why, and the cure."""

    field: str
    cause: str
    cure: str

    @override
    def __str__(self) -> str:
        """The issue as one clause of a sentence."""
        return f"{self.field}: {self.cause}; {self.cure}"


class ClaudeMemError(Exception):
    """The root: whoever catches this catches all of ours."""

    code: ClassVar[str] = "error"


class InvalidInputError(ClaudeMemError):
    """What the caller handed in breaks a rule; nothing was changed."""

    code = "invalid_input"

    def __init__(self, message: str, *, issues: Sequence[Issue] = ()) -> None:
        super().__init__(message)
        self.issues = tuple(issues)

    @classmethod
    def of(cls, field: str, cause: str, cure: str) -> InvalidInputError:
        """The error of a single issue."""
        issue = Issue(field, cause, cure)
        return cls(str(issue), issues=[issue])


class NotFoundError(ClaudeMemError):
    """The record is absent, or it belongs to somebody else: the two look alike."""

    code = "not_found"

    def __init__(self, kind: str, record_id: str) -> None:
        super().__init__(f"no {kind} with the id {record_id!r}")
        self.kind = kind
        self.record_id = record_id


class ConflictError(ClaudeMemError):
    """The stored state forbids the change; nothing was changed."""

    code = "conflict"


class AccessError(ClaudeMemError):
    """The caller may not do this."""


class UnauthenticatedError(AccessError):
    """There is no credential, or it is not one that counts."""

    code = "unauthenticated"


class ForbiddenError(AccessError):
    """The caller is known, and this is not among what it may do."""

    code = "forbidden"


class RateLimitedError(AccessError):
    """The caller asks too often; nothing was done.

    Args:
        message: Which allowance is used up.
        retry_after: When it can be asked again.
        limit: How much the allowance is.
    """

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: timedelta, limit: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.limit = limit


class QuotaExceededError(AccessError):
    """The caller's team has used up what it may in a month; nothing was done.

    Args:
        message: Which cap it is.
        retry_after: When the next month begins.
    """

    code = "quota_exceeded"

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ConfigurationError(ClaudeMemError):
    """A setting is wrong or names what is not installed; nothing was started."""

    code = "configuration"


class AdapterError(ClaudeMemError):
    """Something outside this process failed."""

    code = "unavailable"


class StorageError(AdapterError):
    """The store did not do what it was asked to."""


class StorageFullError(StorageError):
    """The store has no room; what was not acknowledged was not kept."""

    code = "storage_full"


class StorageReadOnlyError(StorageError):
    """The store may be read and not be written; nothing was changed."""

    code = "storage_read_only"


class QueueError(AdapterError):
    """The queue engine did not do what it was asked to."""


class GeneratorError(AdapterError):
    """Memories could not be generated.

    Args:
        message: What happened, without anything of what was sent or received.
        kind: Of which kind it is; it decides whether there is another try.
        retry_after: How long the provider asks to be left alone.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: FailureKind,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after


class GeneratorPausedError(GeneratorError):
    """No memory is generated now, whatever the job: it waits, and no try is spent.

    Args:
        message: Why, and what ends it.
        kind: Of which kind the reason is.
        retry_after: How long it lasts.
    """

    def __init__(
        self, message: str, *, kind: FailureKind, retry_after: timedelta
    ) -> None:
        super().__init__(message, kind=kind, retry_after=retry_after)
        self.lasts = retry_after


class EmbedderError(AdapterError):
    """The embedder did not do what it was asked to; what has words is still found."""


@contextmanager
def translate(
    table: Mapping[type[Exception], type[ClaudeMemError]], doing: str
) -> Iterator[None]:
    """Turn a driver's exceptions into ours, by the first row that fits.

    Args:
        table: Driver's exception class to our class, most special first. Our
            class must be constructible from a message alone.
        doing: What was being done, in the message's words: "writing a memory".
    """
    try:
        yield
    except tuple(table) as error:
        ours = next(ours for theirs, ours in table.items() if isinstance(error, theirs))
        raise ours(f"{doing} failed: {error}") from error
