# SPDX-License-Identifier: Apache-2.0
"""Secrets made up at the time of the test, and text that only looks like them.

Nothing here is a secret, and no file holds one: each value is drawn anew from a seed.
"""

from __future__ import annotations

import base64
import json
import random
import string
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
PROSE = """
the server keeps every event that it took in before it answers and a worker turns
a finished turn into memories which are found again by their words so that nobody
has to read a token of old history or pass a key from one module to another twice
"""
WORDS = PROSE.split()
CORE = 12
"""Characters of a secret that must be nowhere once it was taken out."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A secret in a text.

    Attributes:
        text: What somebody could have written or printed.
        core: Some characters from the midst of the secret.
    """

    family: str
    context: str
    text: str
    core: str


@dataclass(frozen=True, slots=True)
class Family:
    """Secrets of one kind.

    Attributes:
        make: One of them, or a snippet with one in it, and its random part.
        name: What stands before it in programs, where that alone tells it.
        is_snippet: It brings its surroundings along.
    """

    make: Callable[[random.Random], tuple[str, str]]
    name: str | None = None
    is_snippet: bool = False


def draw(rng: random.Random, count: int, letters: str = ALNUM) -> str:
    """So many letters by chance."""
    return "".join(rng.choices(letters, k=count))


def _after(
    head: str, count: int, letters: str = ALNUM, tail: str = ""
) -> Callable[[random.Random], tuple[str, str]]:
    def make(rng: random.Random) -> tuple[str, str]:
        body = draw(rng, count, letters)
        return f"{head}{body}{tail}", body

    return make


def _built(
    template: str, count: int, letters: str = ALNUM
) -> Callable[[random.Random], tuple[str, str]]:
    """A template in which `{}` is the random part, `{n}` so many digits by chance."""

    def make(rng: random.Random) -> tuple[str, str]:
        body = draw(rng, count, letters)
        digits = {f"d{size}": draw(rng, size, "123456789") for size in (3, 9, 12, 18)}
        more = {f"a{size}": draw(rng, size) for size in (4, 6, 8, 14, 16, 22, 24)}
        more |= {
            f"u{size}": draw(rng, size, string.ascii_uppercase) for size in (8, 24)
        }
        more["h24"] = draw(rng, 24, HEX)
        return template.format(body, **digits, **more), body

    return make


def _jwt(rng: random.Random) -> tuple[str, str]:
    def part(value: Mapping[str, object]) -> str:
        text = base64.urlsafe_b64encode(json.dumps(value).encode()).decode()
        return text.rstrip("=")

    claims = {"sub": draw(rng, 12), "iat": rng.randrange(10**9)}
    signature = draw(rng, 43)
    head = part({"alg": "HS256", "typ": "JWT"})
    return f"{head}.{part(claims)}.{signature}", signature


def _basic(rng: random.Random) -> tuple[str, str]:
    pair = base64.b64encode(f"svc:{draw(rng, 24)}".encode()).decode()
    return f"Authorization: Basic {pair}", pair[6:]


def _pem(kind: str) -> Callable[[random.Random], tuple[str, str]]:
    def make(rng: random.Random) -> tuple[str, str]:
        lines = [draw(rng, 64, ALNUM + "+/") for _ in range(4)]
        body = "\n".join(lines)
        # Put together, so that this file shows no key's first line to a scanner.
        dashes = "-" * 5
        label = f"{kind} {'KEY BLOCK' if kind.startswith('PGP') else 'KEY'}"
        begin, end = f"{dashes}BEGIN {label}{dashes}", f"{dashes}END {label}{dashes}"
        return f"{begin}\n{body}\n{end}", lines[2]

    return make


def _kubernetes(rng: random.Random) -> tuple[str, str]:
    value = base64.b64encode(draw(rng, 24).encode()).decode()
    head = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ntype: Opaque\n"
    return f"{head}data:\n  login: {value}", value[2:]


