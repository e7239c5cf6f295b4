"""The command line: `info-sys ask "1 + 1"`."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click

from info_sys import application, celery_app
from info_sys.backends import known
from info_sys.otp import observer
from info_sys.result import Result
from info_sys.settings import Settings, SettingsError, load
from info_sys.system import LIMIT, compute


@click.group()
@click.version_option(package_name="info-sys")
def main() -> None:
    """Ask many sources a question at once. Settings come from the environment, like WOLFRAM_APP_ID."""
    logging.basicConfig(format="%(message)s")


@main.command()
@click.argument("question")
@click.option("--limit", default=LIMIT, show_default=True, help="How many answers at most.")
@click.option("--timeout-ms", type=int, help="How long to wait, in ms; default INFO_SYS_TIMEOUT_MS or 10000.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
def ask(question: str, limit: int, timeout_ms: int | None, as_json: bool) -> None:
    """Ask QUESTION and print the answers, the best first. The exit code is 1 when there is none."""
    with _started():
        results = compute(question, limit=limit, timeout_ms=timeout_ms)
    if as_json:
        click.echo(json.dumps([_as_dict(result) for result in results], ensure_ascii=False))
    elif results:
        click.echo(_table(results))
    else:
        click.echo("No answer.", err=True)
    raise SystemExit(0 if results else 1)


@main.command("backends")
def list_backends() -> None:
    """List who can be asked, and whether they are on."""
    with _started() as app:
        on = {backend.name for backend in app.backends}
    for name, kind in known().items():
        click.echo(f"{name:<12}  {kind.title:<16}  {'on ' if name in on else 'off'}  {kind.about}")


@main.command()
@click.option("--processes", default=2, show_default=True, help="How many questions at once.")
def worker(processes: int) -> None:
    """Answer the questions that wait in Redis (INFO_SYS_REDIS_URL), until told to stop."""
    settings = _settings()
    if settings.redis_url is None:
        raise click.ClickException("INFO_SYS_REDIS_URL: not set. Put the address of a Redis there.")
    app = celery_app.make(settings.redis_url.get_secret_value())
    options = ["--pool=prefork", f"--concurrency={processes}", "--without-gossip", "--without-mingle"]
    app.worker_main(["worker", "--loglevel=INFO", "--without-heartbeat", *options])


@main.command()
def tree() -> None:
    """Show the supervision tree."""
    with _started() as app:
        click.echo("\n".join(observer.tree(app.supervisor).lines()))


def _settings() -> Settings:
    try:
        return load()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _started() -> Iterator[application.Application]:
    app = application.start(_settings())
    try:
        yield app
    finally:
        app.stop()


def _as_dict(result: Result) -> dict[str, object]:
    return {"score": result.score, "backend": _name(result), "text": result.text, "url": result.url}


def _table(results: Iterable[Result]) -> str:
    return "\n".join(f"{result.score:>5g}  {_name(result):<12}  {_line(result)}" for result in results)


def _name(result: Result) -> str:
    return result.backend.name if result.backend else ""


def _line(result: Result) -> str:
    return " / ".join((result.text or "").splitlines())


if __name__ == "__main__":
    main()
