"""The command, run in this process: the same for every allowed release of click."""

from __future__ import annotations

import inspect

from click.testing import CliRunner, Result

from lint_rules.cli import main


def invoke(*arguments: str, data: bytes | None = None) -> Result:
    """Run ``fix-cache-leak``; standard output and standard error are kept apart."""
    apart = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}
    result = CliRunner(**apart).invoke(main, list(arguments), input=data)  # type: ignore[arg-type]
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result
