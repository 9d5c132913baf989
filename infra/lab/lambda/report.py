"""Starts every built function under AWS's own emulator of the Lambda runtime, asks it real events, and writes a table of size, init time,
memory and glibc beside a bare function: `make lambda-report`.

It fails when a function does not answer as it should, needs a newer glibc than any runtime of Lambda has, or is larger than the limit.
Times are shown and not judged: they are those of this machine.
"""

import argparse
import contextlib
import http.client
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import samcli.local
import yaml

from engines import engines

ROOT = Path(__file__).resolve().parents[3]
# zig links against it; provided.al2023 has 2.34, provided.al2 has 2.26.
NEWEST_GLIBC = (2, 30)
# Of the functions behind HTTP, but for those that decode: they carry the codecs.
LARGEST_HTTP = 8_400_000
DECODES = "pixels"
INVOCATIONS = "/2015-03-31/functions/function/invocations"
# Long enough for a machine that is busy with other things.
PATIENCE = 30


class Template(yaml.SafeLoader):
    """Reads template.yaml; what `!Ref` and the like would become does not matter here."""


Template.add_multi_constructor("!", lambda loader, _, node: getattr(node, "value", None))


def functions():
    """Every function of template.yaml: name, program, and method and path of those behind HTTP."""
    resources = yaml.load(Path(ROOT, "template.yaml").read_text(), Template)["Resources"]
    for resource in resources.values():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            route = properties["Events"].get("Route", {}).get("Properties", {})
            yield properties["Handler"], Path(properties["CodeUri"]).name, route.get("Method"), route.get("Path")


# An empty service has no file and no patient: what looks for one answers 404. These answer otherwise: a user may not delete a patient nor read
# what others did, and a study is of a patient who is known. A search of DICOMweb that finds nothing is a 204, and what is stored by it is no JSON.
REFUSED = {"delete-patient": 403, "audit": 403, "create-study": 422, "search-studies": 204, "search-series": 204, "search-instances": 204,
           "store-instances": 415, "store-study-instances": 415}


def question(name, method, path):
    """The example of the request's body in the API's description, and the status that an empty service answers with."""
    operation = json.loads(Path(ROOT, "docs/openapi.json").read_text())["paths"][path][method.lower()]
    success = min(status for status in operation["responses"] if status.startswith("2"))
    status = REFUSED.get(name, 404 if "404" in operation["responses"] else int(success))
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return content and content.get("example", {}), status


def http_event(method, path, token=None, body=None):
    """A request as API Gateway hands it to a function (payload format 2.0)."""
    names = re.findall(r"{(\w+)}", path)
    # The patient that one function makes is not the one that the others must not find.
    patient = "P-2" if method == "PUT" else "P-1"
    numbers = ("file_id", "job_id", "study_uid", "series_uid", "instance_uid", "frames", "how", "offset", "length")
    values = {name: "1" if name in numbers else patient for name in names}
    where = path.format(**values)
    headers = {"host": "filmroom.execute-api.eu-central-1.amazonaws.com", "accept": "application/json", "x-forwarded-proto": "https"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    if body is not None:
        headers["content-type"] = "application/json"
    event = {
        "version": "2.0", "routeKey": f"{method} {path}", "rawPath": where, "rawQueryString": "", "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "filmroom", "domainName": headers["host"], "domainPrefix": "filmroom",
            "http": {"method": method, "path": where, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "lambda-report"},
            "requestId": "JKJaXmPLvHcESHA=", "routeKey": f"{method} {path}", "stage": "$default",
            "time": "10/Mar/2026:05:16:23 +0000", "timeEpoch": 1773119783636,
        },
        "pathParameters": values, "isBase64Encoded": False,
    }
    return event if body is None else {**event, "body": json.dumps(body)}


def object_event(key):
    """A message of the queue about an object of the bucket."""
    record = {
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1", "eventTime": "2026-03-10T05:16:23.636Z",
        "eventName": "ObjectCreated:Put", "userIdentity": {"principalId": "EXAMPLE"}, "requestParameters": {"sourceIPAddress": "192.0.2.1"},
        "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "FMyUVURIY8"},
        "s3": {"s3SchemaVersion": "1.0", "configurationId": "objects",
               "bucket": {"name": "filmroom-images", "ownerIdentity": {"principalId": "EXAMPLE"}, "arn": "arn:aws:s3:::filmroom-images"},
               "object": {"key": key, "size": 1024, "eTag": "0f343b0931126a20f133d67c2b018a3b", "sequencer": "0055AED6DCD90281E5"}},
    }
    return {"Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": json.dumps({"Records": [record]}), "attributes": {"ApproximateReceiveCount": "1"}, "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:objects", "awsRegion": "eu-central-1",
    }]}


