"""The command line: parses, calls one function, prints. Commands load when they are called.

Exit codes: 0 done, 1 findings, 2 an error of use or input, 70 a defect of rubrica, 130 interrupted, 141 the reader of
our output has gone.
"""

import difflib
import errno
import os
import sys
from importlib import import_module
from typing import Any, NoReturn

from rubrica import __version__

try:
    import click
except ModuleNotFoundError:
    print(
        "rubrica: installed without its dependencies, so only rubrica.adapters works; `pip install rubrica` adds them",
        file=sys.stderr,
    )
    sys.exit(2)

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # our matrices are small; it must be set before numpy is loaded

COMMANDS = {
    "demo": "judge the demo data and show how it is done",
    "judge": "judge candidate outputs: ranked, scored, with evidence",
    "evolve": "learn from preferences, and prove that it helped",
    "eval": "measure library versions on labelled data",
    "serve": "answer trainers over HTTP with one pinned version of a library",
    "export": "write training data: SFT, DPO, score-conditioned rows",
    "library": "create, inspect, version and share a library of skills and tools",
    "benchmarks": "which benchmarks a library must not learn from, by hash; add your own",
    "doctor": "show what works on this machine, and how to mend what does not",
}

DEFECT, INTERRUPTED, BROKEN_PIPE = 70, 130, 141
SYSTEM_LIMITS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EMFILE,
}
"""What the machine refuses is for its owner to mend, and no defect of ours."""


class LazyGroup(click.Group):
    """Resolves a command by importing `rubrica.commands.<name>` and taking its `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            if close := difflib.get_close_matches(cmd_name, COMMANDS, n=1):
                raise click.UsageError(f"No such command '{cmd_name}'; did you mean '{close[0]}'", ctx)
            return None
        command: click.Command = import_module(f"rubrica.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            _fail(ctx, _usage(error), 2)

    def invoke(self, ctx: click.Context) -> Any:
        from rubrica.errors import RubricaError

        try:
            done = super().invoke(ctx)
            if sys.stdout is not None:  # it may have been closed before we started
                sys.stdout.flush()
        except RubricaError as error:
            _fail(ctx, str(error), 2)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            _fail(ctx, _usage(error), 2)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            _discard_output()
            ctx.exit(BROKEN_PIPE)
        except UnicodeEncodeError as error:
            _fail(ctx, f"the terminal's encoding ({error.encoding}) cannot show this text; set PYTHONUTF8=1", 2)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:
            if error.errno not in SYSTEM_LIMITS:
                _defect(ctx, error)
            _discard_output()
            _fail(ctx, f"{error.filename or 'output'}: {error.strerror}", 2)
        except Exception as error:  # noqa: BLE001 - the last line of defence: one line for people, all of it on request
            _defect(ctx, error)
        return done


def _usage(error: click.UsageError) -> str:
    """Say on one line what is wrong with the command, and where its options are."""
    names: list[str] = []
    context = error.ctx
    while context is not None and context.parent is not None:
        names.insert(0, context.info_name or "")
        context = context.parent
    return f"{error.format_message().rstrip('.')}; `{' '.join(['rubrica', *names, '--help'])}` shows what there is"


def _defect(ctx: click.Context, error: Exception) -> NoReturn:
    if ctx.params.get("debug"):
        raise error
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    _fail(ctx, f"unexpected {what}; this is a defect: please report it with what `rubrica --debug` adds", DEFECT)


def _fail(ctx: click.Context, text: str, code: int) -> NoReturn:
    from rubrica.commands.terminal import one_line

    click.echo(f"rubrica: {one_line(text)}", err=True)
    ctx.exit(code)


def _discard_output() -> None:
    """Point standard output nowhere, so that the interpreter's last flush does not complain."""
    if sys.__stdout__ is not None and sys.stdout is sys.__stdout__:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rubrica")
@click.option("--debug", is_flag=True, help="Show tracebacks and debug records.")
def main(*, debug: bool) -> None:
    """Judge outputs with skills and tools, learn from a hundred preferences, serve rewards to RL."""
    import logging

    from rubrica.collector import collect_seldom
    from rubrica.logs import Style, configure

    collect_seldom()
    configure(Style(logging.DEBUG if debug else logging.WARNING))


if __name__ == "__main__":
    main()
