"""What must not be so on a site that everybody can reach, setting by setting: `rumbl-web check --deploy`.

A finding is one line: the variable, what is unsafe, what to do.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from rumbl_web.configuration import Configuration

LEAST_DISTINCT: Final = 16
"""Different characters of a secret; 50 random ones have many more."""
MOST_PROXIES: Final = 3
ENCRYPTED: Final = frozenset({"require", "verify-ca", "verify-full"})
_HERE: Final = frozenset({"localhost", "::1"})


def findings(configuration: Configuration) -> list[str]:
    """All that is unsafe, [] if nothing is."""
    return [finding for check in CHECKS for finding in check(configuration)]


def environment(configuration: Configuration) -> Iterator[str]:
    """Production has no debug pages, no demo accounts and no secret of its own making."""
    if configuration.web.env != "prod":
        yield f"RUMBL_ENV: {configuration.web.env} is for development; set prod"


def secret(configuration: Configuration) -> Iterator[str]:
    """Who can guess the secret can be anybody."""
    value = configuration.web.secret_key_base
    advice = "set the output of python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
    if value is None:
        yield f"SECRET_KEY_BASE: not set; {advice}"
    elif len(set(value)) < LEAST_DISTINCT or " " in value:
        yield f"SECRET_KEY_BASE: it does not look random; {advice}"


def older_secrets(configuration: Configuration) -> Iterator[str]:
    """What an older secret has signed is as good as what today's has."""
    for value in configuration.web.secret_key_fallbacks:
        if len(set(value)) < LEAST_DISTINCT or " " in value:
            yield "SECRET_KEY_FALLBACKS: one does not look random; take it away"
        if value == configuration.web.secret_key_base:
            yield "SECRET_KEY_FALLBACKS: the secret of today is among the older ones; take it away"


def address(configuration: Configuration) -> Iterator[str]:
    """Links are made of this address, and the whole site has to be under TLS."""
    url = configuration.web.url
    if url is None:
        yield "RUMBL_URL: not set; set the public address, like https://rumbl.example.org"
    elif not url.startswith("https://"):
        yield "RUMBL_URL: passwords and cookies travel readable; set an https:// address with TLS at a proxy"


def hosts(configuration: Configuration) -> Iterator[str]:
    """A request may not choose the name that the site answers by."""
    if not configuration.web.trusted_hosts:
        yield "TRUSTED_HOSTS: every name is trusted; set the host of RUMBL_URL"
    elif any(name.startswith(".") or "*" in name for name in configuration.web.trusted_hosts):
        yield "TRUSTED_HOSTS: it names a whole domain; set full host names"


def origins(configuration: Configuration) -> Iterator[str]:
    """A page of another site may not open a socket with a visitor's cookie."""
    if configuration.web.check_origin is False:
        yield "CHECK_ORIGIN: pages of every site may open sockets; set true or the origins"


def cookies(configuration: Configuration) -> Iterator[str]:
    """HTTPS only; strict transport security (HSTS) goes with it."""
    if not configuration.web.cookie_secure:
        yield "COOKIE_SECURE: cookies are sent without TLS too, and HSTS is off; set true"


def proxies(configuration: Configuration) -> Iterator[str]:
    """What a client writes itself may not pass for what a proxy wrote."""
    count = configuration.web.trusted_proxies
    if count == 0:
        yield "TRUSTED_PROXIES: behind a proxy all visitors share one address and one throttle; set 1"
    elif count > MOST_PROXIES:
        yield f"TRUSTED_PROXIES: with {count} a client can choose its address; set the number of your proxies"


def listening(configuration: Configuration) -> Iterator[str]:
    """The port speaks plain HTTP: only the proxy should reach it."""
    if configuration.web.host in {"0.0.0.0", "::"}:  # noqa: S104 - named, not bound
        yield "HOST: every network reaches the port without TLS; set 127.0.0.1 or the address the proxy asks"


def throttle(configuration: Configuration) -> Iterator[str]:
    """Guesses of passwords are counted where a restart forgets none."""
    if configuration.web.throttle_store == "memory":
        yield "THROTTLE_STORE: a restart forgets wrong passwords, other workers hear of none; set shared"
    if configuration.web.registrations_per_hour == 0:
        yield "REGISTRATIONS_PER_HOUR: one address may make any number of accounts; set 20"


def passwords(configuration: Configuration) -> Iterator[str]:
    """A stolen table of hashes must be slow to try."""
    if configuration.core.password_cost != "normal":  # noqa: S105 - a cost
        yield "password_cost: hashes are cheap to try; take it out of the config tree"
    if configuration.core.demo_password is not None:
        yield "RUMBL_DEMO_PASSWORD: the demo account has a known password; take it away"


def database(configuration: Configuration) -> Iterator[str]:
    """What goes to another machine is encrypted and takes a password."""
    url = configuration.core.database_url
    if url is None:
        yield "DATABASE_URL: the embedded database is one machine's and has no backup; set a PostgreSQL"
        return
    parts = urlsplit(url)
    if _is_here(parts):
        return
    if not parts.password:
        yield "DATABASE_URL: a database on another machine takes no password; put one into it"
    if not ENCRYPTED & set(parse_qs(parts.query).get("sslmode", ())):
        yield "DATABASE_URL: the way to another machine need not be encrypted; add ?sslmode=require"


def redis(configuration: Configuration) -> Iterator[str]:
    """Whoever can write to Redis can speak as anybody."""
    parts = urlsplit(configuration.web.redis_url or "redis://localhost")
    if not _is_here(parts) and not parts.password:
        yield "REDIS_URL: a Redis on another machine takes no password; put one into it"
    if not _is_here(parts) and parts.scheme != "rediss":
        yield "REDIS_URL: the way to another machine is not encrypted; use rediss://"


def files(configuration: Configuration) -> Iterator[str]:
    """The data folder may be passed through, not written by others; the secret is its owner's alone."""
    folder = Path(configuration.core.data_dir)
    if _mode(folder) & (stat.S_IWGRP | stat.S_IWOTH):
        yield f"RUMBL_DATA: others may write into {folder}; run chmod go-w on it"
    if _mode(folder / "secret_key_base") & (stat.S_IRWXG | stat.S_IRWXO):
        yield f"RUMBL_DATA: others may read {folder / 'secret_key_base'}; run chmod 600 on it"


CHECKS: Final[tuple[Callable[[Configuration], Iterator[str]], ...]] = (
    environment,
    secret,
    older_secrets,
    address,
    hosts,
    origins,
    cookies,
    proxies,
    listening,
    throttle,
    passwords,
    database,
    redis,
    files,
)


def _is_here(parts: SplitResult) -> bool:
    host = parts.hostname or parse_qs(parts.query).get("host", [""])[0]
    return host in _HERE or host.startswith(("127.", "/")) or not host


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0
