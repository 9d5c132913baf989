#!/usr/bin/env python3
"""How long lists, searches, details and statistics take over many files of one user, on a local stack of its own.

    python3 infra/lab/api/speed.py [--files 10000,100000] [--repeat 9]

Needs `make build` (or FILMROOM_LOCAL) and nothing else. Files are begun by POST /uploads/batch, a hundred at a time; then every question is asked
`repeat` times, and the slowest but one counts. Fails when a question takes longer than its goal: 100 ms over up to 10,000 files, 1 s over up to
100,000.
"""

import argparse
import concurrent.futures
import sys
import tempfile
import time
import urllib.parse

from stack import Api, start

BATCH = 100
MODALITIES = ["CT", "MR", "DX", "US"]
#: Files in one user's hands, and how long a question over them may take, in milliseconds.
GOALS = [(10_000, 100), (100_000, 1000)]
#: What is asked of my-images: a name, and the parameters.
LISTS = [
    ("first page", {}),
    ("one type", {"file_type": "DICOM"}),
    ("one status", {"status": "UPLOADING"}),
    ("one modality", {"modality": "CT"}),
    ("status that nothing has", {"status": "FAILED"}),
    ("type and modality", {"file_type": "DICOM", "modality": "MR"}),
    ("type and modality, no total", {"file_type": "DICOM", "modality": "MR", "include_total": "false"}),
    ("search: most files", {"search": "胸部"}),
    ("search: a few", {"search": "_0000"}),
    ("search: one", {"search": "needle"}),
    ("search: none", {"search": "nowhere"}),
    ("search: none, no total", {"search": "nowhere", "include_total": "false"}),
    ("search and modality", {"search": "胸部", "modality": "US"}),
    ("one day", {"start_date": "2020-01-01", "end_date": "2099-12-31"}),
    ("page 50", {"page": "50"}),
]


def new_file(number):
    """A file as hospitals name them; one in the middle is the needle."""
    needle = "needle" if number == 5_000 else ""
    return {
        "client_file_id": number,
        "filename": f"20260105_胸部平扫_{number:07}{needle}.dcm",
        "size": 526_336,
        "modality": MODALITIES[number % len(MODALITIES)],
        "description": "患者两周前出现咳嗽,无发热,建议与前次检查对照。" if number % 2 else None,
    }


def seed(address, token, numbers):
    """Begins the uploads of `numbers`, on a few connections."""

    def begin(first):
        api = Api(address, token)
        for start in range(first, len(numbers), 4 * BATCH):
            files = [new_file(number) for number in numbers[start : start + BATCH]]
            items = api.call("POST", "/uploads/batch", {"files": files})["items"]
            wrong = [item["error"] for item in items if item["error"]]
            if wrong:
                sys.exit(f"a file was refused: {wrong[0]}")

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(begin, range(0, 4 * BATCH, BATCH)))


def questions(api):
    """What is asked: a name, and the path."""
    newest = api.call("GET", "/image-files/my-images?page_size=1")["items"][0]["id"]
    yield from ((name, "/image-files/my-images?" + urllib.parse.urlencode(parameters)) for name, parameters in LISTS)
    yield "one file", f"/image-files/{newest}"
    yield "statistics", "/image-files/stats/summary"


def ask(api, path, repeat):
    """Milliseconds of `repeat` times the same question, sorted; and its total."""
    times = []
    for _ in range(repeat):
        begun = time.perf_counter()
        total = api.call("GET", path).get("total")
        times.append((time.perf_counter() - begun) * 1000)
    return sorted(times), total


def measure(api, files, repeat):
    """Asks everything over `files` files; gives what missed its goal."""
    goal = next((goal for most, goal in GOALS if files <= most), None)
    print(f"\n{files} files of one user (goal: {goal} ms)\n{'':30} {'total':>8} {'median ms':>10} {'slow ms':>8}")
    missed = []
    for name, path in questions(api):
        times, total = ask(api, path, repeat)
        slow = times[-2] if len(times) > 1 else times[-1]
        print(f"{name:30} {'-' if total is None else total:>8} {times[len(times) // 2]:10.1f} {slow:8.1f}", flush=True)
        if goal and slow > goal:
            missed.append(f"{name}, {files} files: {slow:.0f} ms")
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", default="10000,100000", help="how many files, step by step")
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        stack, address, token = start(folder)
        print(f"ready after {time.perf_counter() - begun:.2f} s")
        try:
            there = 0
            for files in map(int, options.files.split(",")):
                begun = time.perf_counter()
                seed(address, token, range(there, files))
                seconds = time.perf_counter() - begun
                print(f"{files - there} files begun in {seconds:.0f} s, {(files - there) / seconds:.0f} a second")
                there = files
                missed += measure(Api(address, token), files, options.repeat)
        finally:
            stack.terminate()
            stack.wait()
    if missed:
        sys.exit("missed: " + "; ".join(missed))


main()
