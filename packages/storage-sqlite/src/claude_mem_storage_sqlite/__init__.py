# SPDX-License-Identifier: Apache-2.0
"""The canonical store and the default queue engine, in one SQLite file."""

from __future__ import annotations
