# SPDX-License-Identifier: Apache-2.0
"""How each agent's files are changed so that it reports here."""

from __future__ import annotations
