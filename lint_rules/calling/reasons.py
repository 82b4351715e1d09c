"""Why a function cannot be called from a test."""

from __future__ import annotations


class Uncallable(Exception):
    """No test can call the function; the message says why."""
