"""What a viewer asks for by DICOMweb, of us and of Orthanc's plugin: the same files, the same requests, one after the other on the same machine.

A page of studies, the metadata of a series, all its frames over eight connections, one large frame, and how long OHIF needs from its address to a picture.
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
import urllib.parse

import orthanc
import stack
from large import upload
from slices import ROOT_UID, SIDE, Slices, instance, processed, send_all
from slices import Client as Sender
from times import summary

#: Studies of one small slice each, which a page of the worklist shows.
STUDIES = 300
PAGE = 100
CONNECTIONS = 8
#: Pixels of a side of the large frame: 27 MB.
LARGE = 3686
#: Times that a question is asked. The median counts.
ROUNDS = 20
#: Bytes that go up in one piece.
AT_ONCE = 5 << 20
CT = ("8", "90000")
OTHER = ("6", "61")
JSON = "application/dicom+json"
FRAMES = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1'


def files(slices):
    """The CT, the large frame, and the small studies."""
    source = Slices()
    yield from ((number, source.slice(number)) for number in range(slices))
    rows = source.pixels[: LARGE * 2] * LARGE
    yield 10_000_000, instance(10_000_000, OTHER, (LARGE, rows[: LARGE * LARGE * 2]))
    for number in range(STUDIES):
        yield 20_000_000 + number, instance(20_000_000 + number, (f"7{number:04}", f"71{number:04}"), (16, source.pixels[:512]))


class Whole:
    """A file that goes up in parts."""

    def __init__(self, data):
        self.data, self.size = data, len(data)

    def parts(self, size):
        return [self.data[first : first + size] for first in range(0, self.size, size)]


class Client:
    """A connection to a DICOMweb service. Who is sent elsewhere goes there without the token."""

    def __init__(self, address, token):
        self.address, self.token = address, token
        self.connections = {}

    def get(self, path, accept):
        """The bytes of an answer."""
        headers = {"Accept": accept} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        return self.fetch(f"http://{self.address}/dicom-web{path}", headers)

    def fetch(self, url, headers):
        parts = urllib.parse.urlsplit(url)
        connection = self.connections.setdefault(parts.netloc, http.client.HTTPConnection(parts.netloc, timeout=600))
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status == 307:
            return self.fetch(answer.headers["Location"], {})
        if answer.status != 200:
            raise ConnectionError(f"{url}: {answer.status} {content[:500]!r}")
        return content


def times_of(address, token, path, accept):
    """Milliseconds of each of some times, after one that does not count. The connection is new: Orthanc closes one on which nobody asks for a second."""
    client = Client(address, token)
    client.get(path, accept)
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        client.get(path, accept)
        times.append(1000 * (time.perf_counter() - begun))
    return summary(times)


def path_of(within, number=None):
    study, series = (ROOT_UID + end for end in within)
    path = f"/studies/{study}/series/{series}"
    return path if number is None else f"{path}/instances/{ROOT_UID}{number:08}"


def all_frames(address, token, slices):
    """Seconds in which eight connections fetch the frame of every slice."""
    numbers = iter(range(slices))

    def fetch():
        client = Client(address, token)
        for number in numbers:
            content = client.get(f"{path_of(CT, number)}/frames/1", FRAMES)
            assert len(content) > SIDE * SIDE * 2

    begun = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        for done in [pool.submit(fetch) for _ in range(CONNECTIONS)]:
            done.result()
    return time.perf_counter() - begun


def first_picture(address, token):
    """Seconds from OHIF's address to a picture of the CT; none, if its parts are not installed (`make test-recipes` installs them)."""
    ohif = sorted((stack.ROOT / "target/ohif").glob("*/dist"))
    script = stack.ROOT / "tests/recipes/first-picture.js"
    if not ohif or not (script.parent / "node_modules").exists():
        print("OHIF is left out: `make test-recipes` fetches it")
        return None
    environment = {**os.environ, "OHIF": str(ohif[-1]), "DICOM_WEB": f"http://{address}/dicom-web", "TOKEN": token, "STUDY": ROOT_UID + CT[0]}
    done = subprocess.run(["node", str(script)], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ChildProcessError(done.stderr)
    return statistics.median(json.loads(done.stdout))


def asked(address, token, slices):
    """Every question, of one of the two."""
    client = Client(address, token)
    page = f"/studies?limit={PAGE}"
    metadata = client.get(f"{path_of(CT)}/metadata", JSON)
    assert len(json.loads(metadata)) == slices
    assert len(json.loads(client.get(page, JSON))) == PAGE
    large = f"{path_of(OTHER, 10_000_000)}/frames/1"
    assert len(client.get(large, FRAMES)) > LARGE * LARGE * 2
    return {
        "a page of studies, ms": times_of(address, token, page, JSON),
        "metadata of the series, ms": times_of(address, token, f"{path_of(CT)}/metadata", JSON),
        "all frames, s": statistics.median(all_frames(address, token, slices) for _ in range(5)),
        "a frame of 27 MB, ms": times_of(address, token, large, FRAMES),
        "first picture in OHIF, s": first_picture(address, token),
    }


def of_ours(sent, slices):
    with tempfile.TemporaryDirectory() as folder, stack.running(folder) as ours:
        api = ours.api()
        for _, data in (one for one in sent if len(one[1]) > AT_ONCE):
            upload(api, Whole(data))
        send_all([one for one in sent if len(one[1]) <= AT_ONCE], lambda: Sender(ours).send)
        while processed(api) < len(sent):
            time.sleep(0.1)
        client = Client(ours.address, ours.token)
        # Studies follow their files by two seconds at most.
        while len(json.loads(client.get("/studies?limit=1000", JSON))) < STUDIES + 2:
            time.sleep(0.1)
        return asked(ours.address, ours.token, slices)


def of_orthanc(sent, slices):
    if not orthanc.PROGRAM or not pathlib.Path(orthanc.DICOMWEB).exists():
        print("Orthanc is left out: it is not installed (apt-get install orthanc orthanc-dicomweb)")
        return None
    with tempfile.TemporaryDirectory() as folder, orthanc.running(folder, [orthanc.DICOMWEB]) as (address, version):
        send_all(sent, lambda: orthanc.sender(address))
        return {"version": version, **asked(address, "", slices)}


def run(slices):
    sent = list(files(slices))
    found = {"slices": slices, "studies": STUDIES + 2, "ours": of_ours(sent, slices)}
    print(found["ours"], flush=True)
    found["Orthanc"] = of_orthanc(sent, slices)
    print(found["Orthanc"], flush=True)
    return found
