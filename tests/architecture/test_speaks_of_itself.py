# SPDX-License-Identifier: Apache-2.0
"""The project speaks of itself alone: it names no machine it was made on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Written in two halves, so that this page does not name them either.
PLACES = ["/" + "work/", "../" + "shared", "/opt/" + "pypi", "/opt/" + "wheels"]


@pytest.mark.parametrize("place", PLACES)
def test_no_file_names_the_place_it_was_made_in(place: str):
    command = ["git", "grep", "--untracked", "-I", "-n", "--fixed-strings", "-e", place]
    found = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 1, found.stdout + found.stderr


def test_the_pins_name_no_address():
    pins = (ROOT / "constraints.txt").read_text("utf-8")
    assert "://" not in pins
    assert "-e " not in pins
    assert "index-url" not in pins
