"""Published packages at pinned versions, unpacked in the user's cache folder and never run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

PYTHON = "3.14"
"""The packages are read, not run: what they ask for need not be the Python that reads them."""


class NotAvailable(Exception):
    """The package index has no such wheel, or cannot be reached."""


def cache_folder() -> Path:
    """The same folder as the tests on litellm use."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "flake8-cache-leak-tests"


def unpacked(name: str, version: str) -> Path:
    """The folder with the contents of a wheel; downloaded the first time."""
    target = cache_folder() / f"{name}-{version}"
    if target.is_dir():
        return target
    wheels = cache_folder() / "wheels" / f"{name}-{version}"
    wheels.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
         "--only-binary", ":all:", "--python-version", PYTHON, "--ignore-requires-python",
         "--dest", str(wheels), f"{name}=={version}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = sorted(wheels.glob("*.whl"))
    if done.returncode or not found:
        said = done.stderr.strip().splitlines()
        raise NotAvailable(said[-1] if said else "nothing was downloaded")
    unpacking = target.with_name(f"{target.name}.unpacking-{os.getpid()}")
    shutil.rmtree(unpacking, ignore_errors=True)
    with zipfile.ZipFile(found[0]) as archive:
        archive.extractall(unpacking)
    unpacking.replace(target)
    shutil.rmtree(wheels, ignore_errors=True)
    return target
