"""The costs in docs/OPERATIONS.md: what calls use, as tests/suite/costs/metered.rs has metered it, times the prices of prices.toml.

    python3 infra/lab/costs/report.py            prints the tables
    python3 infra/lab/costs/report.py --write    writes them into docs/OPERATIONS.md
    python3 infra/lab/costs/report.py --check    fails when docs/OPERATIONS.md has others
"""

import json
import pathlib
import sys
import tomllib

# What the folders of the laboratory share stands beside them.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

from generated import held

FOLDER = pathlib.Path(__file__).parent
DOCUMENT = FOLDER.parents[2] / "docs/OPERATIONS.md"
LIST = tomllib.loads((FOLDER / "prices.toml").read_text("utf-8"))
ASSUMED = LIST["assumed"]
FEW, MANY = (json.loads((FOLDER / f"metered-{files}.json").read_text("utf-8")) for files in (1000, 100_000))
READ = json.loads((FOLDER / "metered-reading.json").read_text("utf-8"))
# Slices of a CT that is read by so many functions at once, and the two lengths of a series of which its metadata was metered.
SLICES, AT_ONCE, SHORT, LONG = 1000, 8, 20, 120
# What a slice's share of the folds is, of one second's slices: infra/lab/data_model/slice.json.
SLICE = json.loads((FOLDER.parent / "data_model/slice.json").read_text("utf-8"))
# Each is of one call.
CALLS = [
    "begin an upload",
    "begin 100 in a batch",
    "process a CT slice",
    "view a file",
    "download a file",
    "change a description",
    "change a modality",
    "delete",
    "restore",
    "a page of 20 of my images",
    "a page of 20 of a patient's images",
    "a page of 20 of everybody's images",
    "one modality of my images, with total",
    "two filters of my images, with total",
    "a search for one of my images",
    "a date range of my images, with total",
    "page 40 of my images",
    "statistics",
    "statistics of everybody",
]
MONTHS = 12


def price(name, count):
    return count * LIST["price"][name]["dollars"] / LIST["price"][name]["per"]


def fold_units():
    """Write units of a slice's share of the folds; a slice changes twice."""
    units = sum(used for by in SLICE["fold"]["units"].values() for used in by.values())
    return 2 * units / SLICE["fold"]["rows"]


def parts(used, seconds=ASSUMED["request_seconds"], gb=ASSUMED["request_gb"], is_of_api=True):
    """Dollars of one call, by what they are for."""
    calls = used["invocations"]
    return {
        "API": price("api", calls if is_of_api else 0),
        "functions": price("calls", calls) + price("gb_seconds", calls * seconds * gb),
        "tables": price("write_units", used["write units"]) + price("read_units", used["read units"]),
        "bucket": price("puts", used["PUT"]) + price("gets", used["GET"]),
        "queues": price("queue", used["calls of queues"] + (0 if is_of_api else ASSUMED["queue_requests"] * calls)),
        "logs": price("logs", calls * ASSUMED["log_kb"] / 1e6),
    }


def processing():
    return parts(FEW["calls"]["process a CT slice"], ASSUMED["processing_seconds"], ASSUMED["processing_gb"], is_of_api=False)


def dollars(name):
    return processing() if name == "process a CT slice" else parts(FEW["calls"][name])


def upload():
    """Dollars of a file that is begun, asked for until it is through, stored, processed and folded."""
    asked = [parts(FEW["endpoints"]["get-upload"])] * ASSUMED["asks"]
    fold = {"tables": price("write_units", fold_units())}
    return total_of([dollars("begin an upload"), *asked, processing(), fold])


def look():
    """Dollars of a list of 20 with its pictures."""
    pictures = ASSUMED["thumbnails"]
    fetched = {"bucket": price("gets", pictures), "transfer": price("transfer", pictures * ASSUMED["thumbnail_kb"] / 1e6)}
    return total_of([dollars("a page of 20 of my images"), fetched])


def reading():
    """Dollars of a CT that a viewer finds and reads by DICOMweb: every frame alone, as viewers do. Metadata grows by the slice, and so does the first frame
    that a function answers of the series."""
    short, long = READ[f"metadata of {SHORT} slices"], READ[f"metadata of {LONG} slices"]
    metadata = {name: short[name] + (long[name] - short[name]) * (SLICES - SHORT) / (LONG - SHORT) for name in short}
    first, another = READ[f"the first frame of {LONG} slices"], READ["another frame"]
    first = {name: another[name] + (first[name] - another[name]) * SLICES / LONG for name in first}
    of_pixels = [parts(used, gb=ASSUMED["processing_gb"]) for used in (first, another)]
    frames = of_pixels[:1] * AT_ONCE + of_pixels[1:] * (SLICES - AT_ONCE)
    searches = [parts(READ[name]) for name in ("a page of studies", "the series of a study")]
    fetched = {"transfer": price("transfer", SLICES * ASSUMED["slice_mb"] / 1000)}
    return total_of([*searches, parts(metadata, ASSUMED["metadata_seconds"]), *frames, fetched])


