"""The tables of what `make bench` has found: docs/performance/tables.md and the goals in docs/PERFORMANCE.md, from docs/performance/bench.json.

    python3 infra/lab/bench/report.py --check    fails when the tables are not those of the numbers
"""

import json
import pathlib
import sys

# What the folders of the laboratory share stands beside them.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

from generated import replaced

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "docs/performance"
JSON, TABLES, PAGE = FOLDER / "bench.json", FOLDER / "tables.md", FOLDER.parent / "PERFORMANCE.md"
#: Goals in ms over 100,000 files, warm; over a million they are three times as long, but for those of the worklist.
GOALS = {
    "first page": 2.5,
    "one modality": 2.9,
    "page 50": 6.4,
    "statistics": 0.7,
    "two filters": 10,
    "search: most": 20,
    "search: one": 20,
    "search: none": 20,
    "search and modality": 20,
    "search of 255 wild characters": 20,
    "date range": 10,
    "date range: all": 10,
    "a page at four fifths": 20,
    "one file": 1,
    "two filters: none": 10,
    "worklist: first page": 10,
    "worklist: two words and a modality": 10,
}
HEAD = "<!-- make bench TABLE=write -->"


def tables(found):
    makers = {"lists": lists, "slices": slices, "dicomweb": dicomweb, "large": large, "pictures": pictures}
    parts = [HEAD, "# What `make bench` has measured", "[PERFORMANCE](../PERFORMANCE.md) says what it means. [bench.json](bench.json) has all numbers."]
    for kind, make in makers.items():
        if kind in found:
            parts += [make(found[kind]["found"]), stated(found[kind]["machine"])]
    return "\n\n".join(parts) + "\n"


def stated(machine):
    return "; ".join(f"{name}: {value}" for name, value in machine.items()) + "."


def table(head, rows):
    """A table in Markdown. Its first column stands to the left, because it has the names; the others stand to the right."""
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join(["---"] + ["--:"] * (len(head) - 1)) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(cell, row)) + " |" for row in rows])


def cell(value):
    match value:
        case None:
            return "–"
        case float():
            return f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}" if abs(value) < 100 else f"{value:,.0f}"
        case int():
            return f"{value:,}"
    return value


def goal(question, files):
    """Milliseconds; none for what nobody has set a goal for."""
    within = GOALS.get(question)
    is_longer = files > 100_000 and not question.startswith("worklist")
    return within and (3 * within if is_longer else within)


def lists(found):
    parts = ["## Lists", "Milliseconds of one user's questions, each with its total and one after the other, warm. Units are DynamoDB's, of one question."]
    for files, measured in found.items():
        files = int(files)
        head = [f"{files:,} files", "total", "p50", "p99", "over SQL: p50", "p99", "goal", "read units", "write units"]
        rows = []
        for name, row in measured["questions"].items():
            ours, peer, units = row["ours"], row.get("peer") or {}, row["units"]
            times = [ours["p50"], ours["p99"], peer.get("p50"), peer.get("p99"), goal(name, files)]
            rows.append([name, row["total"], *times, units["read_units"], units["write_units"]])
        parts.append(table(head, rows))
    head = ["32 connections that ask for a page of 20", "lists a second", "p50, ms", "p99, ms", "over SQL: a second", "p99, ms"]
    head += ["first search after a start, ms", "memory of the stack, MB", "the client took, of a processor"]
    rows = []
    for files, measured in found.items():
        ours, peer = measured["crowd"]["ours"], measured["crowd"].get("peer") or {}
        share = f"{ours['client, of a processor']:.0%}"
        of_both = [ours["a second"], ours["p50"], ours["p99"], peer.get("a second"), peer.get("p99")]
        rows.append([f"{int(files):,} files", *of_both, measured.get("first search after a start, ms"), measured["memory of the stack, MB"], share])
    return "\n\n".join([*parts, table(head, rows), "Goal: 800 lists a second, p99 100 ms."])


def slices(found):
    ours, orthanc = found["ours"], found["Orthanc"]
    arriving = ours["uploads keep arriving"]
    theirs = orthanc and orthanc["stored and listed, s"]
    name = f"Orthanc {orthanc['version']}" if orthanc else "Orthanc (not installed)"
    rows = [
        ["stored and listed, s", ours["stored and listed, s"], theirs, "≤ Orthanc"],
        ["all hashed, read and pictured, s", ours["all processed, s"], None, "12"],
        ["a list meanwhile: p50, ms", ours["a list meanwhile, ms"]["p50"], None, None],
        ["a list meanwhile: p99, ms", ours["a list meanwhile, ms"]["p99"], None, "20"],
        ["uploads keep arriving: stored a second", arriving["stored a second"], None, None],
        ["uploads keep arriving: processed a second", arriving["processed a second"], None, "60"],
        ["uploads keep arriving: a list, p99, ms", arriving["a list meanwhile, ms"]["p99"], None, None],
        ["most memory of the stack, MB", ours["memory, MB"]["the stack"], None, None],
        ["most memory of a process that it started, MB", ours["memory, MB"]["the largest that it started"], None, None],
    ]
    head = [f"{found['slices']:,} CT slices, {found['MB']:.0f} MB, by ten clients", "ours", name, "goal"]
    share = f"{ours['client, of a processor']:.0%}"
    return "\n\n".join(["## Slices", table(head, rows), f"While it stored, the client took {share} of a processor."])


