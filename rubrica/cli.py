"""The command line: parses, calls one function, prints. Commands load when they are called."""

import os
from importlib import import_module
from typing import Any

import click

from rubrica import __version__

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy loads; our matrices are small, threads cost 50x

COMMANDS = {
    "demo": "judge the demo data and show how it is done",
    "judge": "judge candidate outputs: ranked, scored, with evidence",
    "evolve": "learn from preferences, and prove that it helped",
    "library": "create, inspect, version and share a library of skills and tools",
    "doctor": "show what works on this machine, and how to mend what does not",
}


class LazyGroup(click.Group):
    """Resolves a command by importing `rubrica.commands.<name>` and taking its `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"rubrica.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        from rubrica.errors import UserError

        try:
            return super().invoke(ctx)
        except UserError as error:
            click.echo(f"rubrica: {error}", err=True)
            ctx.exit(2)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rubrica")
def main() -> None:
    """Judge outputs with skills and tools, learn from a hundred preferences, serve rewards to RL."""


if __name__ == "__main__":
    main()