def total_of(many):
    return {part: sum(one.get(part, 0) for one in many) for part in dict.fromkeys(part for one in many for part in one)}


def number(value):
    return f"{value:.4g}" if value else "0"


def prices():
    lines = ["| " + f"{LIST['region']}, {LIST['as_of']}" + " | $ | for | |", "|---|--:|--:|---|"]
    for one in LIST["price"].values():
        lines.append(f"| {one['what']} | {one['dollars']:g} | {one['per']:,} | [page]({one['source']}) |")
    return "\n".join(lines)


def calls():
    lines = [
        "| call | write units | read units | over 100,000 files | calls of tables | PUT | GET | $ for a million |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name in CALLS:
        used, many = FEW["calls"][name], MANY["calls"][name]
        cells = [used["write units"], used["read units"], many["read units"], used["calls of tables"], used["PUT"], used["GET"]]
        cost = 1e6 * sum(dollars(name).values())
        lines.append(f"| {name} | {' | '.join(map(number, cells))} | {cost:,.2f} |")
    return "\n".join(lines)


def lives():
    thousand = {"1,000 files uploaded": upload(), "1,000 lists of 20": look(), "1,000 views of one file": dollars("view a file")}
    rows = {what: {part: 1000 * cost for part, cost in row.items()} for what, row in thousand.items()}
    rows[f"a CT of {SLICES:,} slices read by DICOMweb"] = reading()
    names = list(dict.fromkeys(part for row in rows.values() for part in row))
    lines = ["| $ | " + " | ".join(names) + " | together |", "|---|" + "--:|" * (len(names) + 1)]
    for what, row in rows.items():
        cells = [f"{row.get(part, 0):.3f}" if row.get(part) else "" for part in names]
        lines.append(f"| {what} | {' | '.join(cells)} | **{sum(row.values()):.3f}** |")
    return "\n".join(lines)


def fixed():
    return sum(price(name, count) for name, count in LIST["fixed"].items()) + price("queue", ASSUMED["polling"])


def month(example):
    """Dollars of a month after a year, by what they are for."""
    kept = example["files"] * MONTHS
    gb = kept * example["mb"] / 1000 * (1 + ASSUMED["pictures"])
    verified = price("gets", kept) + price("gb_seconds", kept * example["mb"] / MONTHS / ASSUMED["read_mb"] * ASSUMED["processing_gb"])
    return {
        "uploads": sum(upload().values()) * example["files"],
        "lists and views": sum(look().values()) * example["views"],
        "downloads": price("transfer", max(0, example["gb_out"] - 100)),
        "bucket": price("stored", gb),
        "tables": price("rows", kept * ASSUMED["row_kb"] / 1e6),
        "verified": verified,
        "fixed": fixed(),
    }


def archived(example):
    """The same when three quarters of the bytes are archived."""
    costs = month(example)
    gb = costs["bucket"] / LIST["price"]["stored"]["dollars"]
    return sum(costs.values()) - 0.75 * (price("stored", gb) - price("archived", gb))


def examples():
    all_of_them = LIST["example"]
    lines = ["| after one year | " + " | ".join(one["name"] for one in all_of_them) + " |", "|---|" + "---|" * len(all_of_them)]

    def row(what, cells):
        lines.append(f"| {what} | " + " | ".join(cells) + " |")

    row("files a month, mean size", [f"{one['files']:,} × {one['mb']:g} MB" for one in all_of_them])
    row("lists and views a month; downloads", [f"{one['views']:,}; {one['gb_out']:,} GB" for one in all_of_them])
    months = [month(one) for one in all_of_them]
    for what in months[0]:
        row(what, [f"{one[what]:,.2f}" if one[what] < 100 else f"{one[what]:,.0f}" for one in months])
    row("**a month**", [f"**{sum(one.values()):,.0f} $**" for one in months])
    row("with three quarters archived", [f"{archived(one):,.0f} $" for one in all_of_them])
    return "\n".join(lines)


def main(arguments):
    tables = {"prices": prices(), "calls": calls(), "lives": lives(), "examples": examples()}
    if arguments:
        return held(DOCUMENT, {f"costs: {name}": table for name, table in tables.items()}, arguments)
    print("\n\n".join([*tables.values(), f"Fixed: {fixed():.2f} $ a month"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
