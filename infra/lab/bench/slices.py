"""A CT of many slices, sent by ten clients: how long until they are stored and listed, and until all are hashed, read and pictured; how fast files are
processed while more keep arriving, and what a person who opens a list notices of both. Storing is measured beside Orthanc, if it is installed.
"""

import array
import concurrent.futures
import http.client
import itertools
import math
import multiprocessing
import random
import tempfile
import threading
import time
import urllib.parse

import orthanc
import stack
from large import element, short
from times import summary

CLIENTS = 10
#: What the page begins at once.
BATCH = 25
#: Pixels of a side: 211 KB a slice, 345 MB together when there are 1,635.
SIDE = 324
#: Seconds that uploads keep arriving.
ARRIVING = 10
ROOT_UID = "2.25.329800735698586629295641978511506172918"


def pixels():
    """A round body with structures and noise, larger than a slice: each takes another window of it."""
    drawn = random.Random(1)
    middle = SIDE / 2
    values = array.array("h")
    for y, x in itertools.product(range(SIDE + 40), range(SIDE)):
        inside = math.hypot(x - middle, (y - 20) - middle) < middle * 0.8
        values.append(int((1000 + 300 * math.sin(x / 17) * math.cos(y / 11) if inside else 24) + drawn.gauss(0, 20)))
    return values.tobytes()


class Slices:
    """Files that differ in their UIDs and pixels. Each series has a thousand at most."""

    def __init__(self):
        self.pixels = pixels()

    def slice(self, number):
        """The slice of one study that has this number."""
        first = number % 40 * SIDE * 2
        pixels = bytearray(self.pixels[first : first + SIDE * SIDE * 2])
        pixels[:4] = number.to_bytes(4, "little")
        return instance(number, (8, f"9{number // 1000:04}"), (SIDE, pixels))


def instance(number, within, image):
    """A CT: an element for each value that it has to have as far as readers look (DICOM PS3.3, A.3). `within` ends the UIDs of its study and its series;
    `image` is a square: pixels of a side, and their bytes."""
    study, series = (f"{ROOT_UID}{end}".encode() for end in within)
    side, body = image
    uid = f"{ROOT_UID}{number:08}".encode()
    meta = (
        element(2, 0x02, b"UI", b"1.2.840.10008.5.1.4.1.1.2")
        + element(2, 0x03, b"UI", uid)
        + element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1")
    )
    return b"".join(
        [
            bytes(128) + b"DICM" + element(2, 0, b"UL", len(meta).to_bytes(4, "little")) + meta,
            element(8, 0x16, b"UI", b"1.2.840.10008.5.1.4.1.1.2"),
            element(8, 0x18, b"UI", uid),
            element(8, 0x20, b"DA", b"20260105"),
            element(8, 0x60, b"CS", b"CT"),
            element(0x10, 0x10, b"PN", b"Bench^Mark"),
            element(0x10, 0x20, b"LO", b"P-1"),
            element(0x20, 0x0D, b"UI", study),
            element(0x20, 0x0E, b"UI", series),
            element(0x20, 0x13, b"IS", str(number % 1000 + 1).encode()),
            element(0x28, 0x02, b"US", short(1)),
            element(0x28, 0x04, b"CS", b"MONOCHROME2"),
            element(0x28, 0x10, b"US", short(side)),
            element(0x28, 0x11, b"US", short(side)),
            element(0x28, 0x100, b"US", short(16)),
            element(0x28, 0x101, b"US", short(12)),
            element(0x28, 0x102, b"US", short(11)),
            element(0x28, 0x103, b"US", short(0)),
            element(0x28, 0x1050, b"DS", b"1000"),
            element(0x28, 0x1051, b"DS", b"1200"),
            b"\xe0\x7f\x10\x00OW\0\0" + len(body).to_bytes(4, "little") + body,
        ]
    )


class Client:
    """One of those who send: as the page does, and as a modality does to Orthanc."""

    def __init__(self, ours):
        self.api = ours.api()
        self.bucket = None

    def send(self, files):
        """Begins the uploads of `files`, then puts their bytes."""
        body = [{"client_file_id": number, "filename": f"{number:06}.dcm", "size": len(data)} for number, data in files]
        begun = self.api.call("POST", "/uploads/batch", {"files": body})["items"]
        for item, (_, data) in zip(begun, files, strict=True):
            upload = item["upload"]
            url = urllib.parse.urlsplit(upload["url"])
            self.bucket = self.bucket or http.client.HTTPConnection(url.netloc, timeout=120)
            self.bucket.request("PUT", f"{url.path}?{url.query}", data, upload["headers"])
            answer = self.bucket.getresponse()
            said = answer.read()
            if answer.status != 200:
                raise ConnectionError(f"{answer.status} {said.decode()}")


