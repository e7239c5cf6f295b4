"""The command line: `info-sys ask "1 + 1"`."""

from __future__ import annotations

import gc
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from info_sys import application, celery_app, recording, report
from info_sys.backends import known
from info_sys.http_client import HttpClient, HttpFailed
from info_sys.otp import observer
from info_sys.recording import NotRecordable
from info_sys.settings import Settings, SettingsError, load
from info_sys.system import LIMIT
from info_sys.system import ask as ask_sources


@click.group()
@click.version_option(package_name="info-sys")
def main() -> None:
    """Ask many sources a question at once.

    Settings come from the environment: INFO_SYS_BACKENDS (who is asked), INFO_SYS_TIMEOUT_MS,
    INFO_SYS_REDIS_URL (for workers), WOLFRAM_APP_ID and other keys. Exit codes: 0 done, 1 no answer or a
    failure, 2 wrong use.
    """
    gc.freeze()  # what is loaded lasts: nobody needs to look for garbage there, least of all when it ends
    logging.basicConfig(format="%(message)s")


@main.command()
@click.argument("question")
@click.option("--limit", default=LIMIT, show_default=True, help="How many answers at most.")
@click.option("--timeout-ms", type=int, help="How long to wait, in ms; default INFO_SYS_TIMEOUT_MS or 10000.")
@click.option("--why", is_flag=True, help="Show each source's state, time in ms and best score too.")
@click.option("--json", "as_json", is_flag=True, help='Print {"results": [...], "sources": [...]}.')
def ask(question: str, limit: int, timeout_ms: int | None, *, why: bool, as_json: bool) -> None:
    """Ask QUESTION and print the answers, the best first.

    A bang asks one source alone: info-sys ask "!wiki Kyoto". The exit code is 1 when there is no answer.
    """
    with _started():
        answer = ask_sources(question, limit=limit, timeout_ms=timeout_ms)
    if as_json:
        click.echo(report.answer_json(answer))
    elif answer.results:
        click.echo(report.answer_table(answer.results))
    else:
        click.echo("No answer.", err=True)
    if why and not as_json:
        click.echo(f"\n{report.why_table(answer.outcomes)}")
    raise SystemExit(0 if answer.results else 1)


@main.command("backends")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
def list_backends(*, as_json: bool) -> None:
    """List who can be asked: on or off and why, local or over the network, bangs, kinds, licence."""
    settings = _settings()
    with _started() as app:
        on = {backend.name for backend in app.backends}
    has = application.context(settings).environment
    rows = report.backend_rows(known().values(), on, settings.backends, has)
    click.echo(json.dumps(rows, ensure_ascii=False) if as_json else report.backend_table(rows))


@main.command()
@click.argument("name")
@click.argument("query")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: NAME.json.")
@click.pass_obj
def record(http_client: HttpClient | None, name: str, query: str, output: Path | None) -> None:
    """Ask the service of backend NAME for QUERY once, and keep its reply as a fixture for tests.

    The file is JSON: address (keys masked), date, content type, body. What the backend reads in it is
    printed. The exit code is 1 when the service failed, has no answer, or its reply can't be read; 2 when
    NAME can't be recorded.
    """
    context = application.context(_settings(), http_client)
    try:
        kind = recording.find(name)
        made = recording.record(kind, query, context)
    except NotRecordable as error:
        raise click.UsageError(str(error)) from None
    except HttpFailed as error:
        raise click.ClickException(f"{name}: {error}") from None
    path = output or Path(f"{name}.json")
    path.write_text(made.text(recording.secrets(kind, context)), encoding="utf-8")
    click.echo(f"{path}: {sum(len(page.reply.body) for page in made.pages)} bytes of {name}", err=True)
    if made.error is not None:
        raise click.ClickException(f"{name} can't read that: {made.error}")
    click.echo(report.answer_table(made.results) or "It reads no answer in that.")


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


if __name__ == "__main__":
    main()
