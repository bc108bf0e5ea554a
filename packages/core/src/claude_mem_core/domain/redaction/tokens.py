# SPDX-License-Identifier: Apache-2.0
"""Tokens that tell what they are by how they begin.

Sources: the vendors' own documentation of their formats. The shapes are ours; each
begins with a word from its row and has bounded repetitions only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from claude_mem_core.domain.redaction.spans import Ahead, Span, Text

SHORTEST_RUN = 16
"""Letters, digits, `-` and `_` that every token of the table has in a row at least."""

FARTHEST_HEAD = 12
"""Characters that a token's first word can begin before its first long run."""


LOOKED_AT = 64
"""Characters of a run in which it shows whether chance made it."""


LONG = 128
"""Characters of a token in which others are not looked for any more."""


class Token(NamedTuple):
    """A format.

    Attributes:
        heads: How it can begin.
        shape: All of it, as a regular expression.
    """

    family: str
    heads: tuple[str, ...]
    shape: str


_WORD = r"[A-Za-z0-9_-]"
_ALNUM = "[A-Za-z0-9]"
_HEX = "[0-9a-f]"
_END = r"(?![A-Za-z0-9])"

TOKENS = (
    Token(
        "claude-mem-key",
        ("cmem_sk_", "cmem_ag_"),
        rf"cmem_(?:sk|ag)_{_ALNUM}{{16}}_{_ALNUM}{{20,60}}",
    ),
    Token(
        "github-token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        rf"gh[pousr]_{_ALNUM}{{30,255}}",
    ),
    Token("github-token", ("github_pat_",), r"github_pat_[A-Za-z0-9_]{22,255}"),
    Token(
        "gitlab-token",
        (
            *("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glsoat-"),
            *("glft-", "glimt-", "glagent-", "gloas-", "glffct-"),
        ),
        r"gl[a-z]{2,6}-[A-Za-z0-9_.-]{20,300}",
    ),
    Token(
        "aws-access-key-id",
        ("AKIA", "ASIA", "ABIA", "ACCA"),
        rf"A(?:KI|SI|BI|CC)A[A-Z0-9]{{16}}{_END}",
    ),
    Token("gcp-api-key", ("AIza",), rf"AIza{_WORD}{{35}}"),
    Token("gcp-oauth", ("GOCSPX-",), rf"GOCSPX-{_WORD}{{20,64}}"),
    Token("gcp-oauth", ("ya29.",), r"ya29\.[A-Za-z0-9_.-]{20,512}"),
    Token(
        "slack-token",
        ("xoxa-", "xoxb-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-"),
        r"xox[abeoprs][-.][A-Za-z0-9.-]{16,255}",
    ),
    Token("slack-token", ("xapp-",), r"xapp-[A-Za-z0-9-]{16,255}"),
    Token(
        "stripe-key",
        ("sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_prod_", "rk_prod_"),
        rf"[sr]k_(?:live|test|prod)_{_ALNUM}{{16,255}}",
    ),
    Token("stripe-webhook-secret", ("whsec_",), r"whsec_[A-Za-z0-9+/]{24,128}={0,2}"),
    Token("twilio-key", ("SK",), rf"SK{_HEX}{{32}}{_END}"),
    Token("sendgrid-key", ("SG.",), rf"SG\.{_WORD}{{16,32}}\.{_WORD}{{16,64}}"),
    Token("mailgun-key", ("key-",), rf"key-{_HEX}{{32}}{_END}"),
    Token("anthropic-key", ("sk-ant-",), rf"sk-ant-{_WORD}{{20,255}}"),
    Token(
        "openai-key",
        ("sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"),
        rf"sk-(?:proj|svcacct|admin|None)-{_WORD}{{20,255}}",
    ),
    Token("openrouter-key", ("sk-or-v1-",), rf"sk-or-v1-{_HEX}{{32,128}}"),
    Token("openai-key", ("sk-",), rf"sk-{_ALNUM}{{32,128}}{_END}"),
    Token("huggingface-token", ("hf_",), rf"hf_{_ALNUM}{{30,64}}{_END}"),
    Token("huggingface-token", ("api_org_",), rf"api_org_{_ALNUM}{{30,64}}{_END}"),
    Token("groq-key", ("gsk_",), rf"gsk_{_ALNUM}{{40,64}}{_END}"),
    Token("xai-key", ("xai-",), rf"xai-{_ALNUM}{{60,128}}{_END}"),
    Token("perplexity-key", ("pplx-",), rf"pplx-{_ALNUM}{{40,64}}{_END}"),
    Token("replicate-token", ("r8_",), rf"r8_{_ALNUM}{{37,40}}{_END}"),
    Token("npm-token", ("npm_",), rf"npm_{_ALNUM}{{36}}{_END}"),
    Token("pypi-token", ("pypi-",), rf"pypi-{_WORD}{{50,512}}"),
    Token("rubygems-key", ("rubygems_",), rf"rubygems_{_HEX}{{48}}{_END}"),
    Token("crates-token", ("cio",), rf"cio{_ALNUM}{{32}}{_END}"),
    Token("docker-token", ("dckr_pat_", "dckr_oat_"), rf"dckr_[po]at_{_WORD}{{20,64}}"),
    Token(
        "digitalocean-token",
        ("dop_v1_", "doo_v1_", "dor_v1_"),
        rf"do[opr]_v1_{_HEX}{{64}}{_END}",
    ),
    Token("heroku-key", ("HRKU-",), rf"HRKU-{_WORD}{{30,80}}"),
    Token("fly-token", ("fo1_",), rf"fo1_{_WORD}{{40,128}}"),
    Token("cloudflare-key", ("v1.0-",), rf"v1\.0-{_HEX}{{24}}-{_HEX}{{100,160}}"),
    Token("databricks-token", ("dapi",), rf"dapi{_HEX}{{32}}(?:-\d{{1,2}})?{_END}"),
    Token(
        "newrelic-key",
        ("NRAK-", "NRII-", "NRIQ-", "NRRA-", "NRJS-", "NRSP-", "NRBR-"),
        rf"NR[A-Z]{{2}}-{_WORD}{{19,64}}",
    ),
    Token("grafana-token", ("glsa_",), rf"glsa_{_ALNUM}{{32}}_[0-9A-Fa-f]{{8}}"),
    Token("grafana-token", ("glc_",), r"glc_[A-Za-z0-9+/]{32,400}={0,3}"),
    Token(
        "sentry-token", ("sntrys_", "sntryu_"), r"sntry[su]_[A-Za-z0-9+/=_-]{32,512}"
    ),
    Token(
        "linear-key",
        ("lin_api_", "lin_oauth_"),
        rf"lin_(?:api|oauth)_{_ALNUM}{{32,64}}",
    ),
    Token("notion-token", ("ntn_",), rf"ntn_{_ALNUM}{{40,64}}{_END}"),
    Token("notion-token", ("secret_",), rf"secret_{_ALNUM}{{43}}{_END}"),
    Token(
        "atlassian-token",
        ("ATATT3", "ATCTT3", "ATSTT3"),
        r"AT[ACS]TT3[A-Za-z0-9_=-]{50,300}",
    ),
    Token("atlassian-token", ("ATBB",), rf"ATBB{_ALNUM}{{24,40}}{_END}"),
    Token(
        "shopify-token",
        ("shpat_", "shpca_", "shppa_", "shpss_"),
        rf"shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{{32}}{_END}",
    ),
    Token(
        "square-token",
        ("sq0atp-", "sq0csp-", "sq0idp-"),
        rf"sq0(?:at|cs|id)p-{_WORD}{{22,64}}",
    ),
    Token("square-token", ("EAAA",), rf"EAAA{_WORD}{{60}}{_END}"),
    Token("vault-token", ("hvs.", "hvb.", "hvr."), rf"hv[sbr]\.{_WORD}{{24,300}}"),
    Token(
        "doppler-token",
        ("dp.pt.", "dp.st.", "dp.sa.", "dp.ct.", "dp.scim.", "dp.audit."),
        rf"dp\.(?:pt|st|sa|ct|scim|audit)\.(?:[a-z0-9_-]{{2,35}}\.)?{_ALNUM}{{40,44}}",
    ),
    Token("onepassword-token", ("ops_eyJ",), r"ops_eyJ[A-Za-z0-9+/=_-]{80,4096}"),
    Token("onepassword-key", ("A3-",), r"A3-[A-Z0-9]{6}(?:-[A-Z0-9]{5,11}){4,5}"),
    Token("age-key", ("AGE-SECRET-KEY-1",), r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    Token("postman-key", ("PMAK-",), rf"PMAK-{_HEX}{{24}}-{_HEX}{{34}}"),
    Token("pulumi-token", ("pul-",), rf"pul-{_HEX}{{40}}{_END}"),
    Token("supabase-token", ("sbp_",), rf"sbp_{_HEX}{{40}}{_END}"),
    Token("supabase-token", ("sb_secret_",), rf"sb_secret_{_WORD}{{22,64}}"),
    Token(
        "planetscale-token",
        ("pscale_tkn_", "pscale_pw_", "pscale_oauth_"),
        r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64}",
    ),
    Token("netlify-token", ("nfp_",), rf"nfp_{_ALNUM}{{36}}{_END}"),
    Token("figma-token", ("figd_",), rf"figd_{_WORD}{{32,64}}"),
    Token("airtable-token", ("pat",), rf"pat{_ALNUM}{{14}}\.{_HEX}{{64}}"),
    Token("tailscale-key", ("tskey-",), r"tskey-[a-z]{2,12}-[A-Za-z0-9-]{16,64}"),
    Token("sourcegraph-token", ("sgp_",), r"sgp_(?:[a-z0-9]{1,20}_)?[0-9a-f]{40}"),
    Token("brevo-key", ("xkeysib-",), rf"xkeysib-{_HEX}{{64}}-{_ALNUM}{{16}}"),
    Token("dynatrace-token", ("dt0c01.",), r"dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    Token("alibaba-key-id", ("LTAI",), rf"LTAI{_ALNUM}{{16,20}}{_END}"),
    Token("buildkite-token", ("bkua_",), rf"bkua_{_HEX}{{40}}{_END}"),
    Token("circleci-token", ("CCIPAT_",), rf"CCIPAT_{_ALNUM}{{20,24}}_{_HEX}{{40}}"),
    Token("contentful-token", ("CFPAT-",), rf"CFPAT-{_WORD}{{43}}"),
    Token("artifactory-key", ("AKCp",), rf"AKCp{_ALNUM}{{60,75}}{_END}"),
)

_STARTS = re.compile(
    rf"""(?P<discord>[MNO][\w-]{{22,27}}\.[\w-]{{6}}\.[\w-]{{27,40}})
    | (?P<telegram>(?:(?<=\d:)|(?<=\d%)3A)AA[\w-]{{32,35}}(?![\w-]))
    | (?P<newrelic>{_HEX}{{36}}NRAL{_END})
    | (?P<terraform>(?<=\.atlasv1\.)[\w-]{{60,70}})""",
    re.ASCII | re.VERBOSE,
)
"""Formats without a first word, each looked for where a long run begins."""

_JWT_HEAD = "eyJ"
_JWT_FIRST = range(10, 4096 + 1)
"""Characters of a JSON Web Token's first part after its first word."""

_JWT_REST = re.compile(
    rf"\.eyJ{_WORD}{{5,8192}}(?:\.{_WORD}{{0,4096}}){{0,4}}",
)
_NO_WORD = re.compile(r"[^A-Za-z0-9_-]")

_OF_START = {
    "discord": "discord-token",
    "telegram": "telegram-token",
    "newrelic": "newrelic-key",
    "terraform": "terraform-token",
}
_AWS_SECRET = re.compile(
    r"[\"']?[\s,;:|]{1,4}[\"']?([A-Za-z0-9+/]{40})(?![A-Za-z0-9+/])"
)
"""The secret of a key, where it follows the key's id: alone it has no shape."""

FAMILIES = frozenset(("jwt", *(one.family for one in TOKENS), *_OF_START.values()))

_BY_HEAD: Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    head: tuple(
        (one.family, re.compile(one.shape)) for one in TOKENS if head in one.heads
    )
    for head in {head for one in TOKENS for head in one.heads}
}


