# SPDX-License-Identifier: Apache-2.0
"""What the core asks of the outside: promises only, nothing here runs.

Each docstring lists promises; each promise is one test of the conformance kit.
"""

from __future__ import annotations
