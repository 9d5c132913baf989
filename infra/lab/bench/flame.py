"""`make flame`: where the time goes, as flame graphs in docs/performance.

    python3 infra/lab/bench/flame.py

list.svg: 32 connections that ask for pages of 20, of 10,000 files. slice.svg: 1,000 CT slices that ten clients send, until all are processed. It needs perf
(Debian: linux-perf) and inferno (cargo install inferno); FILMROOM_LOCAL names a program whose frames can be walked (`make flame` builds one).
"""

import contextlib
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import crowd
import slices
import stack

TO = stack.ROOT / "docs/performance"
FILES = 10_000
SLICES = 1_000
SECONDS = 10
#: Samples a second of each processor: no multiple of what programs do at full tens of milliseconds.
OFTEN = 199
#: Frames that only hand on: executors, futures, layers. Without them, a graph has the height of a page.
HANDS_ON = re.compile(
    r"Future>::poll|FnOnce|FnMut|FnStream|_once|catch_unwind|rust_begin|thread_start|start_thread|"
    r"<(?:tokio|tower|axum|hyper|futures_util|lambda_http|tracing)|(?:tokio|hyper)::|<F as axum|pollster|orchestrator::try_|"
    r"\[unknown\]|clone3|^main$|std::(?:sys|rt|panicking)"
)
#: Percent of all samples below which a frame is left out: the graph is for people.
LEAST = 0.4


def short(line):
    """A stack and its samples without the frames that hand on."""
    frames, samples = line.rsplit(" ", 1)
    process, *called = frames.split(";")
    return ";".join([process, *(frame for frame in called if not HANDS_ON.search(frame))]) + " " + samples


@contextlib.contextmanager
def recorded(ours, name, title):
    """Draws what the stack and all that it has started do meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        samples = pathlib.Path(folder) / "samples"
        processes = ",".join(map(str, stack.descendants(ours.process.pid)))
        command = ["perf", "record", "--quiet", "-F", str(OFTEN), "-g", "-p", processes, "-o", samples]
        perf = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            yield
        finally:
            perf.send_signal(signal.SIGINT)
            perf.wait()
        script = subprocess.run(["perf", "script", "-i", samples], check=True, capture_output=True)
        folded = subprocess.run(["inferno-collapse-perf"], check=True, capture_output=True, input=script.stdout)
        shown = "\n".join(map(short, folded.stdout.decode().splitlines()))
        options = ["--title", title, "--minwidth", str(LEAST), "--hash", "--fontsize", "11"]
        drawn = subprocess.run(["inferno-flamegraph", *options], check=True, capture_output=True, input=shown.encode())
        (TO / name).write_bytes(drawn.stdout)


def lists():
    with tempfile.TemporaryDirectory() as folder:
        stack.load(folder, 0, FILES)
        with stack.running(folder) as ours:
            # The first one reads what is packed, and makes connections.
            ours.api().call("GET", "/image-files/my-images?page_size=20")
            with recorded(ours, "list.svg", "A page of 20, asked for by 32 connections"):
                token = {"Authorization": f"Bearer {ours.token}"}
                print(crowd.ask(ours.address, "/api/v1/image-files/my-images?page_size=20", token, 32, SECONDS))


def processing():
    source = slices.Slices()
    files = [(number, source.slice(number)) for number in range(SLICES)]
    with tempfile.TemporaryDirectory() as folder, stack.running(folder) as ours:
        with recorded(ours, "slice.svg", "CT slices: stored, hashed, read and pictured"):
            slices.send_all(files, lambda: slices.Client(ours).send)
            while slices.processed(ours.api()) < SLICES:
                time.sleep(0.2)


def main():
    missing = [program for program in ("perf", "inferno-collapse-perf", "inferno-flamegraph") if not shutil.which(program)]
    if missing:
        sys.exit(f"{', '.join(missing)} missing: apt-get install linux-perf; cargo install --locked inferno")
    lists()
    processing()


if __name__ == "__main__":
    main()
