# SPDX-License-Identifier: Apache-2.0
"""Secrets found in text by rules, and taken out of it before anybody keeps it.

`tokens` is the table of formats that tell themselves by their first letters, `places`
and `blocks` find what tells itself by its surroundings, `assignments` what a name such
as `DB_PASSWORD` tells; `names` and `values` judge names and values for it. `scan` joins
what all of them find, `redactor` writes marks in its place.

Every rule starts from a word that plain search finds, and looks on from there for a
bounded length: so the time is linear in the text, whatever the text is.
"""

from __future__ import annotations
