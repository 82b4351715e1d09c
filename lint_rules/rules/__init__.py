"""The rules: one module each, discovered by name, so that a new rule needs no list to be kept."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from lint_rules.rules.base import Rule

_MODULE = re.compile(r"ccl\d{3}$")


@cache
def all_rules() -> tuple[Rule, ...]:
    """One instance of every rule, by code."""
    found: list[Rule] = []
    for info in iter_modules(__path__):
        if _MODULE.match(info.name):
            module = import_module(f"{__name__}.{info.name}")
            found += [
                value()
                for value in vars(module).values()
                if isinstance(value, type) and issubclass(value, Rule) and "code" in vars(value)
            ]
    return tuple(sorted(found, key=lambda rule: rule.code))


def get_rule(code: str) -> Rule | None:
    """The rule of a code, in any case of its letters; None when there is none."""
    return next((rule for rule in all_rules() if rule.code == code.upper()), None)
