"""Serves the API with `sam local start-api`: every function in a container of its own, on the engines of the local stack. `make sam-local`.

Nothing is pulled: the image that SAM asks for is made here, of this machine's C library and shell. Containers do not see the loopback
addresses of this machine, so the engines are relayed to the gateway address of a Docker network of our own.
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

from engines import engines
from report import ROOT, architecture, free_ports, listens

IMAGE = f"public.ecr.aws/lambda/provided:al2023-{architecture()}"
# What SAM runs in the image while it adds the emulator to it, and what starts a function.
PROGRAMS = ("sh", "mv", "chmod")
START = b"#!/bin/sh\nexec /var/task/bootstrap\n"
NETWORK = f"filmroom-sam-{os.getpid()}"
# A busy machine may need this long to start a daemon or a server.
PATIENCE = 60


def run(*command):
    """What the command says."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def wait_until(is_so, what):
    """Returns when it is so."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"{what} did not start within {PATIENCE} s")
        time.sleep(0.1)


@contextlib.contextmanager
def docker():
    """Docker: the one that answers, else a daemon of our own, which ends with the block."""
    if not shutil.which("docker"):
        raise SystemExit("Docker is missing: apt-get install -y docker.io")
    if daemon_answers():
        yield
        return
    if not shutil.which("dockerd") or os.geteuid() != 0:
        raise SystemExit("No Docker daemon answers, and none can be started here: start one (`systemctl start docker`), or run this as root")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DOCKER_HOST"] = f"unix://{folder}/docker.sock"
        with open(Path(folder, "log"), "w") as log:
            daemon = subprocess.Popen(
                ["dockerd", "--storage-driver=vfs", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec",
                 "--pidfile", f"{folder}/dockerd.pid", "--host", os.environ["DOCKER_HOST"]],
                # An interrupt is for us: the daemon has to outlive the containers.
                stdout=log, stderr=log, start_new_session=True)
        try:
            wait_until(daemon_answers, "dockerd")
            yield
        finally:
            daemon.terminate()
            daemon.wait()


def daemon_answers():
    """Whether there is a Docker daemon."""
    return subprocess.run(["docker", "version"], capture_output=True).returncode == 0


def make_image(variables):
    """Imports the image that SAM asks for: C library, shell, and what starts a function with these variables."""
    tools = [Path(shutil.which(program)) for program in PROGRAMS]
    functions = ROOT.glob("target/lambda/*/bootstrap")
    libraries = [re.findall(r"(/\S+) \(0x", run("ldd", program)) for program in (*tools, *functions)]
    files = {Path("/etc/ssl/certs/ca-certificates.crt"), *tools, *(Path(library) for found in libraries for library in found)}
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", dereference=True) as archive:
        for path in sorted(files):
            archive.add(path, str(path).lstrip("/"))
        for tool in tools:
            if tool.parent != Path("/bin"):
                archive.add(tool, f"bin/{tool.name}")
        start = tarfile.TarInfo("var/runtime/bootstrap")
        start.mode, start.size = 0o755, len(START)
        archive.addfile(start, io.BytesIO(START))
        scratch = tarfile.TarInfo("tmp")
        scratch.type, scratch.mode = tarfile.DIRTYPE, 0o1777
        archive.addfile(scratch)
    changes = [f"--change=ENV {name}={value}" for name, value in variables.items()]
    subprocess.run(["docker", "import", *changes, "-", IMAGE], input=tar.getvalue(), check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def network():
    """A Docker network of our own, without the containers in it when the block ends; its gateway address."""
    run("docker", "network", "create", NETWORK)
    try:
        yield run("docker", "network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", NETWORK)
    finally:
        # SAM leaves them behind when it is interrupted.
        containers = run("docker", "ps", "--all", "--quiet", "--filter", f"network={NETWORK}").split()
        if containers:
            run("docker", "rm", "--force", *containers)
        run("docker", "network", "rm", NETWORK)


@contextlib.contextmanager
def relays(gateway, urls):
    """Passes on what comes to the gateway address; the URLs there, in order."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def relay(url):
        target = urllib.parse.urlsplit(url)

        async def copy(reader, writer):
            with contextlib.suppress(ConnectionError):
                while data := await reader.read(65536):
                    writer.write(data)
                    await writer.drain()
            writer.close()

        async def serve(reader, writer):
            onward_reader, onward_writer = await asyncio.open_connection(target.hostname, target.port)
            await asyncio.gather(copy(reader, onward_writer), copy(onward_reader, writer))

        server = await asyncio.start_server(serve, gateway, 0)
        return f"http://{gateway}:{server.sockets[0].getsockname()[1]}"

    try:
        yield [asyncio.run_coroutine_threadsafe(relay(url), loop).result() for url in urls]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@contextlib.contextmanager
def api(port, settings, credentials):
    """`sam local start-api` until the block ends."""
    sam = ROOT / ".venv/bin/sam"
    with tempfile.NamedTemporaryFile("w", suffix=".json") as variables:
        json.dump({"Parameters": settings}, variables)
        variables.flush()
        process = subprocess.Popen(
            [sam, "local", "start-api", "--template", ROOT / "template.yaml", "--host", "127.0.0.1", "--port", str(port),
             "--skip-pull-image", "--warm-containers", "LAZY", "--docker-network", NETWORK, "--env-vars", variables.name,
             "--parameter-overrides", f"Architecture={architecture()}"],
            # SAM gives functions the region that botocore finds, which is not AWS_REGION.
            env={**os.environ, **credentials, "AWS_DEFAULT_REGION": credentials["AWS_REGION"], "SAM_CLI_TELEMETRY": "0"}, start_new_session=True)
        try:
            wait_until(lambda: process.poll() is not None or listens(port), "sam local start-api")
            if process.poll() is not None:
                raise SystemExit(f"sam local start-api ended with {process.returncode}")
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def walk(url, user, local):
    """docs/recipes/walk.sh with the samples of the local stack."""
    with tempfile.TemporaryDirectory() as folder:
        run(local, "samples", f"{folder}/samples")
        subprocess.run([ROOT / "docs/recipes/walk.sh", "samples"], check=True, cwd=folder, env={**os.environ, "API": url, "USER1": user})


def main():
    """Serves until it is interrupted; or does the walk, and ends."""
    parser = argparse.ArgumentParser(description="The API under sam local start-api")
    parser.add_argument("--local", default=ROOT / "target/debug/filmroom-local", help="the local stack")
    parser.add_argument("--port", type=int, default=0, help="of the API; 0 for any")
    parser.add_argument("--walk", action="store_true", help="do docs/recipes/walk.sh, then end")
    arguments = parser.parse_args()
    # Everything that was started ends with this program, however that is asked to end.
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.default_int_handler)
    port = arguments.port or free_ports(1)[0]
    url = f"http://127.0.0.1:{port}/api/v1"
    with contextlib.ExitStack() as running:
        running.enter_context(docker())
        gateway = running.enter_context(network())
        # The engines are asked for by this address, which is part of what is signed.
        stack = running.enter_context(engines(arguments.local, ALLOWED_HOSTS=gateway))
        stack.bucket_url, stack.tables_url = running.enter_context(relays(gateway, [stack.bucket_url, stack.tables_url]))
        make_image(stack.services())
        running.enter_context(api(port, stack.settings(), stack.credentials()))
        if arguments.walk:
            walk(url, stack.user, arguments.local)
            return
        print(f"\nexport API={url}\nexport USER1={stack.user}\n\nready", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
