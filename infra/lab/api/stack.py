"""A local stack for one measurement, and a client of its API."""

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
    """One connection to the API, as one user."""

    def __init__(self, address, token):
        self.connection = http.client.HTTPConnection(address, timeout=120)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body)
        self.connection.request(method, "/api/v1" + path, data, self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {content.decode()}")
        return json.loads(content)


def start(folder):
    """Starts a stack; gives its process, address and a user's token."""
    environment = {**os.environ, "PORT": "0", "DATA_DIR": folder, "AWS_LAMBDA_LOG_LEVEL": "error"}
    stack = subprocess.Popen([PROGRAM, "--json"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    line = stack.stdout.readline()
    if not line:
        sys.exit("the stack did not start")
    ready = json.loads(line)
    return stack, urllib.parse.urlsplit(ready["url"]).netloc, ready["users"][0]["token"]
