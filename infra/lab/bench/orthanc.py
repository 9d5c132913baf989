"""Orthanc as it comes from Debian, without its DICOM port, for one measurement."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess

import questions

# Debian has the program where only the path of administrators leads.
PROGRAM = shutil.which("Orthanc", path=f"{os.environ['PATH']}:/usr/sbin")
DICOMWEB = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"


@contextlib.contextmanager
def running(folder, plugins=()):
    """Orthanc over a folder: its address and its version."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {
        "StorageDirectory": folder,
        "IndexDirectory": folder,
        "HttpPort": port,
        "RemoteAccessAllowed": False,
        "DicomServerEnabled": False,
        "HttpThreadsCount": 50,
        "Plugins": list(plugins),
    }
    configuration = pathlib.Path(folder) / "orthanc.json"
    configuration.write_text(json.dumps(settings))
    process = subprocess.Popen([PROGRAM, configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"127.0.0.1:{port}"
        yield address, json.loads(questions.wait_for(f"http://{address}/system"))["Version"]
    finally:
        process.terminate()
        process.wait()


def sender(address):
    """A client that sends batches of numbers and files."""
    connection = http.client.HTTPConnection(address, timeout=120)

    def send(batch):
        for _, data in batch:
            connection.request("POST", "/instances", data, {"Content-Type": "application/dicom"})
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 200:
                raise ConnectionError(f"{answer.status} {said.decode()}")

    return send
