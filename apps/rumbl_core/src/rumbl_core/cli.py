"""`rumbl-core`: the database from the command line."""

from __future__ import annotations

import code
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import click

from rumbl_core import accounts, application, multimedia, repo, settings
from rumbl_core import migrate as migrations
from rumbl_core.application import Application
from rumbl_core.errors import NotFound, StartError, Unavailable
from rumbl_core.postgres import address
from rumbl_core.postgres.embedded import EmbeddedPostgres
from rumbl_core.result import Error, Ok
from rumbl_core.settings import Settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    metavar="MODULE",
    envvar="RUMBL_CONFIG",
    help="Importable module whose load() gives the settings; without one the environment alone does.",
)
@click.pass_context
def cli(context: click.Context, config: str | None) -> None:
    """Everything about rumbl's database.

    DATABASE_URL names a PostgreSQL; without it an embedded one in the folder RUMBL_DATA is used.
    """
    context.obj = config


@cli.command()
@click.pass_obj
def migrate(config: str | None) -> None:
    """Make the database if it is missing, and bring it up to date."""
    with _started(config) as app:
        before = migrations.version(app.url)
        app.migrate()
        after = migrations.version(app.url)
    click.echo(f"The database is up to date ({after})." if before == after else f"Migrated to {after}.")


@cli.command()
@click.confirmation_option(prompt="The data of the last migration will be gone. Go on?")
@click.pass_obj
def rollback(config: str | None) -> None:
    """Take the last migration back."""
    with _started(config) as app:
        app.rollback()
        click.echo(f"The database is at {migrations.version(app.url) or 'its beginning'}.")


@cli.command()
@click.confirmation_option(prompt="Everything in the database will be gone: people, videos, notes. Go on?")
@click.option("--demo/--no-demo", default=True, show_default=True, help="With the demo account and video.")
@click.pass_obj
def reset(config: str | None, demo: bool) -> None:
    """Begin again: empty the database, migrate, seed."""
    with _started(config) as app:
        app.reset()
        app.seed(demo=demo)
        click.echo(f"The database is as new, at {migrations.version(app.url)}.")


@cli.command()
@click.option("--demo/--no-demo", default=True, show_default=True, help="With the demo account and video.")
@click.pass_obj
def seed(config: str | None, demo: bool) -> None:
    """Put in the categories, the backends' users and the demo. Safe to repeat."""
    with _started(config) as app:
        _refuse_old_database(app)
        app.seed(demo=demo)
    click.echo("The seeds are in.")


@cli.command()
@click.pass_obj
def console(config: str | None) -> None:
    """Open a Python shell with the contexts loaded."""
    with _started(config) as app:
        names = {
            "accounts": accounts,
            "multimedia": multimedia,
            "repo": repo,
            "app": app,
            "Ok": Ok,
            "Error": Error,
        }
        banner = f"rumbl_core on {app.url.render_as_string()}\nYou have: {', '.join(names)}"
        code.interact(banner=banner, local=names, exitmsg="")


@cli.group()
def db() -> None:
    """Start, stop and find the embedded PostgreSQL."""


@db.command()
@click.pass_obj
def start(config: str | None) -> None:
    """Start it, and let it run until `db stop`."""
    embedded = _embedded(config)
    embedded.start()
    embedded.pin()
    embedded.stop()
    click.echo(_running(embedded))


@db.command()
@click.pass_obj
def stop(config: str | None) -> None:
    """Stop it, also if a site still uses it."""
    click.echo("Stopped." if _embedded(config).halt() else "It wasn't running.")


@db.command()
@click.pass_obj
def status(config: str | None) -> None:
    """Say whether it runs; exit code 0 if it does, 3 if not."""
    embedded = _embedded(config)
    if embedded.address() is None:
        click.echo(f"No PostgreSQL runs in {embedded.data}.")
        sys.exit(3)
    click.echo(_running(embedded))


@db.command()
@click.pass_obj
def url(config: str | None) -> None:
    """Print the address of the database, for psql and the like."""
    loaded = _settings(config)
    if loaded.database_url is not None:
        click.echo(address.conninfo(address.parse(loaded.database_url)))
        return
    found = EmbeddedPostgres(loaded.data_dir).address()
    if found is None:
        raise StartError("the embedded PostgreSQL isn't running; start it: rumbl-core db start")
    click.echo(address.conninfo(found.set(database=application.DATABASE)))


def main() -> None:
    """Run the command; what can go wrong on purpose is one line and exit code 1."""
    gc.freeze()  # what is loaded lasts: looked through at the end it would cost a third of a short command
    try:
        cli()
    except (StartError, Unavailable, NotFound) as error:
        click.echo(f"rumbl-core: {error}", err=True)
        sys.exit(1)


@contextmanager
def _started(config: str | None) -> Iterator[Application]:
    app = application.start(_settings(config))
    try:
        yield app
    finally:
        app.stop()


def _settings(config: str | None) -> Settings:
    """The settings of the section `rumbl_core` of a config tree, or of the environment alone."""
    if config is None:
        return settings.load()
    sys.path.insert(0, "")
    try:
        module = import_module(config)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{config}.".startswith(f"{error.name}."):
            raise  # the tree is there, and misses something itself
        raise StartError(
            f"RUMBL_CONFIG: there is no module {error.name!r} here; name one, or leave it"
        ) from None
    try:
        return settings.load(module.load().get("rumbl_core"))
    except ValueError as error:
        raise StartError(str(error)) from None


def _embedded(config: str | None) -> EmbeddedPostgres:
    loaded = _settings(config)
    if loaded.database_url is not None:
        raise StartError("DATABASE_URL: is set, so no embedded PostgreSQL is used; unset it for this command")
    return EmbeddedPostgres(loaded.data_dir)


def _running(embedded: EmbeddedPostgres) -> str:
    found = embedded.address()
    where = address.conninfo(found.set(database=application.DATABASE)) if found else "nowhere"
    return f"PostgreSQL runs at {where}"


def _refuse_old_database(app: Application) -> None:
    if migrations.version(app.url) != migrations.latest():
        raise StartError("the database isn't up to date; first run: rumbl-core migrate")


if __name__ == "__main__":
    main()
