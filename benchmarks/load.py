"""An open-loop load generator for HTTP: requests leave on time, whether or not answers come.

    python benchmarks/load.py http://127.0.0.1:65327/models/churn/score row.json --rate 2000

Latency is counted from the moment a request was due, so that a server that stalls is charged for
all the requests that it held up (no coordinated omission). `--rate 0` is a closed loop instead:
every connection sends its next request as soon as it has an answer; that measures throughput.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import uvloop


class Result(NamedTuple):
    """What a run measured.

    Attributes:
        seconds: that it took.
        latencies: of every answered request, in seconds.
        codes: answers by status; 0 for connections that broke.
        bodies: different answers seen, up to a few.
    """

    seconds: float
    latencies: np.ndarray[Any, np.dtype[np.float64]]
    codes: dict[int, int]
    bodies: set[bytes]

    @property
    def rate(self) -> float:
        """Good answers per second."""
        return self.codes.get(200, 0) / self.seconds

    def summary(self) -> dict[str, Any]:
        """Rate, quantiles in milliseconds, outliers, failures."""
        quantiles = {
            f"p{q}": round(float(np.percentile(self.latencies, q)) * 1e3, 3)
            for q in (50, 90, 99, 99.9)
        }
        failed = sum(number for code, number in self.codes.items() if code != 200)
        slow = int((self.latencies > 0.05).sum())
        return {"rate": round(self.rate, 1), **quantiles, "above 50 ms": slow, "failed": failed}


class Connection(asyncio.Protocol):
    """One kept-alive connection; one request at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._due = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def send(self, due: float) -> None:
        """Send the request; its latency counts from `due`."""
        assert self._transport is not None
        self._due = due
        self._transport.write(self._load.request)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"\r\ncontent-length:")
        length = int(head[at + 17 :].partition(b"\r\n")[0]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return
        body = self._buffer[end + 4 : end + 4 + length]
        self._buffer = b""
        self._load.answered(self, int(head[9:12]), time.perf_counter() - self._due, body)

    def connection_lost(self, error: Exception | None) -> None:
        self._load.lost(self)


class Load:
    """One run against one server.

    Args:
        url: of the scoring route.
        body: of every request.
        connections: kept open.
        headers: further ones.
    """

    def __init__(
        self, url: str, body: bytes, connections: int = 16, headers: dict[str, str] | None = None
    ) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname or "127.0.0.1", parts.port or 80
        lines = {
            "Host": parts.netloc,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.request = f"POST {parts.path or '/'} HTTP/1.1\r\n{head}\r\n".encode() + body
        self._number = connections

    def run(self, seconds: float, rate: float = 0.0, seed: int = 0) -> Result:
        """Send for some seconds: at a rate (Poisson), or as fast as answers come if it is 0."""
        return uvloop.run(self._run(seconds, rate, seed))

    async def _run(self, seconds: float, rate: float, seed: int) -> Result:
        self._idle: deque[Connection] = deque()
        self._due: deque[float] = deque()
        self._latencies: list[float] = []
        self._codes: Counter[int] = Counter()
        self._bodies: set[bytes] = set()
        self._closed = rate == 0
        loop = asyncio.get_running_loop()
        opened = [
            await loop.create_connection(lambda: Connection(self), *self._address)
            for _ in range(self._number)
        ]
        self._idle.extend(protocol for _, protocol in opened)
        started = time.perf_counter()
        self._until = started + seconds
        if self._closed:
            for _ in range(self._number):
                self._idle.popleft().send(time.perf_counter())
            await asyncio.sleep(seconds + 0.05)
        else:
            await self._paced(started, rate, random.Random(seed))
        took = min(time.perf_counter(), self._until) - started
        self._closed = False
        for transport, _ in opened:
            transport.close()
        return Result(took, np.array(self._latencies), dict(self._codes), self._bodies)

    async def _paced(self, started: float, rate: float, draw: random.Random) -> None:
        due = started
        while due < self._until:
            due += draw.expovariate(rate)
            # Timers are as coarse as a millisecond: the last stretch is waited for awake.
            while (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait - 0.002 if wait > 0.003 else 0)
            self._due.append(due)
            while self._due and self._idle:
                self._idle.popleft().send(self._due.popleft())
        for _ in range(200):  # what is still on its way
            if len(self._idle) + self._codes[0] >= self._number and not self._due:
                return
            await asyncio.sleep(0.05)

    def answered(self, connection: Connection, code: int, latency: float, body: bytes) -> None:
        """An answer came."""
        self._latencies.append(latency)
        self._codes[code] += 1
        if len(self._bodies) < 8:
            self._bodies.add(body)
        if self._due:
            connection.send(self._due.popleft())
        elif self._closed and time.perf_counter() < self._until:
            connection.send(time.perf_counter())
        else:
            self._idle.append(connection)

    def lost(self, connection: Connection) -> None:
        """A connection broke, or was closed at the end."""
        if connection not in self._idle and time.perf_counter() < self._until:
            self._codes[0] += 1


def main() -> None:
    """Run once and print the summary."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("body", help="file that is sent in every request")
    parser.add_argument("--rate", type=float, default=0.0, help="requests per second; 0: closed")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    load = Load(options.url, Path(options.body).read_bytes(), options.connections)
    result = load.run(options.seconds, options.rate)
    json.dump(result.summary(), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
