# SPDX-License-Identifier: Apache-2.0
"""What the ports promise and what the kit tests are the same, word for word."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections import Counter

import claude_mem_conformance
import pytest
from broken import ALL
from claude_mem_conformance.contract import GUARD, Contract
from claude_mem_conformance.promises import promises, quoted
from claude_mem_conformance.records import StorageContracts
from claude_mem_core import ports

PORTS = {
    value
    for found in pkgutil.iter_modules(ports.__path__)
    for value in vars(
        importlib.import_module(f"{ports.__name__}.{found.name}")
    ).values()
    if inspect.isclass(value) and getattr(value, "_is_protocol", False)
    if value.__module__.startswith(ports.__name__)
}


def _contracts():
    for found in pkgutil.iter_modules(claude_mem_conformance.__path__):
        name = f"{claude_mem_conformance.__name__}.{found.name}"
        for value in vars(importlib.import_module(name)).values():
            if inspect.isclass(value) and issubclass(value, Contract) and value.ports:
                yield value


CONTRACTS = sorted(set(_contracts()) - {StorageContracts}, key=lambda one: one.__name__)


def _tests(contract):
    named = inspect.getmembers(contract, inspect.isfunction)
    return {n: test for n, test in named if n.startswith("test_") and n != GUARD}


EVERY_TEST = [test for contract in CONTRACTS for test in _tests(contract).values()]
TESTS = [
    pytest.param(contract, test, id=f"{contract.__name__}.{name}")
    for contract in CONTRACTS
    for name, test in _tests(contract).items()
]


def test_the_ports_were_found():
    assert {"Storage", "JobLedger", "AgentVocabulary"} <= {
        one.__name__ for one in PORTS
    }
    assert len(CONTRACTS) >= 12


@pytest.mark.parametrize("port", sorted(PORTS, key=lambda one: one.__name__), ids=str)
def test_every_promise_of_a_port_is_tested(port):
    told = frozenset().union(*map(quoted, EVERY_TEST))
    assert promises(port) - told == set()


@pytest.mark.parametrize(("contract", "test"), TESTS)
def test_every_test_quotes_a_promise_of_its_port(contract, test):
    promised = frozenset().union(*map(promises, contract.ports))
    assert quoted(test)
    assert quoted(test) - promised == set()


@pytest.mark.parametrize("test", EVERY_TEST, ids=lambda test: test.__qualname__)
def test_every_test_has_found_out_a_broken_adapter(test):
    assert test in [broken.test for broken in ALL]


def test_no_contract_hides_the_test_of_another():
    names = Counter(name for one in CONTRACTS for name in _own_tests_in_storage(one))
    assert [name for name, times in names.items() if times > 1] == []


def _own_tests_in_storage(contract):
    return _tests(contract) if issubclass(StorageContracts, contract) else ()


def test_a_port_promises_its_bullets_and_what_its_methods_say():
    module = sys.modules["claude_mem_core.ports.queue"]
    promised = promises(module.ObservationQueueEngine)
    assert "an empty queue answers None when the wait is over" in promised
    assert "the same claim with a whole lease before it" in promised


def test_a_bullet_over_two_lines_is_one_promise():
    module = sys.modules["claude_mem_core.ports.jobs"]
    assert (
        "fencing: only the newest claim of a job can settle, extend, release, postpone "
        "or fail it: `ConflictError` for every other"
    ) in promises(module.JobLedger)


def test_each_broken_adapter_has_a_name_of_its_own():
    twice = [name for name, n in Counter(one.name for one in ALL).items() if n > 1]
    assert not twice, "the later one would be run in the place of the first"
