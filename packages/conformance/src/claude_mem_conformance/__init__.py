# SPDX-License-Identifier: Apache-2.0
"""The contract kit that every adapter passes.

One module a port, under the port's name: inherit its contract, give the fixture that
it names, and pytest says which promises the adapter keeps.
"""

from __future__ import annotations
