"""How long a function that has just started takes from its first event to its first byte for DynamoDB, over http and over https: what TLS
costs before anything is sent. `.venv/bin/python infra/lab/lambda/first_call.py [FUNCTION]`, after `make lambda`.

The program is given a runtime API and a DynamoDB that only listen. The answer of a server, and the check of its certificate, are not in it:
the functions trust Amazon's roots only, and nothing here has a certificate of theirs.
"""

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import time

from engines import engines
from report import ROOT, functions, http_event

RUNS = 40
ANSWER = ("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nLambda-Runtime-Deadline-Ms: 9999999999999\r\n"
          "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:123456789012:function:f\r\n"
          "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}")


def address(server):
    """Where a socket listens."""
    return f"127.0.0.1:{server.getsockname()[1]}"


def first_call(name, bootstrap, event, variables, scheme):
    """Milliseconds from the event to the first byte."""
    with contextlib.ExitStack() as opened:
        runtime, tables = (opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2))
        process = opened.enter_context(subprocess.Popen([bootstrap], stdout=subprocess.DEVNULL, env={
            **variables, "PATH": os.environ["PATH"], "AWS_LAMBDA_RUNTIME_API": address(runtime), "AWS_LAMBDA_FUNCTION_NAME": "f", "_HANDLER": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_LOG_GROUP_NAME": "g",
            "AWS_LAMBDA_LOG_STREAM_NAME": "s", "AWS_ENDPOINT_URL_DYNAMODB": f"{scheme}://{address(tables)}"}))
        opened.callback(process.kill)
        for server in (runtime, tables):
            server.settimeout(10)
        asking = opened.enter_context(runtime.accept()[0])
        asking.recv(4096)
        asking.sendall(ANSWER.format(len(event), event).encode())
        sent = time.perf_counter()
        opened.enter_context(tables.accept()[0]).recv(1)
        return (time.perf_counter() - sent) * 1000


def main():
    """Starts one function again and again."""
    routes = {name: (program, method, path) for name, program, method, path in functions() if method == "GET" and name != "openapi"}
    parser = argparse.ArgumentParser(description="From the first event to the first byte for DynamoDB")
    parser.add_argument("function", nargs="?", default="get-patient", choices=sorted(routes))
    name = parser.parse_args().function
    program, method, path = routes[name]
    bootstrap = ROOT / f"target/lambda/{program}/bootstrap"
    if not bootstrap.exists():
        raise SystemExit(f"{bootstrap} is missing: make lambda")
    with engines(ROOT / "target/debug/filmroom-local") as stack:
        variables = {**stack.settings(), **stack.services(), **stack.credentials(name)}
        event = json.dumps(http_event(method, path, stack.user))
    # In turn: the machine may be faster in one second than in the next.
    times = {"http": [], "https": []}
    for _ in range(RUNS):
        for scheme, measured in times.items():
            measured.append(first_call(name, bootstrap, event, variables, scheme))
    for scheme, measured in times.items():
        print(f"{scheme}: {statistics.median(measured):.2f} ms (median of {RUNS} starts of {name})")


if __name__ == "__main__":
    main()