class Emulated:
    """A function under the Runtime Interface Emulator; starts when it is asked for the first time, as in Lambda."""

    def __init__(self, name, bootstrap, variables):
        self.port, runtime_port = free_ports(2)
        emulator = Path(samcli.local.__path__[0], "rapid", f"aws-lambda-rie-{architecture()}")
        self.log = []
        self.process = subprocess.Popen(
            [emulator, "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
             "--runtime-api-address", f"127.0.0.1:{runtime_port}", bootstrap],
            env={"PATH": os.environ["PATH"], "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_TIMEOUT": "29", "_HANDLER": name, **variables},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        wait_for(self.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        function = self.function()
        self.process.terminate()
        for line in self.process.stdout:
            self.log.append(line)
        self.process.wait()
        if function:
            wait_for_end(function)

    def ask(self, event):
        """What the function answers to `event`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("POST", INVOCATIONS, json.dumps(event))
        answer = connection.getresponse().read().decode()
        connection.close()
        try:
            return json.loads(answer)
        except ValueError:
            # The emulator's own words, when the function did not live to answer.
            return {"emulator": answer}

    def function(self):
        """The process of the function itself."""
        # Any of the emulator's threads may have started it.
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        children = "".join(thread.read_text() for thread in threads).split()
        return int(children[0]) if children else None

    def peak_memory(self):
        """The most memory that the function has had so far, in MB."""
        status = Path(f"/proc/{self.function()}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024

    def init_time(self):
        """How long the function took until it asked for its first event, in ms; known when the emulator has ended."""
        said = re.search(r"INIT REPORT\(durationMs: ([\d.]+)\)", "".join(self.log))
        if not said:
            raise SystemExit("a function did not start:\n" + "".join(self.log))
        return float(said[1])


def free_ports(count):
    """Loopback ports that nobody uses."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def listens(port):
    """Whether somebody listens."""
    with contextlib.suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    return False


def wait_for(port):
    """Returns when somebody listens."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if listens(port):
            return
        time.sleep(0.01)
    raise SystemExit(f"the emulator did not listen on port {port}")


def wait_for_end(pid):
    """Returns when the process, which is not ours to wait for, has ended."""
    end = time.monotonic() + PATIENCE
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        time.sleep(0.01)


def architecture():
    """This machine's, as AWS spells it."""
    return {"aarch64": "arm64"}.get(platform.machine(), platform.machine())


def glibc(bootstrap):
    """The newest glibc that the program asks for."""
    needs = subprocess.run(["readelf", "--wide", "--version-info", bootstrap], check=True, capture_output=True, text=True).stdout
    return max(tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_([\d.]+)", needs))


def questions(name, method, path, token):
    """Events for one function, each with a sentence and a check of the answer."""
    if name == "hello":
        return [("says hello", http_event("GET", "/"), lambda answer: answer["body"] == "hello")]
    if name == "process-object":
        gone = object_event("originals/5/1/8d3f0c1e-0000-4000-8000-000000000000")
        return [("settles an event of a file that is gone", gone, lambda answer: answer == {"batchItemFailures": []})]
    if name == "run-job":
        gone = object_event("")
        gone["Records"][0]["body"] = json.dumps({"job": {"owner": 1, "job": 1}})
        return [("passes over a job that is gone", gone, lambda answer: answer == {"batchItemFailures": []})]
    if name == "maintenance":
        return [("reports what is due", {}, lambda answer: answer["purged"] == 0 and answer["failed"] == 0)]
    if name == "fold-changes":
        rung = {"Records": [{"dynamodb": {"Keys": {"shard": {"S": "5#0"}}}}]}
        return [("folds a shard without changes", rung, lambda answer: answer == {"shards": 1, "changes": 0})]
    if name == "copy-log":
        return [("copies nothing", {}, lambda answer: answer == {"copied": 0, "altered": 0})]
    if name == "compare-log":
        return [("compares nothing", {}, lambda answer: answer["is_done"])]
    body, status = question(name, method, path)

    def refused(answer):
        problem = json.loads(answer["body"])
        media_type = answer["headers"]["content-type"]
        return (answer["statusCode"], media_type, problem["code"]) == (401, "application/problem+json", "unauthenticated")

    asked = (f"answers {status}", http_event(method, path, token, body), lambda answer: answer["statusCode"] == status)
    return [asked] if name == "openapi" else [("refuses a stranger", http_event(method, path, None, body), refused), asked]


def ask(name, bootstrap, asked, variables):
    """Asks every question once. Peak memory, and what went wrong."""
    wrong = []
    with Emulated(name, bootstrap, variables) as emulated:
        for sentence, event, is_right in asked:
            answer = emulated.ask(event)
            try:
                right = is_right(answer)
            except (KeyError, TypeError, ValueError):
                right = False
            if not right:
                wrong.append(f"{name} should have done this: {sentence}. It answered: {json.dumps(answer)[:600]}")
        memory = emulated.peak_memory()
    if wrong:
        wrong += emulated.log[-10:]
    return memory, wrong


def starts(functions, event, variables, runs):
    """Starts functions (name, program) in turn: the machine may be faster in one second than in the next. Median init time of each."""
    inits = [[] for _ in functions]
    for _ in range(runs):
        for times, (name, bootstrap) in zip(inits, functions):
            with Emulated(name, bootstrap, variables) as emulated:
                emulated.ask(event)
            times.append(emulated.init_time())
    return map(statistics.median, inits)


def main():
    """Measures all functions, or those that are named."""
    parser = argparse.ArgumentParser(description="Size, init time, memory and glibc of every function")
    parser.add_argument("--folder", type=Path, default=ROOT / "target/lambda", help="where `make lambda` put the functions")
    parser.add_argument("--local", default=ROOT / "target/debug/filmroom-local", help="the local stack")
    parser.add_argument("--runs", type=int, default=11, help="starts of each function")
    parser.add_argument("names", nargs="*", help="only these functions")
    arguments = parser.parse_args()
    known = [("hello", "hello", None, None), *functions()]
    chosen = [function for function in known if not arguments.names or function[0] in (*arguments.names, "hello")]
    rows, wrong = [], []
    with engines(arguments.local) as stack:
        for name, program, method, path in chosen:
            # The bare function is none of the template: the stack has no key for it.
            credentials = stack.credentials() if name == "hello" else stack.credentials(name)
            variables = {**stack.settings(), **stack.services(), **credentials}
            if not method or name == "openapi":
                # As template.yaml has it: what verifies no token gets no secret.
                variables["JWT_SECRET"] = ""
            bootstrap = arguments.folder / program / "bootstrap"
            if not bootstrap.exists():
                raise SystemExit(f"{bootstrap} is missing: make lambda ARCH={architecture()}")
            size, libc = bootstrap.stat().st_size, glibc(bootstrap)
            asked = questions(name, method, path, stack.user)
            memory, mistakes = ask(name, bootstrap, asked, variables)
            bare, init = starts([("hello", arguments.folder / "hello/bootstrap"), (name, bootstrap)], asked[0][1], variables, arguments.runs)
            wrong += mistakes
            if libc > NEWEST_GLIBC:
                wrong.append(f"{name} needs glibc {libc[0]}.{libc[1]}: it was not linked by zig; use `make lambda`")
            if method and program != DECODES and size > LARGEST_HTTP:
                wrong.append(f"{name} has {size:,} bytes; functions behind HTTP may have {LARGEST_HTTP:,}")
            rows.append((name, size, init, init / bare, memory, libc))
            print(f"{name}: {'wrong' if mistakes else 'right'}", file=sys.stderr)
    print("| function | size, MB | init, ms | × bare | peak memory, MB | glibc |\n|---|---:|---:|---:|---:|---:|")
    for name, size, init, ratio, memory, libc in rows:
        print(f"| {name} | {size / 1e6:.2f} | {init:.1f} | {ratio:.2f} | {memory:.1f} | {libc[0]}.{libc[1]} |")
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    main()
