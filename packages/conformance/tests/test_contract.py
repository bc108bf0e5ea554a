# SPDX-License-Identifier: Apache-2.0
"""A contract cannot be bent quietly."""

from __future__ import annotations

import pytest
from claude_mem_conformance.contract import Contract, bent_promises
from claude_mem_conformance.storage import StorageContract

PROMISE = "test_closing_twice_is_harmless"


def _adapters_test(**members):
    return type("TestOfAnAdapter", (StorageContract,), members)


def _override(self):
    """Closing twice is harmless."""


def _marked(mark):
    def override(self):
        """Closing twice is harmless."""

    return mark(override)


def test_a_contract_as_it_is_is_not_bent():
    assert (
        list(bent_promises(_adapters_test(storage=None, test_of_its_own=_override)))
        == []
    )


@pytest.mark.parametrize(
    "override",
    [
        _override,
        None,
        _marked(pytest.mark.skip(reason="it does not matter")),
        _marked(pytest.mark.xfail),
        _marked(pytest.mark.xfail(reason=" ")),
    ],
    ids=["overridden", "taken out", "skipped", "no reason", "blank reason"],
)
def test_a_promise_that_is_overridden_fails_the_guard(override):
    bent = _adapters_test(**{PROMISE: override})
    assert list(bent_promises(bent)) == [PROMISE]
    with pytest.raises(AssertionError, match=PROMISE):
        bent().test_no_promise_is_bent()


def test_a_promise_may_be_broken_in_the_open():
    excused = _marked(pytest.mark.xfail(reason="the driver cannot"))
    open_about_it = _adapters_test(**{PROMISE: excused})
    assert list(bent_promises(open_about_it)) == []
    open_about_it().test_no_promise_is_bent()


def test_the_guard_cannot_be_taken_away():
    with pytest.raises(TypeError, match="test_no_promise_is_bent"):
        _adapters_test(test_no_promise_is_bent=_override)


def test_every_contract_has_the_guard():
    assert StorageContract.test_no_promise_is_bent is Contract.test_no_promise_is_bent