def _alternation(words: Iterable[str]) -> str:
    # The longer first: `sk-ant-` is not to be taken for `sk-`.
    return "|".join(map(re.escape, sorted(words, key=lambda one: (-len(one), one))))


_HEADS = re.compile(_alternation(_BY_HEAD))
_FIRST_TWO = frozenset(head[:2] for head in (_JWT_HEAD, *_BY_HEAD))
_ESCAPE = re.compile(r"\\[nrtbf]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}")
_MIXED = re.compile(r"[0-9]|[a-z][A-Z]|A[KS]IA[A-Z]")
"""What is drawn by chance has a digit, or a capital amid small letters."""

_PIECE = re.compile(r"[A-Za-z0-9]+")

_RUN_BYTES = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
)
_AS_RUN = bytes(ord("a") if byte in _RUN_BYTES else 0 for byte in range(256))
_LONG = b"a" * SHORTEST_RUN
_RUN_END = b"\0"


def find_tokens(text: Text) -> Iterator[Span]:
    """The tokens of the table that stand in a text."""
    for span in _in_runs(text.text):
        yield span
        if span.family == "aws-access-key-id" and (
            found := _AWS_SECRET.match(text.text, span.end)
        ):
            yield Span(found.start(1), found.end(1), "aws-secret-key")


