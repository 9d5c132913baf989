"""A local stack for one measurement, and a client of its API."""

import contextlib
import http.client
import json
import os
import pathlib
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("FILMROOM_LOCAL", str(ROOT / "target/debug/filmroom-local"))


class Api:
    """One connection to an API, as one user."""

    def __init__(self, address, token="", base="/api/v1"):
        self.connection = http.client.HTTPConnection(address, timeout=600)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.base = base

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body)
        self.connection.request(method, self.base + path, data, self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {content.decode()}")
        return json.loads(content)


class Stack:
    """A running local stack."""

    def __init__(self, process, ready):
        self.process = process
        self.address = urllib.parse.urlsplit(ready["url"]).netloc
        self.token = ready["users"][0]["token"]

    def api(self):
        return Api(self.address, self.token)

    def meter(self):
        """What every function has used so far; only a metered stack knows."""
        return Api(self.address, base="").call("GET", "/meter")

    def memory(self):
        """The most memory in MB of the stack and of what it has started."""
        most = {}
        for process in descendants(self.process.pid):
            # A process that ends meanwhile has no file, or no memory any more.
            with contextlib.suppress(OSError, StopIteration):
                lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
                most[process] = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
        return most


def descendants(process):
    """A process and all that it has started."""
    found = [process]
    for one in found:
        # A process may end while its tasks are looked through.
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f"/proc/{one}/task").glob("*/children"):
                found += map(int, task.read_text().split())
    return found


def load(folder, first, end):
    """Makes the files of these numbers, by the code that uploads run through."""
    environment = {**os.environ, "DATA_DIR": str(folder), "AWS_LAMBDA_LOG_LEVEL": "error"}
    subprocess.run([PROGRAM, "load", str(first), str(end)], env=environment, check=True)


def load_patients(folder, first, end):
    """Makes the patients of these numbers, and lists them by name."""
    environment = {**os.environ, "DATA_DIR": str(folder), "AWS_LAMBDA_LOG_LEVEL": "error"}
    subprocess.run([PROGRAM, "load-patients", str(first), str(end)], env=environment, check=True)


@contextlib.contextmanager
def running(folder, is_metered=False):
    """A stack over a folder."""
    environment = {**os.environ, "PORT": "0", "DATA_DIR": str(folder), "AWS_LAMBDA_LOG_LEVEL": "error"}
    # A stack that is metered is slower, because it asks for the units of each call. So whoever takes the time of one does not meter it.
    environment |= {"METER": "1"} if is_metered else {}
    process = subprocess.Popen([PROGRAM, "--json"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = process.stdout.readline()
        if not line:
            sys.exit(f"the stack did not start: {PROGRAM}")
        yield Stack(process, json.loads(line))
    finally:
        process.terminate()
        process.wait()
