"""Find per-request data that leaks through a cache into another user's request, and repair it.

Importing this package is light: libcst, flake8 and click are imported only by the parts that need
them, when they need them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lint_rules._version import VERSION as __version__

if TYPE_CHECKING:
    from lint_rules.engine import check_source, fix_source
    from lint_rules.runner import check_paths

__all__ = ["__version__", "check_paths", "check_source", "fix_source"]

_LAZY = {
    "check_source": "lint_rules.engine",
    "fix_source": "lint_rules.engine",
    "check_paths": "lint_rules.runner",
}


def __getattr__(name: str) -> Any:
    """Import the public functions on first use (PEP 562)."""
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