#: What a viewer asks for; as many times as long as Orthanc it may take.
MAY_TAKE = {
    "a page of studies, ms": 1,
    "metadata of the series, ms": 1,
    "all frames, s": 1.5,
    "a frame of 27 MB, ms": 1.5,
    "first picture in OHIF, s": 1,
}


def viewers(found):
    """Each question of a viewer: ours, Orthanc's, and what the goal is."""
    ours, theirs = found["ours"], found["Orthanc"] or {}

    def of(row):
        return row["p50"] if isinstance(row, dict) else row

    return [[name, of(ours[name]), of(theirs.get(name)), "≤ Orthanc" if most == 1 else f"≤ {most} × Orthanc"] for name, most in MAY_TAKE.items()]


def dicomweb(found):
    version = (found["Orthanc"] or {}).get("version", "(not installed)")
    head = [f"{found['studies']} studies; a series of {found['slices']} slices", "ours", f"Orthanc {version}", "goal"]
    return "\n\n".join(["## DICOMweb", table(head, viewers(found)), "Frames are uncompressed, over eight connections; times are medians."])


def large(found):
    return "\n\n".join(["## One large file", table(["", ""], found.items())])


def pictures(found):
    head = ["input", "ours: 256 and 1024 px, ms", "peak memory, MB", "peers: 256 px only, ms", "ours / fastest"]
    rows = []
    for row in found:
        ours, others = row["ours, ms"], row["peers, ms"]
        text = ", ".join(f"{peer} {value:.0f}" for peer, value in others.items()) or None
        memory = row["memory, MB"] and round(row["memory, MB"])
        rows.append([row["input"], ours and round(ours), memory, text, ours / min(others.values()) if ours and others else None])
    return "\n\n".join(["## Pictures", table(head, rows)])


def as_json(found):
    return json.dumps(rounded(found), ensure_ascii=False, indent=1) + "\n"


def rounded(value):
    match value:
        case dict():
            return {name: rounded(one) for name, one in value.items()}
        case list():
            return [rounded(one) for one in value]
        case float():
            return float(f"{value:.4g}")
    return value


#: Sizes whose lists stand beside each other, if both were measured.
USUAL, LARGEST = "100000", "1000000"


def goals(found):
    """Each goal and what was measured: of lists over 100,000 files or as many as there were, and over a million."""
    rows = []
    if "lists" in found:
        sizes = found["lists"]["found"]
        files = USUAL if USUAL in sizes else max(sizes, key=int)
        large = sizes.get(LARGEST, {"questions": {}, "crowd": {}})
        for name, row in sizes[files]["questions"].items():
            over_large = large["questions"].get(name, {}).get("ours", {}).get("p50")
            large_goal = None if over_large is None else goal(name, int(LARGEST))
            rows.append([name, goal(name, int(files)), row["ours"]["p50"], (row.get("peer") or {}).get("p50"), large_goal, over_large])
        ours, peer = sizes[files]["crowd"]["ours"], sizes[files]["crowd"].get("peer") or {}
        over_large = large["crowd"].get("ours", {})
        rows.append(["32 connections: lists a second", "≥ 800", ours["a second"], peer.get("a second"), None, over_large.get("a second")])
        rows.append(["32 connections: p99", 100, ours["p99"], peer.get("p99"), None, over_large.get("p99")])
    others = []
    if "slices" in found:
        ours, orthanc = found["slices"]["found"]["ours"], found["slices"]["found"]["Orthanc"] or {}
        name = f"{found['slices']['found']['slices']:,} CT slices"
        others.append([f"{name}: stored and listed, s", "≤ Orthanc", ours["stored and listed, s"], orthanc.get("stored and listed, s")])
        others.append([f"{name}: all processed, s", 12, ours["all processed, s"], None])
        others.append(["a list meanwhile: p99", 20, ours["a list meanwhile, ms"]["p99"], None])
        others.append(["while uploads keep arriving: processed a second", "≥ 60", ours["uploads keep arriving"]["processed a second"], None])
    if "dicomweb" in found:
        others += [[f"DICOMweb: {name}", aim, ours, theirs] for name, ours, theirs, aim in viewers(found["dicomweb"]["found"])]
    rows += [[*row, None, None] for row in others]
    return table(["", "goal", "ours", "peer", "goal over a million", "ours"], rows)


def write(found):
    """Writes the numbers and their tables. Numbers of kinds that this run did not measure stay."""
    before = json.loads(JSON.read_text("utf-8")) if JSON.exists() else {}
    JSON.parent.mkdir(exist_ok=True)
    JSON.write_text(as_json({**before, **found}), "utf-8")
    for document, text in made().items():
        document.write_text(text, "utf-8")


def made():
    """What the documents must be."""
    found = json.loads(JSON.read_text("utf-8"))
    return {TABLES: tables(found), PAGE: replaced(PAGE.read_text("utf-8"), "goals", goals(found))}


def main(arguments):
    if arguments != ["--check"]:
        sys.exit(__doc__)
    if any(not document.exists() or document.read_text("utf-8") != text for document, text in made().items()):
        sys.exit("docs/performance/tables.md or docs/PERFORMANCE.md is not made of bench.json: run `make bench TABLE=write`")


if __name__ == "__main__":
    main(sys.argv[1:])
