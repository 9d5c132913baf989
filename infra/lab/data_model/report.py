"""The tables of docs/DATA.md: units per step of a file's life, and what transactions that meet do to uploads.

    python3 infra/lab/data_model/report.py            prints them
    python3 infra/lab/data_model/report.py --write    writes them into docs/DATA.md
    python3 infra/lab/data_model/report.py --check    fails when docs/DATA.md has others
"""

import pathlib
import sys

import conflicts
import items
import limits

# What the folders of the laboratory share stands beside them.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

from generated import held

DOCUMENT = pathlib.Path(__file__).parents[3] / "docs/DATA.md"
# Files a second, and people who send them.
LOADS = [(20, 1), (50, 1), (200, 1), (300, 1), (3000, 300)]
SECONDS = 10
SEED = 1
# Promises: transactions that are given up, and write units of a slice's life.
MOST_GIVEN_UP = 0.001
MOST_UNITS = 24


def units() -> str:
    lines = ["| step | write | units | |", "|---|---|--:|---|"]
    for step, writes in items.STEPS.items():
        for write in writes:
            lines.append(f"| {step} | {write.what} | {write.units:g} | {write.note} |")
    now, packed = (sum(items.units(step, is_packed) for step in items.STEPS) for is_packed in (False, True))
    assert packed <= MOST_UNITS, f"the life of a slice costs {packed:.1f} units"
    lines.append(f"| **together** | | **{packed:.1f}** | {now:.1f} until packed search |")
    return "\n".join(lines)


def meetings() -> str:
    lines = ["| files a second | by | at ab0f7f2: given up | calls each | now: given up | calls each | p99 |", "|--:|--:|--:|--:|--:|--:|--:|"]
    for files, owners in LOADS:
        load = conflicts.Load(files, owners, SECONDS)
        before, now = (conflicts.simulate(model, load, SEED) for model in ("today", "recorded"))
        share = now.given_up / now.transactions
        assert share <= MOST_GIVEN_UP, f"{files} files a second by {owners}: {share:.2%} of the transactions are given up"
        lines.append(
            f"| {files:,} | {owners} | {before.given_up / before.transactions:.1%} | {before.calls / before.transactions:.1f} "
            f"| {share:.1%} | {now.calls / now.transactions:.1f} | {now.p99 * 1000:.0f} ms |"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    tables = {"units": units(), "meetings": meetings(), "limits": limits.table(), "busiest": limits.busiest()}
    if arguments:
        return held(DOCUMENT, tables, arguments)
    print("\n\n".join(tables.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
