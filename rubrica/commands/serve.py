"""`rubrica serve`: the reward function over HTTP, pinned to one library version."""

import ipaddress
import logging
import os
import signal
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from rubrica import logs
from rubrica.commands.open import open_library, plan_of
from rubrica.commands.options import EFFORTS, MODEL_SETTINGS, SANDBOXES, library_option, model_options, settings_from
from rubrica.errors import ConfigError

if TYPE_CHECKING:
    from rubrica.config import Settings
    from rubrica.reward import OnUnscored, RewardFunction
    from rubrica.service.desk import Limits

TOKEN = "REWARD_TOKEN"  # noqa: S105 - the name of the variable, not a token
MOST_WORKERS = 8
"""More keep one HTTP process busier than it can be; ask for them where cases are long."""
CHOICES = click.Choice(["auto", "group", "pointwise"])
SHAPINGS = click.Choice(["bounded", "centred", "win_rate", "pessimistic", "conjunction", "base_bonus"])


@dataclass(frozen=True)
class Address:
    """Where to listen, and who may ask."""

    host: str
    port: int
    token: str

    def check(self) -> None:
        """Refuse to let strangers in.

        Raises:
            ConfigError: there is no token, and the address can be reached from elsewhere.
        """
        if not self.token and not _is_loopback(self.host):
            raise ConfigError(f"{self.host} can be reached from elsewhere; set {TOKEN}, or give --token-file")


@click.command("serve", short_help="answer trainers over HTTP")
@library_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 = any free port.")
@click.option("--token-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Bearer token.")
@click.option("--mode", type=CHOICES, default="auto", show_default=True, help="Judge completions together or alone.")
@click.option("--shaping", type=SHAPINGS, default="bounded", show_default=True, help="What trainers are given.")
@click.option("--on-unscored", default="none", show_default=True, help="none, or a number: say it, or get an error.")
@click.option("--effort", type=EFFORTS, help="How hard to look [default: medium].")
@click.option("--sandbox", type=SANDBOXES, help="Where code runs [default: auto].")
@click.option("--workers", type=click.IntRange(min=0), help="Judging processes [default: one per core, at most 8].")
@click.option("--deadline", type=click.FloatRange(min=0.001), default=120.0, show_default=True, help="Seconds.")
@click.option("--window", type=click.FloatRange(min=0.001), default=30.0, show_default=True, help="Wait for a group.")
@click.option("--queue", type=click.IntRange(min=1), default=4096, show_default=True, help="Samples in flight.")
@click.option("--batch", type=click.IntRange(min=1), default=1024, show_default=True, help="Samples a request.")
@click.option("--body-mb", type=click.IntRange(min=1), default=32, show_default=True, help="Longest body, in MiB.")
@click.option("--grace", type=click.IntRange(min=0), default=30, show_default=True, help="Seconds to drain.")
@model_options
def command(**options: Any) -> None:
    """Serve rewards for RL: our own routes under /v1, and one for each trainer; see /docs on the service.

    The token is read from REWARD_TOKEN or --token-file. The library is read once: later versions need a restart.
    """
    if find_spec("fastapi") is None or find_spec("uvicorn") is None or find_spec("prometheus_client") is None:
        raise ConfigError("the service needs the extra: pip install 'rubrica[serve]'")
    address = Address(options["host"], options["port"], _token(options["token_file"]))
    address.check()
    settings = settings_from(
        {name: options[name] for name in ("library", "effort", "sandbox", "workers", *MODEL_SETTINGS)}
    )
    from rubrica.reward import RewardFunction
    from rubrica.service.desk import Limits

    function = RewardFunction(
        replace(plan_of(settings, open_library(settings)), workers=_workers(settings)),
        mode=options["mode"],
        shaping=options["shaping"],
        on_unscored=_on_unscored(options["on_unscored"]),
    )
    limits = Limits(**{name: options[name] for name in ("queue", "batch", "body_mb", "deadline", "window")})
    with function:
        serve(function, limits, address, grace=options["grace"])


def serve(function: "RewardFunction", limits: "Limits", address: Address, *, grace: int) -> None:
    """Listen until SIGTERM or SIGINT; then finish what is in flight, within `grace` seconds."""
    import asyncio

    import uvicorn

    from rubrica.collector import settle
    from rubrica.samples import Sample
    from rubrica.service.app import build_app
    from rubrica.service.running import allow_many_connections, config_of, listen

    allow_many_connections()
    app = build_app(function, limits=limits, token=address.token)
    desk = app.state.desk

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: Any) -> None:
            asyncio.get_running_loop().call_soon_threadsafe(desk.drain)  # not in the middle of what a signal interrupts
            super().handle_exit(sig, frame)

    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them again when it has drained
        signal.signal(number, _leave)
    logs.configure(logs.Style(logs.current().level, json=True))
    logs.show("rubrica.service", logging.INFO)
    logs.show("uvicorn", logging.WARNING)
    with listen(address.host, address.port) as listener:
        function.score(Sample("Are you ready?", "Yes."))  # loads what the first request would have to wait for
        settle()
        where = listener.getsockname()
        click.echo(f"serving library {desk.library[:12]} on http://{where[0]}:{where[1]} (routes: /docs)")
        Server(config_of(app, grace=grace)).run(sockets=[listener])


def _workers(settings: "Settings") -> int:
    """Return how many processes judge; a model is asked from one, which owns its limits and its budget."""
    return 0 if settings.model else settings.workers or min(os.cpu_count() or 1, MOST_WORKERS)


def _leave(*_: object) -> NoReturn:
    """End in the ordinary way, so that sandboxes and threads are closed."""
    raise SystemExit(0)


def _token(file: Path | None) -> str:
    if file is None:
        return os.environ.get(TOKEN, "")
    if token := file.read_text(encoding="utf-8").strip():
        return token
    raise ConfigError(f"{file} holds no token; write one, or leave --token-file out and set {TOKEN}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _on_unscored(text: str) -> "OnUnscored":
    if text == "none":
        return "none"
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"--on-unscored is {text!r}; give a number, or none") from None
