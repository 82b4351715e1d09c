"""Assertions for a project's own tests: two end users share one key, each must get only his own.

``fix-cache-leak --write-tests FILE`` writes a module that uses them; docs/testing.md says how to
write one by hand.  Nothing here imports the analysis, or any library beside the standard one.
"""

from __future__ import annotations

from lint_rules.testing.assertions import assert_overwrites, assert_reset_for_cache
from lint_rules.testing.recording import RecordingCache

__all__ = ["RecordingCache", "assert_overwrites", "assert_reset_for_cache"]
