# SPDX-License-Identifier: Apache-2.0
"""What pytest learns from the kit: its marker, and to explain its assertions."""

from __future__ import annotations

import inspect

import pytest

CONTRACTS = (
    "access",
    "audit",
    "agents",
    "contract",
    "embedder",
    "events",
    "generator",
    "installers",
    "jobs",
    "limits",
    "machine",
    "memories",
    "model_calls",
    "own_workers",
    "packs",
    "projects",
    "queue",
    "recall",
    "secrets",
    "sessions",
    "storage",
    "system",
    "threads",
    "transcripts",
    "usage",
    "vectors",
    "workers",
)

for _module in CONTRACTS:
    pytest.register_assert_rewrite(f"claude_mem_conformance.{_module}")


def pytest_configure(config: pytest.Config) -> None:
    """Make ``@pytest.mark.promise`` known, so that strict markers accept it."""
    config.addinivalue_line(
        "markers",
        "promise(text): the promise of a port that this test holds an adapter to",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark each test of a contract with its promise: `-m promise` runs them alone."""
    # The contracts are imported by whoever uses them, after the rewriting above.
    from claude_mem_conformance.contract import Contract

    cls = getattr(item, "cls", None)
    if inspect.isclass(cls) and issubclass(cls, Contract):
        promise = inspect.getdoc(getattr(item, "obj", None)) or item.name
        item.add_marker(pytest.mark.promise(promise))
        item.user_properties.append(("promise", promise))