def send_all(files, sender):
    """Sends all files by ten clients, each a batch after the other; gives the seconds that it took."""
    batches = iter([files[first : first + BATCH] for first in range(0, len(files), BATCH)])
    lock = threading.Lock()

    def client():
        send = sender()
        while True:
            with lock:
                batch = next(batches, None)
            if batch is None:
                return
            send(batch)

    begun = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(client) for _ in range(CLIENTS)]:
            done.result()
    return time.perf_counter() - begun


def processed(api):
    """How many files are through."""
    return api.call("GET", "/image-files/stats/summary")["by_status"].get("PROCESSED", 0)


def look(address, token, ready, begin, stop, answer):
    """A person who opens a list ten times a second, and at least once, in a process of their own: milliseconds of each time."""
    api = stack.Api(address, token)
    times = []
    ready.set()
    begin.wait()
    while not times or not stop.is_set():
        begun = time.perf_counter()
        api.call("GET", "/image-files/my-images?page_size=20")
        times.append(1000 * (time.perf_counter() - begun))
        time.sleep(0.1)
    answer.put(times)


class Looker:
    """The same beside what is measured. Its process is there before the measurement begins, which may last for less than a process needs to start."""

    def __init__(self, ours):
        # Not forked: this process has threads.
        processes = multiprocessing.get_context("spawn")
        ready, self.begin, self.stop = processes.Event(), processes.Event(), processes.Event()
        self.answer = processes.Queue()
        self.process = processes.Process(target=look, args=(ours.address, ours.token, ready, self.begin, self.stop, self.answer))
        self.process.start()
        if not ready.wait(timeout=60):
            raise TimeoutError("the process that looks at lists did not start within a minute")

    def times(self):
        self.stop.set()
        times = self.answer.get(timeout=60)
        self.process.join()
        return summary(times)


def of_ours(source, slices):
    """Sends `slices` files, waits until all are through, then sends more for some seconds."""
    files = [(number, source.slice(number)) for number in range(slices)]
    with tempfile.TemporaryDirectory() as folder, stack.running(folder) as ours:
        api = ours.api()
        looker = Looker(ours)
        begun = time.perf_counter()
        own = time.process_time()
        sent = send_all(files, lambda: Client(ours).send)
        own = (time.process_time() - own) / sent
        listed = api.call("GET", "/image-files/my-images?page_size=20")["total"]
        stored = time.perf_counter() - begun
        assert listed == slices, f"{listed} of {slices} files are listed"
        looker.begin.set()
        most = {}
        while processed(api) < slices:
            for process, peak in ours.memory().items():
                most[process] = max(peak, most.get(process, 0))
            time.sleep(0.05)
        through = time.perf_counter() - begun
        found = {"stored and listed, s": stored, "all processed, s": through, "a list meanwhile, ms": looker.times()}
        found["client, of a processor"] = own
        found |= arriving(ours, source, slices)
        own = ours.memory()[ours.process.pid]
        most.pop(ours.process.pid, None)
        found["memory, MB"] = {"the stack": own, "the largest that it started": max(most.values(), default=0)}
        return found


def arriving(ours, source, there):
    """What is processed in the seconds in which ten clients send without a pause."""
    api = ours.api()
    looker = Looker(ours)
    numbers = itertools.count(there)
    end = time.perf_counter() + ARRIVING
    lock = threading.Lock()
    sent = 0

    def client():
        nonlocal sent
        send = Client(ours).send
        while time.perf_counter() < end:
            with lock:
                batch = list(itertools.islice(numbers, BATCH))
            send([(number, source.slice(number)) for number in batch])
            with lock:
                sent += len(batch)

    begun = time.perf_counter()
    looker.begin.set()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(client) for _ in range(CLIENTS)]:
            done.result()
    through = processed(api) - there
    seconds = time.perf_counter() - begun
    return {
        "uploads keep arriving": {
            "stored a second": sent / seconds,
            "processed a second": through / seconds,
            "a list meanwhile, ms": looker.times(),
        }
    }


def of_orthanc(source, slices):
    """The same files into Orthanc: seconds until it lists them all."""
    if not orthanc.PROGRAM:
        print("Orthanc is left out: it is not installed (apt-get install orthanc)")
        return None
    files = [(number, source.slice(number)) for number in range(slices)]
    with tempfile.TemporaryDirectory() as folder, orthanc.running(folder) as (address, version):
        begun = time.perf_counter()
        send_all(files, lambda: orthanc.sender(address))
        listed = stack.Api(address, base="").call("GET", "/statistics")["CountInstances"]
        assert listed == slices, f"{listed} of {slices} files are listed"
        return {"version": version, "stored and listed, s": time.perf_counter() - begun}


def run(slices):
    source = Slices()
    found = {"slices": slices, "MB": slices * len(source.slice(0)) / 1e6, "ours": of_ours(source, slices)}
    print(found["ours"], flush=True)
    found["Orthanc"] = of_orthanc(source, slices)
    print(found["Orthanc"], flush=True)
    return found