def _service_account(rng: random.Random) -> tuple[str, str]:
    key, core = _pem("PRIVATE")(rng)
    mail = "ci@project.iam.gserviceaccount.com"
    given = {"type": "service_account", "private_key": key, "client_email": mail}
    return json.dumps(given), core


def _uuid(rng: random.Random) -> tuple[str, str]:
    made = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    return made, made[9:]


def _password(rng: random.Random) -> tuple[str, str]:
    made = f"{draw(rng, 10)}{rng.choice('!%+=')}{rng.randrange(10)}{draw(rng, 6)}"
    return made, made


def _postman(rng: random.Random) -> tuple[str, str]:
    body = draw(rng, 34, HEX)
    return f"PMAK-{draw(rng, 24, HEX)}-{body}", body


SHAPED: Mapping[str, Family] = {
    "claude-mem-key": Family(_built("cmem_sk_{a16}_{}", 49)),
    "claude-mem-agent-key": Family(_built("cmem_ag_{a16}_{}", 49)),
    "github-classic": Family(_after("ghp_", 36)),
    "github-oauth": Family(_after("gho_", 36)),
    "github-user": Family(_after("ghu_", 36)),
    "github-server": Family(_after("ghs_", 36)),
    "github-refresh": Family(_after("ghr_", 76)),
    "github-fine-grained": Family(_built("github_pat_{a22}_{}", 59)),
    "gitlab-personal": Family(_after("glpat-", 20, ALNUM + "-_")),
    "gitlab-deploy": Family(_after("gldt-", 20)),
    "gitlab-runner": Family(_after("glrt-", 20)),
    "gitlab-ci": Family(_after("glcbt-", 20)),
    "gitlab-trigger": Family(_after("glptt-", 40, HEX)),
    "aws-key-id": Family(_after("AKIA", 16, string.ascii_uppercase + "234567")),
    "aws-temporary-id": Family(_after("ASIA", 16, string.ascii_uppercase + "234567")),
    "gcp-api-key": Family(_after("AIza", 35, ALNUM + "-_")),
    "gcp-client-secret": Family(_after("GOCSPX-", 28, ALNUM + "-_")),
    "gcp-service-account": Family(_service_account, is_snippet=True),
    "azure-storage": Family(
        _built(
            "AccountName=acme;AccountKey={}==;EndpointSuffix=core", 86, ALNUM + "+/"
        ),
        is_snippet=True,
    ),
    "azure-client-secret": Family(_built("aB38Q~{}", 34)),
    "azure-sas": Family(
        _built("https://acme.blob.example/c?sv=2022-11-02&sr=b&sig={}%3D", 43),
        is_snippet=True,
    ),
    "slack-bot": Family(_built("xoxb-{d12}-{d12}-{}", 24)),
    "slack-user": Family(_built("xoxp-{d12}-{d12}-{d12}-{}", 32, HEX)),
    "slack-app": Family(_built("xapp-1-A0{u8}-{d12}-{}", 64, HEX)),
    "slack-webhook": Family(
        _built("https://hooks.slack.com/services/T{u8}/B{u8}/{}", 24), is_snippet=True
    ),
    "stripe-secret": Family(_after("sk_live_", 24)),
    "stripe-restricted": Family(_after("rk_live_", 24)),
    "stripe-webhook": Family(_after("whsec_", 32)),
    "twilio-key": Family(_after("SK", 32, HEX)),
    "sendgrid": Family(_built("SG.{a22}.{}", 43, ALNUM + "-_")),
    "mailgun": Family(_after("key-", 32, HEX)),
    "openai-project": Family(_after("sk-proj-", 74, ALNUM + "-_")),
    "openai-classic": Family(_after("sk-", 48)),
    "anthropic-api": Family(_after("sk-ant-api03-", 93, ALNUM + "-_")),
    "anthropic-admin": Family(_after("sk-ant-admin01-", 93, ALNUM + "-_")),
    "huggingface": Family(_after("hf_", 34, string.ascii_letters)),
    "npm": Family(_after("npm_", 36)),
    "pypi": Family(_after("pypi-AgEIcHlwaS5vcmc", 150, ALNUM + "-_")),
    "rubygems": Family(_after("rubygems_", 48, HEX)),
    "crates": Family(_after("cio", 32)),
    "docker-hub": Family(_after("dckr_pat_", 27, ALNUM + "-_")),
    "digitalocean": Family(_after("dop_v1_", 64, HEX)),
    "heroku-new": Family(_after("HRKU-AA", 58, ALNUM + "-_")),
    "fly-access": Family(_after("fo1_", 43, ALNUM + "-_")),
    "fly-macaroon": Family(_after("fm2_", 160, ALNUM + "+/")),
    "cloudflare-origin": Family(_built("v1.0-{h24}-{}", 146, HEX)),
    "databricks": Family(_after("dapi", 32, HEX)),
    "newrelic": Family(_after("NRAK-", 27, string.ascii_uppercase + string.digits)),
    "grafana": Family(_built("glsa_{}_1a2b3c4d", 32)),
    "sentry": Family(_after("sntryu_", 64, HEX)),
    "linear": Family(_after("lin_api_", 40)),
    "notion": Family(_after("ntn_", 46)),
    "atlassian": Family(_after("ATATT3xFfGF0", 180, ALNUM + "-_")),
    "bitbucket": Family(_after("ATBB", 32)),
    "shopify": Family(_after("shpat_", 32, HEX)),
    "square": Family(_after("sq0csp-", 43, ALNUM + "-_")),
    "telegram": Family(_built("{d9}:AA{}", 33, ALNUM + "-_")),
    "discord": Family(_built("MTA{a22}.{a6}.{}", 38, ALNUM + "-_")),
    "vault": Family(_after("hvs.", 90, ALNUM + "-_")),
    "doppler": Family(_after("dp.pt.", 43)),
    "onepassword": Family(_after("ops_eyJ", 240)),
    "age": Family(_after("AGE-SECRET-KEY-1", 58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")),
    "jwt": Family(_jwt),
    "groq": Family(_after("gsk_", 52)),
    "postman": Family(_postman),
    "supabase": Family(_after("sbp_", 40, HEX)),
    "planetscale": Family(_after("pscale_tkn_", 43)),
    "netlify": Family(_after("nfp_", 36)),
    "figma": Family(_after("figd_", 40, ALNUM + "-_")),
    "airtable": Family(_built("pat{a14}.{}", 64, HEX)),
    "tailscale": Family(_built("tskey-auth-{a16}-{}", 32)),
    "private-key-pem": Family(_pem("PRIVATE"), is_snippet=True),
    "private-key-rsa": Family(_pem("RSA PRIVATE"), is_snippet=True),
    "private-key-openssh": Family(_pem("OPENSSH PRIVATE"), is_snippet=True),
    "private-key-pgp": Family(_pem("PGP PRIVATE"), is_snippet=True),
    "basic-header": Family(_basic, is_snippet=True),
    "bearer-header": Family(_built("Authorization: Bearer {}", 40), is_snippet=True),
    "url-userinfo": Family(
        _built("https://deploy:{}@git.example.com/a", 20), is_snippet=True
    ),
    "dsn-postgres": Family(
        _built("postgresql://app:{}@db:5432/shop", 20), is_snippet=True
    ),
    "dsn-mongodb": Family(
        _built("mongodb+srv://app:{}@c0.example.net/x", 20), is_snippet=True
    ),
    "dsn-redis": Family(_built("redis://:{}@cache:6379/0", 20), is_snippet=True),
    "netrc": Family(
        _built("machine git.example.com login me password {}", 20), is_snippet=True
    ),
    "kubernetes-secret": Family(_kubernetes, is_snippet=True),
    "aws-secret": Family(_after("", 40, ALNUM + "/+"), name="AWS_SECRET_ACCESS_KEY"),
    "aws-session": Family(_after("", 200, ALNUM + "/+"), name="AWS_SESSION_TOKEN"),
    "heroku": Family(_uuid, name="HEROKU_API_KEY"),
    "cloudflare": Family(_after("", 40, ALNUM + "-_"), name="CLOUDFLARE_API_TOKEN"),
    "datadog": Family(_after("", 32, HEX), name="DD_API_KEY"),
    "cohere": Family(_after("", 40), name="COHERE_API_KEY"),
    "twilio-token": Family(_after("", 32, HEX), name="TWILIO_AUTH_TOKEN"),
}
"""Secrets that a format, a place or a vendor's name tells."""

GENERIC: Mapping[str, Family] = {
    "password": Family(_password, name="DB_PASSWORD"),
    "dotted-password": Family(_password, name="spring.datasource.password"),
    "camel-password": Family(_password, name="smtpPassword"),
    "api-key": Family(_after("", 32), name="API_KEY"),
    "camel-api-key": Family(_after("", 24), name="apiKey"),
    "token": Family(_after("", 32), name="ACCESS_TOKEN"),
    "client-secret": Family(_after("", 28), name="client_secret"),
    "secret-key": Family(_after("", 50), name="SECRET_KEY"),
    "signing-key": Family(_after("", 44, ALNUM + "+/"), name="signing-key"),
    "passphrase": Family(_password, name="KEY_PASSPHRASE"),
}
"""Secrets that only a name such as anybody gives tells."""


def contexts(family: Family, value: str) -> Iterator[tuple[str, str]]:
    """A secret in each of six surroundings."""
    name = family.name or "value"
    if family.is_snippet:
        yield "bare", value
        yield "json", json.dumps({"output": value})
        yield "env", f"export NOTE='{value}'"
        yield "url", f"from https://docs.example.com/a#b {value}"
        yield "header", f"X-Note: {value}"
        yield "lines", f"first\n{value}\nlast"
        return
    yield "bare", f"{name}: {value}" if family.name else value
    yield "json", json.dumps({"a": 1, name: value})
    yield "env", f"export {name}={value}"
    yield "url", f"https://api.example.com/v1?a=1&{name}={quote(value, safe='')}&b=2"
    yield "header", f"X-{name}: {value}"
    yield "lines", f"first: 1\n{name}: {value}\nlast: 2"


def samples(
    families: Mapping[str, Family], count: int, *, seed: int
) -> Iterator[Sample]:
    """So many secrets of each family, each in every context."""
    rng = random.Random(seed)
    for named, family in families.items():
        for _ in range(count):
            value, body = family.make(rng)
            middle = max(0, (len(body) - CORE) // 2)
            core = body[middle : middle + CORE]
            for context, text in contexts(family, value):
                shown = (
                    quote(core, safe="")
                    if context == "url" and not family.is_snippet
                    else core
                )
                yield Sample(named, context, text, shown)


def innocent(count: int, *, seed: int) -> Iterator[str]:
    """Lines that hold no secret, though many look as if they did."""
    rng = random.Random(seed)
    for number in range(count):
        yield _INNOCENT[number % len(_INNOCENT)](rng)


def _sentence(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randrange(6, 16)))


def _integrity(rng: random.Random) -> str:
    digest = base64.b64encode(rng.randbytes(64)).decode()
    return f'      "integrity": "sha512-{digest}",'


def _image(rng: random.Random) -> str:
    data = base64.b64encode(rng.randbytes(rng.randrange(60, 1500))).decode()
    return f"![](data:image/png;base64,{data})"


def _minified(rng: random.Random) -> str:
    names = [draw(rng, rng.randrange(1, 3), string.ascii_letters) for _ in range(12)]
    calls = ";".join(
        f"{a}=function({b}){{return {a}.key[{b}]||token({a})}}"
        for a, b in pairwise(names)
    )
    return f"!function(e,t){{{calls}}}(this);"


_CODE = (
    "token = getToken()",
    "const token = await getAccessToken(user);",
    "password: string;",
    "    password: str | None = None,",
    "self.token = token",
    "if (password === confirmPassword) {{",
    "api_key = os.environ['API_KEY']",
    "apiKey: process.env.OPENAI_API_KEY,",
    "export TOKEN=$(cat /run/secrets/token)",
    "secret_key = settings.SECRET_KEY",
    'password = getpass("Password: ")',
    "max_tokens: {n},",
    "tokens = tokenizer.encode(text)",
    "secretKeyRef:",
    "  secretName: web-tls-{n}",
    "DB_PASSWORD=${{DB_PASSWORD}}",
    "Authorization: Bearer ${{token}}",
    "Authorization: Bearer <token>",
    "postgres://${{USER}}:${{PASSWORD}}@localhost/db",
    "const key = `${{prefix}}:${{id}}`;",
    "for key, value in sorted(items.items()):",
    'cache.set("user:{n}", value, ttl={n})',
    "type Token struct {{ Kind TokenKind; Text string }}",
    "access_token: accessToken,",
    "PASS tests/test_token_{n}.py::test_password_is_hashed",
    'input type="password" name="password" placeholder="Password"',
    "password_hash = bcrypt.hashpw(password.encode(), salt)",
    "def verify(token: Token, key: PublicKey) -> bool:",
    '"token": "Identifier",',
    '"password": "Enter your password",',
    "key: sha256",
    "primary_key=True, foreign_key='users.id'",
    "import {{ secretsManager }} from '@acme/secrets';",
    "token_type: bearer",
    "The password is wrong.",
    "Tokens: {n}{n}",
    "API_KEY=your-api-key-here",
    "SECRET_KEY=changeme",
    "export PASSWORD=xxxxxxxx",
    "pwd=/home/dev/project-{n}",
    "const authToken: string | undefined = undefined;",
    "private_key_id = key_id_{n}",
    "idempotency_key=agent_event:v1:{h}",
)


def _code(rng: random.Random) -> str:
    number = rng.randrange(1, 5000)
    return rng.choice(_CODE).format(n=number, h=draw(rng, 64, HEX))


def _path(rng: random.Random) -> str:
    return "/".join(("/home/dev", *rng.choices(WORDS, k=5), f"{draw(rng, 8, HEX)}.js"))


_INNOCENT: tuple[Callable[[random.Random], str], ...] = (
    lambda rng: f"commit {draw(rng, 40, HEX)}",
    lambda rng: f"{draw(rng, 7, HEX)}..{draw(rng, 7, HEX)}  main -> main",
    lambda rng: f"id: {uuid.UUID(int=rng.getrandbits(128), version=4)}",
    _integrity,
    lambda rng: f"{draw(rng, 64, HEX)}  dist/app-{draw(rng, 8, HEX)}.js",
    lambda rng: f"sha256:{draw(rng, 64, HEX)}",
    _image,
    _minified,
    _sentence,
    lambda rng: f"{_sentence(rng)}: {_sentence(rng)}",
    _code,
    _code,
    _code,
    _path,
    lambda rng: (
        f"https://example.com/{draw(rng, 12)}?page={rng.randrange(99)}&v={draw(rng, 8, HEX)}"
    ),
    lambda rng: f"toolu_{draw(rng, 24)} session-{draw(rng, 12, HEX)}",
    lambda rng: f"git@github.com:acme/{rng.choice(WORDS)}.git {draw(rng, 40, HEX)}",
    lambda rng: base64.b64encode(rng.randbytes(57)).decode(),
    lambda rng: f'etag: W/"{draw(rng, 32, HEX)}"',
    lambda rng: f"0x{draw(rng, 40, HEX)} {rng.randrange(10**12)}",
)