def _in_runs(text: str) -> Iterator[Span]:
    done, webs = 0, _WebTokens(text)
    for start, end in long_runs(text):
        if not _MIXED.search(text, start, min(end, start + LOOKED_AT)):
            continue
        if found := _STARTS.match(text, start):
            yield Span(start, found.end(), _OF_START[found.lastgroup or ""])
        begin, done = max(done, start - FARTHEST_HEAD), end
        last = 0
        for at in _beginnings(text, begin, end):
            if at < last or text[at : at + 2] not in _FIRST_TWO:
                continue
            if span := webs.at(at) or _token(text, at):
                last = span.end if _holds_all(span, end) else last
                yield span


def _holds_all(span: Span, end: int) -> bool:
    """Whether nothing that begins within a token reaches out of it, and tells more."""
    return span.end >= end or span.end - span.start > LONG


class _WebTokens:
    """The JSON Web Tokens of a text: what follows their first parts is read once."""

    def __init__(self, text: str) -> None:
        self._text, self._ends = text, Ahead(_NO_WORD, text)
        self._first = -1
        self._last: int | None = None

    def at(self, start: int) -> Span | None:
        """The token that begins there, if any."""
        if not self._text.startswith(_JWT_HEAD, start):
            return None
        first = self._ends.of(start)
        if first != self._first:
            rest = _JWT_REST.match(self._text, first)
            self._first, self._last = first, rest.end() if rest else None
        is_one = first - start - len(_JWT_HEAD) in _JWT_FIRST
        return Span(start, self._last, "jwt") if is_one and self._last else None


