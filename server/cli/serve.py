"""``polymark serve`` and ``worker``: the programs that stay."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from models.queries.connection import current
from schema.resolvers import accounts, tokens
from server import running, upkeep
from server.cli.failures import Failed
from server.cli.house import House, complete, opened, say
from server.logs import set_up_logs
from server.settings import Settings, load_settings


def add_to(app: typer.Typer) -> None:
    """Make the commands part of the program."""
    app.command()(serve)
    app.command()(worker)


def serve(
    host: Annotated[str | None, typer.Option("--host", help="Where to listen, before POLYMARK_HOST.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Which port, before POLYMARK_PORT; 0 is any.")] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Serving processes, before POLYMARK_WORKERS.")
    ] = None,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Leave the jobs to `polymark worker`.")] = False,
) -> None:
    """Serve; before that bring the database up to date, and make the first user when there is none."""
    settings = load_settings(host=host, port=port, workers=workers)
    set_up_logs(settings.log_format, settings.log_level)
    complete(prepare(settings))
    code = running.serve(settings, work=not no_worker, announce=announce)
    if code:
        raise Failed("The server could not be kept running; the lines above say why.")


async def prepare(settings: Settings) -> None:
    """Bring the database up to date and make the first user, whose credentials are printed this once."""
    done = await upkeep.bring_up_to_date(settings)
    if done.copy is not None:
        say(f"The database as it was before the update is in {done.copy}.")
    async with opened(settings) as house:
        if await accounts.is_empty():
            await _make_first_user(house)


async def _make_first_user(house: House) -> None:
    """The settings' name and password; without a password a random one is printed, for it is nowhere else."""
    settings = house.settings
    given = settings.admin_password.get_secret_value() if settings.admin_password is not None else None
    password = given or tokens.make_password(house.ports)
    row = await accounts.create(house.ports, settings.admin_username, password, admin=True)
    made = await tokens.issue(house.ports, row.id, name="first token")
    print("The first user is made. This is shown once:")
    print(f"  name      {row.username}")
    print(f"  password  {'the one in POLYMARK_ADMIN_PASSWORD' if given else password}")
    print(f"  token     {made.secret}", flush=True)


def announce(settings: Settings, port: int) -> None:
    """Say where to go, once the server listens there."""
    base = settings.base_url or f"http://{_shown_host(settings.host)}:{port}"
    print(f"Polymark serves on {base}/ (Ctrl+C ends it)")
    print(f"  settings  {base}/         in a browser: sign in, make tokens")
    print(f"  GraphiQL  {base}/graphql  in a browser")
    print(f"  GraphQL   {base}/graphql  Authorization: Bearer TOKEN")
    print(f"  linkding  {base}/api/     Authorization: Token TOKEN; clients ask for {base}")
    print(f"  Bkmark    {base}/api/v1   Authorization: Bearer TOKEN")
    print(f"  Nextcloud {base}          floccus and other clients ask for this, the name and the password", flush=True)


def _shown_host(host: str) -> str:
    """The host as a person can open it: the addresses that stand for all are called localhost."""
    if host in {"", "0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host


def worker() -> None:
    """Do jobs only: read pages, fetch pictures, send webhooks, empty trashes; for servers that run with --no-worker."""
    settings = load_settings()
    set_up_logs(settings.log_format, settings.log_level)
    complete(_work(settings))


async def _work(settings: Settings) -> None:
    from server.graphql.graph import graph_of
    from server.outside.jobs import Worker
    from server.webhooks import install_payloads

    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    async with opened(settings) as house:
        connection, _ = current()
        await connection.read([("SELECT count(*) FROM job", [])])  # a database that is not set up ends it here
        install_payloads(house.ports, settings, graph_of(settings))
        engine = Worker(house.ports)
        await engine.start()
        say("Doing jobs (Ctrl+C ends it).")
        try:
            await asked.wait()
        finally:
            await engine.stop()
