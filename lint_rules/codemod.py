"""The repair as a LibCST codemod.

``python -m libcst.tool codemod -x --no-format lint_rules.codemod.FixCacheLeak path`` (``-x``: the
command is given by its module, so that no ``.libcst.codemod.yaml`` has to name this package).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import libcst as cst
from libcst.codemod import CodemodCommand

from lint_rules.contain import Contained
from lint_rules.engine import Engine
from lint_rules.findings import Finding
from lint_rules.settings import Settings, load_settings

_NO_FILE = "<string>"


class FixCacheLeak(CodemodCommand):
    """Applies the repairs of the engine to one module, and leaves everything else as it is."""

    DESCRIPTION: str = (
        "Stop per-request data from leaking through a cache into another user's request: "
        "reset it on what is cached, and overwrite it on what comes from a cache."
    )

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """The repaired module; ``tree`` itself when there is nothing to repair."""
        filename = self.context.filename
        text = tree.code
        engine = _engine(_settings(_directory(filename)))
        with Contained() as contained:
            report = engine.fix(Path(filename or _NO_FILE), text, display=filename or _NO_FILE)
        if contained.problem is not None:
            _engine.cache_clear()
            self.warn(f"{filename or _NO_FILE}: {contained.problem}")
            return tree
        for error in report.errors:
            self.warn(f"{error.path}: {error.message}")
        for finding in report.findings:
            self.warn(_unfixed(finding))
        if report.new_source is None or report.new_source == text:
            return tree
        return cst.parse_module(report.new_source, config=tree.config_for_parsing)


def _unfixed(finding: Finding) -> str:
    reason = finding.fix.reason or "there is no automatic fix"
    place = f"{finding.path}:{finding.line}:{finding.column}"
    return f"{place}: {finding.code} {finding.message} Not fixed: {reason}"


def _directory(filename: str | None) -> Path:
    return Path.cwd() if filename is None else Path(filename).absolute().parent


@lru_cache(maxsize=256)
def _settings(directory: Path) -> Settings:
    return load_settings(directory).settings


@lru_cache(maxsize=8)
def _engine(settings: Settings) -> Engine:
    """One engine for all modules of this process, so that they share what it learns."""
    return Engine(settings)
