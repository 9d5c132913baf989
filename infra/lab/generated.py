"""Tables in documents that programs make: each stands between `<!-- its name -->` and `<!-- end -->`."""

import pathlib
import sys


def replaced(document: str, name: str, table: str) -> str:
    """The document with this table in the place of the one that it has."""
    before, rest = document.split(f"<!-- {name} -->\n")
    return f"{before}<!-- {name} -->\n{table}\n<!-- end -->{rest.split('<!-- end -->', 1)[1]}"


def held(path: pathlib.Path, tables: dict[str, str], arguments: list[str]) -> int:
    """With `--write` the document gets these tables, with `--check` it must have them. The exit code of whoever asks."""
    written = path.read_text("utf-8")
    document = written
    for name, table in tables.items():
        document = replaced(document, name, table)
    if arguments == ["--write"]:
        path.write_text(document, "utf-8")
    elif document != written:
        print(f"docs/{path.name} has other tables than its numbers make: run `make data-model`", file=sys.stderr)
        return 1
    return 0
