# SPDX-License-Identifier: Apache-2.0
"""A key's form, and what is stored of it."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.keys import (
    KEY_BYTES,
    ServerSecret,
    hash_key,
    mint_key,
    read_key,
)

RANDOM = bytes(range(KEY_BYTES))


@pytest.mark.parametrize(("kind", "mark"), [("service", "sk"), ("agent", "ag")])
def test_a_key_tells_whom_it_is_for_and_can_be_read(kind, mark: str) -> None:
    raw = mint_key(RANDOM, kind)
    assert raw.startswith(f"cmem_{mark}_")
    assert len(raw) == len("cmem_sk_") + 16 + 1 + 43 + 6
    assert read_key(raw) == read_key(mint_key(RANDOM, "service"))


def test_a_key_with_one_character_wrong_is_none() -> None:
    raw = mint_key(RANDOM)
    for place in range(len(raw)):
        other = "A" if raw[place] != "A" else "B"
        assert read_key(raw[:place] + other + raw[place + 1 :]) is None
    assert read_key(raw + "0") is None
    assert read_key(mint_key(RANDOM).replace("_sk_", "_xx_")) is None


def test_what_is_stored_needs_the_servers_secret() -> None:
    parts = read_key(mint_key(RANDOM))
    assert parts is not None
    one, other = ServerSecret(b"1" * 32), ServerSecret(b"2" * 32)
    hashes = {hash_key(parts), hash_key(parts, one), hash_key(parts, other)}
    assert len(hashes) == 3
    assert not any(parts.secret in each for each in hashes)
    assert hash_key(parts, one) == hash_key(parts, ServerSecret(b"1" * 32))


def test_each_use_of_a_secret_has_a_key_of_its_own_and_none_is_shown() -> None:
    secret = ServerSecret(b"1" * 32)
    assert len({secret.root, secret.pepper, secret.audit_key}) == 3
    assert "1111" not in repr(secret)
