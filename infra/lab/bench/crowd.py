"""Many connections that ask again as soon as they are answered.

One process, one thread, requests that were written before: it costs some 50 µs a request, so the server is what is measured. What share of a
processor it took is in the result.
"""

import selectors
import socket
import time

from times import summary


class Connection:
    """One of them: what it waits for, and since when."""

    def __init__(self, address, request):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = request
        self.send()

    def send(self):
        self.answer, self.left, self.begun = b"", None, time.perf_counter()
        self.socket.sendall(self.request)

    def is_answered(self):
        """Reads what is there; whether that was the end of an answer."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError("the server has closed a connection")
        if self.left is None:
            self.answer += piece
            head, ends, body = self.answer.partition(b"\r\n\r\n")
            if not ends:
                return False
            if not head.startswith(b"HTTP/1.1 200"):
                raise ConnectionError(head.decode())
            lines = head.lower().split(b"\r\n")
            length = next(line for line in lines if line.startswith(b"content-length:"))
            self.left = int(length.split(b":")[1]) - len(body)
        else:
            self.left -= len(piece)
        return self.left <= 0


def ask(address, path, headers, connections, seconds):
    """Answers a second, p50 and p99 in ms, and the share of a processor that this client took."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {address}", *(f"{name}: {value}" for name, value in headers.items())]
    request = "\r\n".join([*lines, "", ""]).encode()
    times = []
    with selectors.DefaultSelector() as ready:
        own = time.process_time()
        begun = time.perf_counter()
        for _ in range(connections):
            connection = Connection(address, request)
            ready.register(connection.socket, selectors.EVENT_READ, connection)
        # The first second warms up and does not count.
        while (now := time.perf_counter()) < begun + seconds + 1:
            for key, _ in ready.select(1):
                if key.data.is_answered():
                    if now > begun + 1:
                        times.append(1000 * (time.perf_counter() - key.data.begun))
                    key.data.send()
        share = (time.process_time() - own) / (time.perf_counter() - begun)
        for key in list(ready.get_map().values()):
            key.data.socket.close()
    of_all = summary(times)
    return {
        "a second": of_all["times"] / seconds,
        "p50": of_all["p50"],
        "p99": of_all["p99"],
        "client, of a processor": share,
    }
