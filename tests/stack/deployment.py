"""A stack of template.yaml in an emulator of AWS: deploys it with `sam deploy`, and talks to it as its users do."""

import base64
import contextlib
import dataclasses
import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-central-1"
SAM = ROOT / ".venv/bin/sam"
# A cold start on a busy machine, or an event on its way, may take this long.
PATIENCE = 60


def until(value_of, is_right, what):
    """The value, once it is right."""
    end = time.monotonic() + PATIENCE
    while not is_right(value := value_of()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {PATIENCE} s; at the end it was {value}")
        time.sleep(0.1)
    return value


@contextlib.contextmanager
def emulator():
    """The URL of an emulator: of the running one that AWS_ENDPOINT_URL names, else of a ministack of our own on a free loopback port."""
    if "AWS_ENDPOINT_URL" in os.environ:
        yield os.environ["AWS_ENDPOINT_URL"]
        return
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    os.environ |= {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    settings = {
        # Its default is every address of the machine.
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": port,
        "MINISTACK_REGION": REGION,
        # It holds every request against signature, policy and role: a function that lacks a permission fails here.
        "AUTH": "true",
        # Functions are processes of this machine, not containers.
        "LAMBDA_EXECUTOR": "local",
    }
    with tempfile.TemporaryFile("w+") as log, tempfile.TemporaryDirectory() as folder:
        # It unpacks the code of every function there, and leaves it.
        settings["TMPDIR"] = folder
        process = subprocess.Popen([sys.executable, Path(__file__).with_name("emulator.py")], env={**os.environ, **settings},
                                   stdout=log, stderr=log)
        try:
            until(lambda: listens(int(port)) or process.poll() is not None, bool, "the start of the emulator")
            yield url
        except BaseException:
            log.seek(0)
            sys.stderr.writelines(log.readlines()[-40:])
            raise
        finally:
            process.terminate()
            process.wait()


def listens(port):
    """Whether somebody listens."""
    with contextlib.suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    return False


def client(service):
    """A client of one AWS service in the emulator."""
    return boto3.client(service, region_name=REGION)


class DeploymentFailed(Exception):
    """What `sam deploy` said."""


@dataclasses.dataclass
class Answer:
    """An answer over HTTP."""

    status: int
    headers: dict
    body: bytes

    def json(self):
        """The body, read."""
        return json.loads(self.body)


class Stack:
    """One stack by its name. It need not exist yet."""

    def __init__(self, name, template=ROOT / "template.yaml"):
        self.name = name
        self.template = template
        self.secret = None

    def deploy(self, **parameters):
        """Deploys the template with these parameters; raises [`DeploymentFailed`] when AWS refuses or rolls back."""
        values = {"AllowedOrigin": "http://127.0.0.1:8080", "AllowedOrigin2": "https://viewer.example.org", "Architecture": os.uname().machine.replace("aarch64", "arm64"), **parameters}
        command = [SAM, "deploy", "--template", self.template, "--stack-name", self.name, "--region", REGION, "--resolve-s3",
                   "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar", "--config-env", "none",
                   "--parameter-overrides", *(f"{name}={value}" for name, value in values.items())]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "SAM_CLI_TELEMETRY": "0"}, capture_output=True, text=True)
        if done.returncode:
            raise DeploymentFailed(done.stdout + done.stderr)

    def delete(self):
        """Deletes the stack and waits for it."""
        client("cloudformation").delete_stack(StackName=self.name)
        until(self.status, lambda status: not (status or "").endswith("IN_PROGRESS"), "the deletion of the stack")

    def status(self):
        """What CloudFormation says of the stack; `None` when there is none."""
        try:
            return client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]
        except client("cloudformation").exceptions.ClientError:
            return None

    def resources(self, resource_type):
        """The resources of one type that there are: logical name to physical."""
        pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
        return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for page in pages
                for resource in page["StackResourceSummaries"] if resource["ResourceType"] == resource_type}

    def url(self):
        """The API, by the emulators' own path: the host name of the output is one of AWS."""
        api = self.resources("AWS::ApiGatewayV2::Api")["Api"]
        return f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{api}/$default/api/v1"

    def token(self, user):
        """A token of a user, signed with the secret that the stack was given."""
        def encoded(part):
            return base64.urlsafe_b64encode(part).rstrip(b"=")

        claims = {"user_id": user, "sub": str(user), "real_name": f"Doctor {user}", "type": "access", "exp": int(time.time()) + 3600}
        text = encoded(b'{"alg":"HS256","typ":"JWT"}') + b"." + encoded(json.dumps(claims).encode())
        return (text + b"." + encoded(hmac.digest(self.secret.encode(), text, hashlib.sha256))).decode()

    def call(self, method, path, body=None, user=1, **headers):
        """Calls the API as a user, or as nobody."""
        if user is not None:
            headers["Authorization"] = f"Bearer {self.token(user)}"
        return send(method, self.url() + path, None if body is None else json.dumps(body).encode(), **headers)

    def invoke(self, function, event):
        """Calls a function as the schedule does."""
        answer = client("lambda").invoke(FunctionName=f"{self.name}-{function}", Payload=json.dumps(event))
        payload = json.load(answer["Payload"])
        assert "FunctionError" not in answer, payload
        return payload

    def log(self, function):
        """The last lines that a function wrote."""
        logs, group = client("logs"), f"/aws/lambda/{self.name}-{function}"
        with contextlib.suppress(logs.exceptions.ClientError):
            return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"][-20:]]
        return []


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer to look at."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))


def send(method, url, body=None, **headers):
    """One HTTP request."""
    request = urllib.request.Request(url, body, {name.replace("_", "-"): value for name, value in headers.items()}, method=method)
    try:
        answer = OPENER.open(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read())
