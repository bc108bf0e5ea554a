# SPDX-License-Identifier: Apache-2.0
"""A remote is the same one, however its address is spelt, and keeps no secret."""

from __future__ import annotations

import string

import pytest
from claude_mem_core.domain.remote import remote_key, without_secrets
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=10)
HOSTS = st.tuples(WORDS, WORDS).map(lambda names: f"git-{names[0]}.{names[1]}x".lower())


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/Me/App",
        "https://github.com/me/app.git",
        "https://github.com/me/app.git/",
        "https://github.com:443/me/app",
        "http://www.github.com/me/app",
        "https://token@github.com/me/app",
        "https://me:pass%40word@github.com/me/app.git",
        "https://me:pa/ss@word@github.com/me/app.git",
        "https://me:12/34@github.com/me/app.git",
        "https://me:pass:/word@github.com/me/app.git",
        "https://me:pass@/word@github.com/me/app.git",
        "git@github.com:me/app.git",
        "git@GitHub.com:/me/app",
        "github.com:me/app",
        "ssh://git@github.com/me/app.git",
        "ssh://git@ssh.github.com:443/me/app.git",
        "git://github.com/me//app.git",
        "git+ssh://git@github.com/me/app?x=1#y",
        " https://github.com/me/app\n",
    ],
)
def test_every_spelling_of_a_remote_has_the_same_key(url: str) -> None:
    assert remote_key(url) == "git:github.com/me/app"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("git@git.example:Me/App.git", "git:git.example/Me/App"),
        ("ssh://git@git.example:2222/Me/App", "git:git.example/Me/App"),
        ("https://git.example:8443/Me/App", "git:git.example:8443/Me/App"),
        ("http://localhost:3000/me/app", "git:localhost:3000/me/app"),
        (
            "git@gitlab.firm.example:Team/Sub/App.git",
            "git:gitlab.firm.example/team/sub/app",
        ),
        ("git@ssh.dev.azure.com:v3/Org/Proj/Repo", "git:dev.azure.com/org/proj/repo"),
        (
            "https://me@dev.azure.com/org/proj/_git/repo",
            "git:dev.azure.com/org/proj/repo",
        ),
        ("ssh://git@[2001:db8::1]:22/app.git", "git:[2001:db8::1]/app"),
        ("git@[2001:db8::1]:app.git", "git:[2001:db8::1]/app"),
        ("https://host.example/@me/app", "git:host.example/@me/app"),
        ("https://host.example/a%20b/app", "git:host.example/a b/app"),
        ("/srv/git/app.git", "dir:/srv/git/app.git"),
        ("file:///srv/git/app.git/", "dir:/srv/git/app.git"),
        ("/home/me/app/.git", "dir:/home/me/app"),
        ("C:\\Repos\\App", "dir:c:/repos/app"),
    ],
)
def test_a_remote_keeps_what_tells_it_from_others(url: str, key: str) -> None:
    assert remote_key(url) == key


@pytest.mark.parametrize(
    "url",
    [
        "",
        "origin",
        "../app",
        "ext::sh -c secret",
        "codecommit::eu://app",
        "https://host",
        "https:///me/app",
        "s3://bucket/app",
        "https://host/\0",
    ],
)
def test_what_names_no_repository_has_no_key(url: str) -> None:
    assert remote_key(url) is None


@given(HOSTS, st.lists(WORDS, min_size=1, max_size=3))
def test_ssh_and_https_are_two_ways_to_one_repository(
    host: str, names: list[str]
) -> None:
    path = "/".join(names)

    assert (
        remote_key(f"git@{host}:{path}.git")
        == remote_key(f"ssh://git@{host}:22/{path}")
        == remote_key(f"https://{host}/{path}/")
        == f"git:{host}/{path}"
    )


@given(
    st.sampled_from(["https", "http", "ssh", "ftps"]),
    st.text(string.ascii_letters + string.digits + "@:/%", min_size=1, max_size=20),
)
def test_no_part_of_a_password_is_in_a_key(scheme: str, rest: str) -> None:
    password = f"s3cret{rest}s3cret"
    for user in ("me:", ""):
        spelt = password if user else password.replace("/", "%2F")
        key = remote_key(f"{scheme}://{user}{spelt}@host.example/me/app")

        assert key == "git:host.example/me/app"
        told = without_secrets(f"{scheme}://{user}{spelt}@host.example/me/app?s3cret")
        assert told == f"{scheme}://host.example/me/app"


@pytest.mark.parametrize(
    "url",
    [
        "git@github.com:me/app.git",
        "ssh://git@host.example:2222/me/app",
        "https://me:secret@host.example:8443/me/app.git?token=x",
        "/srv/git/app.git",
        "file:///srv/git/app.git",
    ],
)
def test_an_address_without_its_secrets_is_still_the_same(url: str) -> None:
    told = without_secrets(url)

    assert told is not None
    assert remote_key(told) == remote_key(url)
    assert without_secrets(told) == told
    assert "secret" not in told
    assert "@" not in told


def test_an_address_that_nobody_understands_is_not_told() -> None:
    assert without_secrets("ext::sh -c secret") is None


@given(st.text(max_size=80))
def test_no_text_is_too_strange_for_a_remote(text: str) -> None:
    key = remote_key(text)

    assert key is None or key.startswith(("git:", "dir:"))
