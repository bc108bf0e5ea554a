# SPDX-License-Identifier: Apache-2.0
"""The one table from errors to what a model is told, and what it can do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claude_mem_core.domain.value import ERRORS_REDACTOR
from claude_mem_core.errors import (
    AdapterError,
    ClaudeMemError,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    QuotaExceededError,
    RateLimitedError,
    StorageFullError,
    StorageReadOnlyError,
    UnauthenticatedError,
)

INVALID_REQUEST, INVALID_PARAMS, INTERNAL_ERROR = -32600, -32602, -32603
"""Codes of JSON-RPC 2.0, section 5.1."""

UNFORESEEN = "the memory failed; its log tells why (internal). Go on without it."


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of a class of errors.

    Attributes:
        status: Its status over HTTP, under which the audit log counts a refusal.
        code: The code of JSON-RPC where it is an error of the protocol.
        next: What the model can do about it.
        is_protocol: A tool call ends in an error of the protocol, which the host
            handles; else the model reads it as the tool's answer.
    """

    status: int
    code: int
    next: str
    is_protocol: bool = False


ROWS: Mapping[type[ClaudeMemError], Row] = {
    InvalidInputError: Row(400, INVALID_PARAMS, "Correct the argument and call again."),
    NotFoundError: Row(
        404,
        INVALID_PARAMS,
        "Call search to find ids; leave project out for that of this folder.",
    ),
    ConflictError: Row(
        409, INVALID_PARAMS, "Read the memory with get_observations before you go on."
    ),
    UnauthenticatedError: Row(
        401,
        INVALID_REQUEST,
        "Ask the user for a key that counts: claude-mem server api-key create.",
        is_protocol=True,
    ),
    ForbiddenError: Row(
        403, INVALID_REQUEST, "Do not try again; tell the user what the key lacks."
    ),
    RateLimitedError: Row(429, INVALID_REQUEST, "Go on without it, and ask later."),
    QuotaExceededError: Row(
        402, INVALID_REQUEST, "Go on without it until the next month."
    ),
    StorageFullError: Row(
        507, INTERNAL_ERROR, "Tell the user that the disk is full.", is_protocol=True
    ),
    StorageReadOnlyError: Row(
        503, INTERNAL_ERROR, "Reading works; writing does not.", is_protocol=True
    ),
    ConfigurationError: Row(
        503, INTERNAL_ERROR, "Tell the user; the setting is theirs.", is_protocol=True
    ),
    AdapterError: Row(
        503, INTERNAL_ERROR, "Go on without it, and ask later.", is_protocol=True
    ),
    ClaudeMemError: Row(500, INTERNAL_ERROR, "Go on without it.", is_protocol=True),
}
"""Most special first."""


def row_of(error: ClaudeMemError) -> Row:
    """The row of the table that an error is of."""
    return next(row for kind, row in ROWS.items() if isinstance(error, kind))


def told(error: Exception) -> str:
    """An error as a model reads it: what, its code, and what to do; no secret."""
    if not isinstance(error, ClaudeMemError):
        return UNFORESEEN
    message = ERRORS_REDACTOR.text(str(error))
    return f"{message} ({error.code}). {row_of(error).next}"
