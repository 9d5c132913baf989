"""How long lists, searches, one file and statistics take over many files of one user, and what they read; beside the same questions to a service over SQL."""

import contextlib
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import crowd
import stack
from times import summary

#: Seconds that one question is asked at most.
PATIENCE = 3
#: Connections and seconds of the crowd.
CONNECTIONS, SECONDS = 32, 5
FIRST_PAGE = "/image-files/my-images?page_size=20"
#: Patients of the largest folder: each takes 3 ms to make, because no other one is made with it.
MOST_PATIENTS = 100_000
#: The peer knows no studies.
STUDIES = "/studies?"


def questions(api, files):
    """What is asked: a name, and the path. A page of 100 files has the times between which a date range is."""

    def created(page_size, page):
        items = api.call("GET", f"/image-files/my-images?page_size={page_size}&page={page}")["items"]
        return items[0]["created_at"], items[0]["id"]

    newest, one = created(1, 1)
    middle, _ = created(100, max(1, files // 200))
    later, _ = created(100, max(1, files // 200 - files // 2000))
    mine = [
        ("first page", {}),
        ("one modality", {"modality": "CT"}),
        ("page 50", {"page": min(50, files // 20)}),
        ("two filters", {"file_type": "DICOM", "modality": "MR"}),
        ("search: most", {"search": "胸部"}),
        ("search: one", {"search": "needle"}),
        ("search: none", {"search": "nowhere"}),
        ("search and modality", {"search": "胸部", "modality": "US"}),
        ("date range", {"start_date": middle, "end_date": later if later > middle else newest}),
        ("date range: all", {"start_date": "2020-01-01", "end_date": "2099-12-31"}),
        ("a page at four fifths", {"page": max(1, files // 25)}),
        ("search of 255 wild characters", {"search": "%_*" * 85}),
        ("two filters: none", {"file_type": "PNG", "modality": "XA"}),
    ]
    yield from ((name, "/image-files/my-images?" + urllib.parse.urlencode(parameters)) for name, parameters in mine)
    yield "one file", f"/image-files/{one}"
    for name, search in (("most", "小明"), ("one", "needle"), ("none", "nowhere"), ("198 wild characters", "%_*" * 66)):
        yield f"patients by name: {name}", "/patients?" + urllib.parse.urlencode({"search": search})
    yield "statistics", "/image-files/stats/summary"
    for name, parameters in (("first page", {}), ("two words and a modality", {"search": "胸部 ct", "modality": "CT"})):
        yield f"worklist: {name}", STUDIES + urllib.parse.urlencode(parameters)


def ask(api, path, rounds):
    """p50 and p99 in milliseconds of the same question, warm, and its total."""
    times = []
    total = api.call("GET", path).get("total")
    begun = time.perf_counter()
    while len(times) < rounds and (len(times) < 3 or time.perf_counter() - begun < PATIENCE):
        times.append(once(api, path))
    return summary(times), total


def once(api, path):
    """Milliseconds of one question."""
    begun = time.perf_counter()
    api.call("GET", path)
    return 1000 * (time.perf_counter() - begun)


def units(api, meter, path):
    """Read and write units of one question."""
    api.call("GET", path)  # whoever is not known yet costs more
    before = used(meter())
    api.call("GET", path)
    after = used(meter())
    return {name: after[name] - before[name] for name in after}


def used(functions):
    """What the functions that people call have used."""
    own = [usage for name, usage in functions.items() if name not in ("maintenance", "verify", "fold-changes", "copy-log")]
    return {name: sum(usage[name] for usage in own) for name in ("read_units", "write_units", "table_calls")}


@contextlib.contextmanager
def sql_service(folder, api):
    """The peer over the same rows; gives its address, or None if it is not installed."""
    try:
        import sql_service as peer
    except ImportError as missing:
        print(f"the service over SQL is left out: {missing}; infra/lab/bench/requirements.txt has what it needs")
        yield None
        return
    database = pathlib.Path(folder) / "peer.sqlite"
    peer.fill(database, pages(api), patients(api))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, peer.__file__, str(database), str(port)])
    try:
        address = f"127.0.0.1:{port}"
        wait_for(f"http://{address}/api/v1/image-files/stats/summary")
        yield address
    finally:
        process.terminate()
        process.wait()
        database.unlink()


def wait_for(url, seconds=30):
    """Until somebody answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(url, timeout=seconds).read()
        except (urllib.error.URLError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def pages(api):
    """All files, a hundred at a time."""
    cursor = ""
    while cursor is not None:
        page = api.call("GET", f"/image-files/my-images?page_size=100&include_total=false{cursor}")
        yield page["items"]
        cursor = page["next_cursor"] and "&cursor=" + urllib.parse.quote(page["next_cursor"])


def patients(api):
    """All patients, a hundred at a time."""
    cursor = ""
    while cursor is not None:
        page = api.call("GET", f"/patients?page_size=100{cursor}")
        yield page["items"]
        cursor = page["next_cursor"] and "&cursor=" + urllib.parse.quote(page["next_cursor"])


def measure(folder, files, rounds):
    """Asks everything over the files that are in `folder`."""
    rows = {}
    with stack.running(folder) as ours:
        api = ours.api()
        cold = once(api, "/image-files/my-images?search=needle")
        asked = list(questions(api, files))
        with sql_service(folder, api) as address:
            peer = address and stack.Api(address)
            for name, path in asked:
                times, total = ask(api, path, rounds)
                rows[name] = {"total": total, "ours": times}
                if peer and not path.startswith(STUDIES):
                    rows[name]["peer"], their_total = ask(peer, path, rounds)
                    if their_total != total:
                        sys.exit(f"{name}: {total} files, and {their_total} by SQL")
                print(line(name, rows[name]), flush=True)
            authorization = {"Authorization": f"Bearer {ours.token}"}
            many = {"ours": crowd.ask(ours.address, "/api/v1" + FIRST_PAGE, authorization, CONNECTIONS, SECONDS)}
            if peer:
                many["peer"] = crowd.ask(address, "/api/v1" + FIRST_PAGE, {}, CONNECTIONS, SECONDS)
            print(f"{CONNECTIONS} connections, lists of 20: {many}", flush=True)
        memory = max(ours.memory().values())
    with stack.running(folder, is_metered=True) as ours:
        api = ours.api()
        for name, path in asked:
            rows[name]["units"] = units(api, ours.meter, path)
    return {"questions": rows, "crowd": many, "first search after a start, ms": cold, "memory of the stack, MB": memory}


def line(name, row):
    times = [f"{row[who]['p50']:8.1f} {row[who]['p99']:8.1f}" for who in ("ours", "peer") if who in row]
    return f"{name:30} {row['total'] if row['total'] is not None else '-':>8} {'   '.join(times)}"


def run(folder, sizes, rounds):
    """The questions over each size, in one folder that grows."""
    found, there = {}, 0
    for files in sorted(sizes):
        begun = time.perf_counter()
        stack.load(folder, there, files)
        stack.load_patients(folder, min(there, MOST_PATIENTS), min(files, MOST_PATIENTS))
        seconds = time.perf_counter() - begun
        print(f"\n{files} files of one user; {files - there} were made in {seconds:.0f} s. p50 and p99 in ms, ours, then over SQL", flush=True)
        there = files
        found[str(files)] = measure(folder, files, rounds)
    return found
