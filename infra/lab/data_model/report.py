"""The tables of docs/DATA.md: units per step of a file's life, and what transactions that meet do to uploads.

    python3 infra/lab/data_model/report.py            prints them
    python3 infra/lab/data_model/report.py --write    writes them into docs/DATA.md
    python3 infra/lab/data_model/report.py --check    fails when docs/DATA.md has others
"""

import pathlib
import sys

import conflicts
import items

DOCUMENT = pathlib.Path(__file__).parents[3] / "docs/DATA.md"
# Files a second, and people who send them.
LOADS = [(20, 1), (50, 1), (200, 1), (400, 1), (3000, 300)]
SECONDS = 10
SEED = 1


def units() -> str:
    lines = ["| step | write | units | |", "|---|---|--:|---|"]
    for step, writes in items.STEPS.items():
        for write in writes:
            note = "until packed search" if write.until_packed else ""
            lines.append(f"| {step} | {write.what} | {write.units:g} | {note} |")
    now, packed = (sum(items.units(step, is_packed) for step in items.STEPS) for is_packed in (False, True))
    lines.append(f"| **together** | | **{packed:.1f}** | {now:.1f} until packed search |")
    return "\n".join(lines)


def meetings() -> str:
    lines = ["| files a second | by | at ab0f7f2: given up | calls each | as planned: given up | calls each | p99 |", "|--:|--:|--:|--:|--:|--:|--:|"]
    for files, owners in LOADS:
        load = conflicts.Load(files, owners, SECONDS)
        today, planned = (conflicts.simulate(model, load, SEED) for model in ("today", "planned"))
        lines.append(
            f"| {files:,} | {owners} | {today.given_up / today.transactions:.1%} | {today.calls / today.transactions:.1f} "
            f"| {planned.given_up / planned.transactions:.1%} | {planned.calls / planned.transactions:.1f} | {planned.p99 * 1000:.0f} ms |"
        )
    return "\n".join(lines)


def replaced(document: str, name: str, table: str) -> str:
    before, rest = document.split(f"<!-- {name} -->\n")
    return f"{before}<!-- {name} -->\n{table}\n<!-- end -->{rest.split('<!-- end -->', 1)[1]}"


def main(arguments: list[str]) -> int:
    tables = {"units": units(), "meetings": meetings()}
    if not arguments:
        print("\n\n".join(tables.values()))
        return 0
    written = DOCUMENT.read_text("utf-8")
    document = written
    for name, table in tables.items():
        document = replaced(document, name, table)
    if arguments == ["--write"]:
        DOCUMENT.write_text(document, "utf-8")
    elif document != written:
        print("docs/DATA.md differs from infra/lab/data_model: run `make data-model`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
