"""`make bench`: one command, one table, peers in the same run.

    python3 infra/lab/bench/bench.py [--only lists,slices] [--files 1000,10000,100000] [--rounds 100] [--slices 1635] [--gigabytes 2]
                                     [--examples FOLDER] [--write]

lists: every question over files of one user, beside a service over SQL; 32 connections that ask for lists
slices: a CT by ten clients, beside Orthanc; processing while uploads keep arriving
large: one file of 2 GB
dicomweb: what a viewer asks for, beside Orthanc
pictures: thumbnails beside libvips, DCMTK and GDCM

It prints the table and keeps the numbers in target/bench.json. With --write it also writes them and their tables into docs/performance/, where numbers of
kinds that this run did not measure stay. It reports, and never fails for being slow.
"""

import argparse
import hashlib
import json
import os
import pathlib
import platform
import subprocess
import tempfile
import time

import report
import stack

KINDS = ["lists", "slices", "dicomweb", "large", "pictures"]


def machine():
    """What the numbers depend on. The pace tells whether something else ran beside: the same loop, on the same machine."""
    about = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in about if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    begun = time.perf_counter()
    for number in range(1_000_000):
        hashlib.md5(number.to_bytes(8)).digest()
    commit = subprocess.run(["git", "-C", stack.ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "processors": f"{os.cpu_count()} × {model}",
        "memory, GB": round(memory),
        "pace: a loop of Python, s": round(time.perf_counter() - begun, 2),
        "load before": round(os.getloadavg()[0], 1),
        "build": "release" if "/release/" in stack.PROGRAM else "development, as `make run` builds it",
        "commit": commit.stdout.strip(),
        "on": time.strftime("%Y-%m-%d"),
    }


def measured(kind, options):
    """One kind of measurement. Each is imported when it is asked for, because they need different packages."""
    match kind:
        case "lists":
            import questions

            with tempfile.TemporaryDirectory() as folder:
                return questions.run(folder, options.files, options.rounds)
        case "slices":
            import slices

            return slices.run(options.slices)
        case "dicomweb":
            import dicomweb

            return dicomweb.run(min(options.slices, 327))
        case "large":
            import large

            return large.run(options.gigabytes)
        case "pictures":
            import pictures

            return pictures.run(options.examples, 5)


def numbers(text):
    return [int(number) for number in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(KINDS), help="which kinds, with commas between")
    parser.add_argument("--files", type=numbers, default=[1000, 10_000, 100_000], help="how many files of one user")
    parser.add_argument("--rounds", type=int, default=100, help="times a question is asked, within three seconds")
    parser.add_argument("--slices", type=int, default=1635)
    parser.add_argument("--gigabytes", type=float, default=2)
    parser.add_argument("--examples", type=pathlib.Path, help="the release build of the examples of shared/imaging")
    parser.add_argument("--write", action="store_true", help="renew docs/performance")
    options = parser.parse_args()
    kinds = options.only.split(",")
    if wrong := set(kinds) - set(KINDS):
        parser.error(f"no such kind: {', '.join(wrong)}")
    found = {"machine": machine()}
    for kind in kinds:
        print(f"\n== {kind}", flush=True)
        found[kind] = {"machine": found["machine"], "found": measured(kind, options)}
        # At once: what is measured after it may fail.
        keep({kind: found[kind]}, options.write)
    del found["machine"]
    print("\n" + report.tables(found))


def keep(found, is_written):
    """Keeps what was measured beside what runs before have, and in the docs if they are to be renewed."""
    kept = stack.ROOT / "target/bench.json"
    kept.parent.mkdir(exist_ok=True)
    before = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    kept.write_text(report.as_json({**before, **found}), "utf-8")
    if is_written:
        report.write(found)


if __name__ == "__main__":
    main()
