# SPDX-License-Identifier: Apache-2.0
"""Every port in this process: what the contracts describe, and a start for tests."""

from __future__ import annotations
