"""What the checker says of popular packages that nobody here wrote, with default settings.

Every finding is printed.  Those in ``precision-accepted.txt``, each with its reason there, count as
read and judged; any other ends the benchmark with 1, and so does an accepted one that is gone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from packages import NotAvailable, unpacked

HERE = Path(__file__).resolve().parent
PACKAGES = HERE / "precision-packages.txt"
ACCEPTED = HERE / "precision-accepted.txt"


def entries(path: Path) -> list[str]:
    """The lines of a list without its comments."""
    lines = (line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return [" ".join(line.split()) for line in lines if line]


def check(where: Path) -> dict[str, object]:
    """The tool's own report on one unpacked wheel."""
    done = subprocess.run(
        [sys.executable, "-m", "lint_rules", "--check", "--isolated", "--no-cache",
         "--output-format", "json", "."],
        cwd=where, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not done.stdout.startswith("{"):
        said = done.stderr.strip() or f"exit status {done.returncode}"
        sys.exit(f"bench-precision: no report on {where.name}: {said}")
    report: dict[str, object] = json.loads(done.stdout)
    return report


def main() -> int:
    """Check every package; 0 when all findings are accepted ones and all of those are there."""
    accepted = set(entries(ACCEPTED))
    seen: set[str] = set()
    new = total = failed = 0
    for entry in entries(PACKAGES):
        name, _, version = entry.partition("==")
        try:
            where = unpacked(name, version)
        except NotAvailable as error:
            failed += 1
            print(f"{entry}: not available: {error}")
            continue
        lines = sum(path.read_bytes().count(b"\n") for path in where.rglob("*.py"))
        total += lines
        report = check(where)
        findings, errors = report["findings"], report["errors"]
        assert isinstance(findings, list)
        assert isinstance(errors, list)
        print(f"{entry}: {lines:,} lines, {len(findings)} findings, {len(errors)} errors")
        for error in errors:
            print(f"  error   {error['path']}: {error['message']}")
        for found in findings:
            fields = ",".join(field["name"] for field in found["fields"])
            key = f"{name} {found['path']} {found['code']} {found['function']} {fields}"
            seen.add(key)
            new += key not in accepted
            print(f"  {'known' if key in accepted else 'NEW  '}   {key}  (line {found['line']})")
    gone = sorted(accepted - seen)
    for key in gone:
        print(f"  gone    {key}")
    print(f"\n{total:,} lines: {len(seen)} findings, {new} not accepted, {len(gone)} gone")
    if failed:
        print(f"{failed} packages were not available")
    return 1 if new or gone or failed else 0


if __name__ == "__main__":
    sys.exit(main())
