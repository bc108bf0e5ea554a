# SPDX-License-Identifier: Apache-2.0
"""The base of every contract, which cannot be bent quietly."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import ClassVar

from typing_extensions import override

GUARD = "test_no_promise_is_bent"

_KIT = __name__.partition(".")[0]


class Contract:
    """What an adapter is held to; a test class inherits it and gives its fixtures.

    A promise that the adapter does not keep is overridden under
    ``@pytest.mark.xfail(reason=...)``, so that whoever reads the tests learns of it.

    Attributes:
        ports: The ports whose promises the tests quote.
    """

    ports: ClassVar[tuple[type, ...]] = ()

    @override
    def __init_subclass__(cls) -> None:
        """Refuse a class that would take the guard away."""
        super().__init_subclass__()
        if GUARD in vars(cls) and not _is_of_the_kit(cls):
            raise TypeError(f"{cls.__name__} may not override {GUARD}")

    def test_no_promise_is_bent(self) -> None:
        """No promise is overridden without a reason, and none is taken out."""
        bent = sorted(bent_promises(type(self)))
        assert not bent, f"override with pytest.mark.xfail(reason=...) only: {bent}"


def bent_promises(contract: type) -> Iterator[str]:
    """The tests of the kit that a class replaced or removed without saying why."""
    for base in filter(_is_of_the_kit, contract.__mro__):
        for name, test in vars(base).items():
            actual = inspect.getattr_static(contract, name, None)
            kept = actual is test or _is_excused(actual)
            if name.startswith("test_") and not kept:
                yield name


def _is_of_the_kit(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == _KIT


def _is_excused(test: object) -> bool:
    marks = getattr(test, "pytestmark", ())
    reasons = (mark.kwargs.get("reason") for mark in marks if mark.name == "xfail")
    return any(isinstance(reason, str) and reason.strip() for reason in reasons)
