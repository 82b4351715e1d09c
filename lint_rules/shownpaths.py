"""Paths of evidence and traces, as a reader of the report wants them.

The analysis knows where a file lives; a report says it as the user would: like the reported file
itself, or below the working directory.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from lint_rules.discovery import Target, shown_path
from lint_rules.findings import Finding

Shown = Callable[[str], str]


def shown_for(target: Target) -> Shown:
    """How the paths in findings of ``target`` are shown."""
    own = {os.path.abspath(target.path), os.path.realpath(target.path)}
    here = os.getcwd().rstrip(os.sep) + os.sep
    absolute = os.path.isabs(target.display)

    def shown(path: str) -> str:
        if path in own or path == target.display:
            return target.display
        if path.startswith(here) and not absolute:
            path = path[len(here) :]
        return shown_path(path)

    return shown


def with_shown_paths(finding: Finding, shown: Shown) -> Finding:
    """The finding with the paths of its evidence and its trace as ``shown``."""
    fields = tuple(
        replace(
            entry,
            evidence=tuple(replace(proof, path=shown(proof.path)) for proof in entry.evidence),
        )
        for entry in finding.fields
    )
    trace = tuple(replace(step, path=shown(step.path)) for step in finding.trace)
    return replace(finding, fields=fields, trace=trace)