def _beginnings(text: str, begin: int, end: int) -> Iterator[int]:
    """Where a word may begin: after no letter or digit but those of an escape.

    In text that is JSON or an address itself, escapes stand for what parts words.
    """
    for piece in _PIECE.finditer(text, begin, end):
        at = piece.start()
        if at == begin and at and text[at - 1].isalnum():
            continue
        yield at
        is_escaped = at > 0 and text[at - 1] in "\\%"
        if is_escaped and (escape := _ESCAPE.match(text, at - 1)):
            yield escape.end()


def long_runs(text: str) -> Iterator[tuple[int, int]]:
    """Where the runs that a token could have begin, and where they end."""
    # Bytes of the same places: what is no Latin letter is a question mark.
    kinds = text.encode("latin-1", "replace").translate(_AS_RUN)
    start = kinds.find(_LONG)
    while start >= 0:
        end = kinds.find(_RUN_END, start + SHORTEST_RUN)
        end = len(kinds) if end < 0 else end
        yield start, end
        start = kinds.find(_LONG, end)


def _token(text: str, start: int) -> Span | None:
    head = _HEADS.match(text, start)
    for family, pattern in _BY_HEAD[head[0]] if head else ():
        if found := pattern.match(text, start):
            return Span(start, found.end(), family)
    return None
