"""``fix-cache-leak``: the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import click

from lint_rules import __version__
from lint_rules.command import FORMATS, Command, Usage
from lint_rules.console import StreamProblem, give_up, unwritable
from lint_rules.deadline import TIME_LIMIT
from lint_rules.ending import Ended
from lint_rules.interrupts import signals_as_exceptions
from lint_rules.output.plain import printable
from lint_rules.settings import OPTIONS, SettingsError, split_list

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _listed(
    context: click.Context, parameter: click.Parameter, value: Sequence[str]
) -> tuple[str, ...] | None:
    """Repeated options with commas in them, as one list; None when not given at all."""
    if not value:
        return None
    return tuple(item for part in value for item in split_list(part))


def _settings(command: Decorated) -> Decorated:
    """One option for each setting of the table."""
    for option in reversed(OPTIONS):
        command = click.option(
            f"--{option.name}", multiple=True, callback=_listed, metavar="LIST", help=option.help
        )(command)
    return command


_AFTER_AN_INTERRUPT = "every file is as it was or completely repaired; run again for the rest"


def _say(text: str) -> None:
    """One line on standard error, if that takes it; the exit code says the same."""
    with suppress(OSError):
        click.echo(f"fix-cache-leak: {printable(text)}", err=True)


class _Command(click.Command):
    """The command; what it prints before it runs (help, version, a rule's page) may find no place, too."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the options, and do what those ask for that print something and end."""
        try:
            return super().make_context(*args, **kwargs)
        except BrokenPipeError:
            raise  # which click answers: the reader has seen enough
        except OSError as error:
            give_up(sys.stdout.buffer)
            _say(f"error: {unwritable(error)}")
            sys.exit(2)


def _explain(context: click.Context, parameter: click.Parameter, code: str | None) -> None:
    if code is None or context.resilient_parsing:
        return
    from lint_rules.output.rulepage import known_codes, rule_page

    page = rule_page(code)
    if page is None:
        raise click.UsageError(
            f"there is no rule {code!r}; the rules are {', '.join(known_codes())}"
        )
    click.echo(page, nl=False)
    context.exit(0)


@click.command(cls=_Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, metavar="PATHS...")
@click.option("--check", is_flag=True, help="Report, and write nothing.")
@click.option("--diff", is_flag=True, help="Print the repairs as one unified diff; write nothing.")
@click.option(
    "--matrix", is_flag=True,
    help="Print a table for each class: what its cache-copy helpers and merge functions do to each "
    "per-request field; write nothing.",
)  # fmt: skip
@click.option(
    "--write-tests", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write a pytest module that proves the leaks gone, or still there (- prints it); change no code.",
)  # fmt: skip
@click.option(
    "--explain", metavar="CODE", callback=_explain, expose_value=False, is_eager=True,
    help="Print the page of a rule, as CCL101.",
)  # fmt: skip
@click.option("--stdin-filename", metavar="FILE", help="The file name of what '-' reads.")
@click.option(
    "--select",
    multiple=True,
    callback=_listed,
    metavar="CODES",
    help="Only these codes, or beginnings of codes: CCL2,CCL101.",
)
@click.option(
    "--ignore",
    multiple=True,
    callback=_listed,
    metavar="CODES",
    help="Not these codes, or beginnings of codes.",
)
@click.option(
    "--output-format", type=click.Choice(FORMATS), default="text", show_default=True,
    help="The form of the report.",
)  # fmt: skip
@click.option(
    "--output-file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report to FILE instead of the terminal.",
)  # fmt: skip
@click.option(
    "--baseline", metavar="FILE", type=click.Path(path_type=Path),
    help="Findings in FILE are accepted: marked, not counted, not repaired.",
)  # fmt: skip
@click.option(
    "--write-baseline", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Accept what is found, and write it to FILE.",
)  # fmt: skip
@click.option(
    "--config", metavar="FILE", type=click.Path(path_type=Path),
    help="The only configuration file to read.",
)  # fmt: skip
@click.option("--isolated", is_flag=True, help="Read no configuration file.")
@_settings
@click.option("--no-cache", is_flag=True, help="Keep and use nothing from earlier runs.")
@click.option(
    "--cache-dir", metavar="DIR", type=click.Path(path_type=Path, file_okay=False),
    help="Where to keep what later runs can use.",
)  # fmt: skip
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), metavar="N",
    help="The number of processes; by default as many as the work is worth.",
)  # fmt: skip
@click.option(
    "--time-limit", type=click.FloatRange(min=0), default=TIME_LIMIT, show_default=True,
    metavar="SECONDS",
    help="The processor time that one file may take before it is given up; 0 for no limit.",
)  # fmt: skip
@click.option(
    "--exclude", multiple=True, callback=_listed, metavar="GLOBS",
    help="Files and directories not to search.",
)  # fmt: skip
@click.option("--quiet", "-q", is_flag=True, help="Print findings and errors only.")
@click.option("--verbose", "-v", is_flag=True, help="Say where each setting comes from.")
@click.version_option(__version__, prog_name="fix-cache-leak", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context, /, **given: Any) -> None:
    """Find per-request data that leaks through a cache, and repair it in place.

    PATHS are files, directories, or - for standard input.  Exits with 0 when nothing is left to
    report, 1 when there are findings (of --diff: changes), 2 on a problem.
    """
    overrides = {
        option.name: values
        for option in OPTIONS
        if (values := given.pop(option.attribute)) is not None
    }
    for name in ("select", "ignore", "exclude"):
        given[name] = given[name] or ()
    try:
        with signals_as_exceptions():
            code = Command(overrides=overrides, **given).run()
    except Usage as problem:
        raise click.UsageError(str(problem)) from problem
    except (SettingsError, StreamProblem) as problem:
        _say(f"error: {problem}")
        code = 2
    except (KeyboardInterrupt, Ended) as end:
        rewrites = not (given["check"] or given["diff"] or given["matrix"] or "-" in given["paths"])
        _say("interrupted" + (f"; {_AFTER_AN_INTERRUPT}" if rewrites else ""))
        code = end.code if isinstance(end, Ended) else 130
    context.exit(code)


if __name__ == "__main__":
    sys.exit(main())
