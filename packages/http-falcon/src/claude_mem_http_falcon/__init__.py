# SPDX-License-Identifier: Apache-2.0
"""The REST API, on Falcon and waitress."""

from __future__ import annotations
