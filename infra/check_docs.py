"""Holds what the documents say of code to the code: files and tests that they name are there, and each protection in docs/SECURITY.md names what holds it.

usage: check_docs.py
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).parent.parent
# Documents that name tests. In the others such a name may be anything, a setting for example.
NAME_TESTS = ("SECURITY.md", "RELIABILITY.md")
FILE = re.compile(r"`((?:[\w-]+/)*[\w-]+\.(?:rs|py|ts|tsx|toml|yaml))`")
# A test is named by a sentence.
TEST = re.compile(r"`([a-z0-9]+(?:_[a-z0-9]+){3,})`")
DEFINED = re.compile(r"\b(?:fn|def) (\w+)")


def tracked() -> list[str]:
    """Every file of the project, from its root."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    return listed.stdout.split()


def functions(files: list[str]) -> set[str]:
    """The names of all functions in Rust and Python."""
    code = (ROOT / file for file in files if file.endswith((".rs", ".py")))
    return {name for file in code for name in DEFINED.findall(file.read_text("utf-8"))}


def unheld(text: str) -> list[str]:
    """Rows of the tables with a column "held by" that name nothing in it."""
    found, is_held = [], False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[-1] == "held by":
            is_held = True
        elif not line.startswith("|"):
            is_held = False
        elif is_held and not cells[-1].startswith("---") and "`" not in cells[-1]:
            found.append(f"nothing is named that holds: {cells[0]}")
    return found


def main() -> None:
    """Prints what is wrong."""
    files = tracked()
    names = functions(files)
    ends = {"/".join(parts[start:]) for parts in (file.split("/") for file in files) for start in range(len(parts))}
    wrong, count = [], 0
    for file in files:
        if not file.endswith(".md"):
            continue
        text = (ROOT / file).read_text("utf-8")
        named = FILE.findall(text)
        missing = [name for name in named if name not in ends]
        if file.endswith(NAME_TESTS):
            tests = TEST.findall(text)
            missing += [name for name in tests if name not in names]
            named += tests
            missing += unheld(text)
        wrong += [f"{file}: {name}" for name in missing]
        count += len(named)
    if wrong:
        sys.exit("Documents name what is not there:\n" + "\n".join(wrong))
    print(f"{count} files and tests that documents name are there")


main()
