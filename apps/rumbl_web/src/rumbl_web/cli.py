"""The command line `rumbl-web`. Exit codes: 0 done, 1 could not start or failed, 2 wrong usage.

A command loads the site itself if it needs it, which takes most of a second: the others answer at once.
"""

from __future__ import annotations

import code
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import click

from rumbl_core.errors import StartError, Unavailable
from rumbl_web import configuration, deployment, logs, memory, observer, secret
from rumbl_web.configuration import Configuration, ConfigurationError

config_option = click.option(
    "--config",
    "tree",
    envvar="RUMBL_CONFIG",
    metavar="MODULE",
    help="Config tree: an importable module with load(). Without it, the environment alone decides.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rumbl-web")
def main() -> None:
    """Serve and inspect the site of rumbl."""


@main.command()
@config_option
def serve(tree: str | None) -> None:
    """Start the site: database, migrations, demo data, then the web server.

    HOST, PORT, WORKERS, THREADS, REDIS_URL, RUMBL_DATA, DATABASE_URL, SECRET_KEY_BASE and WOLFRAM_APP_ID are
    read from the environment.
    """
    with one_line_errors():
        settings = secret.with_secret(configuration.load(tree))
        with memory.loading():
            from rumbl_web.server import Server, listen  # the site, in here for a Ctrl-C while it loads

        logs.configure(settings.web.log_level, settings.web.log_format)
        listener = listen(settings.web.host, settings.web.port)
        host, port = listener.getsockname()[:2]
        with _database(settings) as ready:
            say(f"Starting the site (pid {os.getpid()}) ...")
            Server(ready, listener, lambda: _announce(host, port)).run()


@main.command()
@config_option
@click.option("--deploy", is_flag=True, help="Look for what is unsafe on a site that everybody can reach.")
def check(tree: str | None, deploy: bool) -> None:
    """Read the settings and say what is wrong with them; nothing is started.

    Exit code 1 and one line for each finding; 0 if there is none.
    """
    with one_line_errors():
        loaded = configuration.load(tree)
    found = deployment.findings(loaded) if deploy else []
    say("\n".join(found) or "no findings")
    sys.exit(1 if found else 0)


@main.command()
@config_option
def routes(tree: str | None) -> None:
    """List every route: name, methods and path."""
    with one_line_errors():
        with memory.loading():
            from rumbl_web import application, router  # the site

        say(router.routes(application.offline(configuration.load(tree))))


@main.command()
@config_option
def console(tree: str | None) -> None:
    """Open a Python shell with the running domain: `accounts`, `multimedia` and `info_sys`."""
    with one_line_errors():
        settings = secret.with_secret(configuration.load(tree))
        with memory.loading():
            import info_sys.application
            from rumbl_core import accounts, multimedia  # the contexts are wanted in the shell only

        with _database(settings) as ready:
            info = info_sys.application.start(ready.info)
            names = {"accounts": accounts, "multimedia": multimedia, "info_sys": info_sys}
            code.interact(banner="rumbl console: accounts, multimedia, info_sys", local=names, exitmsg="")
            info.stop()


@main.command()
@click.option("--pid", type=int, help="Only this server process; otherwise every one on this machine.")
@click.option(
    "--top",
    type=click.IntRange(min=0),
    default=observer.TOP,
    show_default=True,
    help="How many processes to list.",
)
@click.option("--kill", metavar="PROCESS", help="Kill a process, by name or address; see it come back.")
def observe(pid: int | None, top: int, kill: str | None) -> None:
    """Show what runs and waits in a running site: numbers, supervision trees, the longest queues.

    Only the user who runs the site, and root, are answered.
    """
    with one_line_errors():
        found = observer.pids() if pid is None else [pid]
        if not found:
            raise observer.ObserverError("no site runs on this machine")
        if kill is not None and len(found) > 1:
            raise observer.ObserverError(f"--kill needs a --pid: there are {', '.join(map(str, found))}")
        question = {"top": top} if kill is None else {"kill": kill}
        answers = [observer.ask(one, question) for one in found]
        say("\n".join(answers), nl=False)
        if answers[0].startswith(observer.NOTHING):
            sys.exit(1)


@contextmanager
def _database(settings: Configuration) -> Iterator[Configuration]:
    """The database, migrated and seeded; gives the configuration with its address for the workers."""
    with memory.loading():
        from rumbl_core import application  # and with it all that speaks SQL

    if settings.core.database_url is None:
        say(f"Starting PostgreSQL in {settings.core.data_dir} ...")
    with _terminated_cleanly():
        core = application.start(settings.core)
        try:
            say("Bringing the database up to date ...")
            core.migrate()
            core.seed(demo=settings.web.env != "prod")
            yield settings.with_database(core.url.render_as_string(hide_password=False))
        finally:
            core.stop()


@contextmanager
def _terminated_cleanly() -> Iterator[None]:
    """SIGTERM during start ends like Ctrl-C: what was started is stopped. gunicorn sets its own later."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _announce(host: str, port: int) -> None:
    shown = "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else host  # noqa: S104 - shown, not bound
    say(f"rumbl is up: http://{shown}:{port}  (Ctrl-C stops it)")


@contextmanager
def one_line_errors() -> Iterator[None]:
    """What the user can mend is one line on standard error and exit code 1, never a traceback."""
    try:
        yield
    except (ConfigurationError, StartError, Unavailable, observer.ObserverError) as error:
        click.echo(f"rumbl-web: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        click.echo("", err=True)
        sys.exit(130)


say: Callable[..., None] = click.echo
"""Standard output, flushed line by line."""
