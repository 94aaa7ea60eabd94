"""A detector of stalls: Nagle's algorithm against delayed acknowledgements (about 40 ms) and the retransmission timer
(about 200 ms), over every shape of client and provider, each beside the same client on the provider directly.

Times are counted and told, and fail nothing on a busy machine: only a shape in which more than half of all exchanges
stall through weir, and not directly, is a defect for certain. Where a client sends head and body apart with Nagle's
algorithm on it stalls directly as well; through weir it need not, because weir acknowledges the head at once."""
import asyncio
import itertools
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

from harness import places
from harness.certificates import Certificates
from harness.client import chat, request_bytes
from harness.nginx import Nginx
from harness.registry import check, test
from harness.tls import client_context
from harness.weir import KEY, Weir, configuration
from test_load import start_upstream

CONNECTIONS = 4
NAGLE, RETRANSMISSION = (0.038, 0.046), (0.190, 0.210)


class Shape:
    """One way of asking."""

    def __init__(self, nodelay, two_writes, kept, tls):
        self.nodelay, self.two_writes, self.kept, self.tls = nodelay, two_writes, kept, tls

    def __str__(self):
        return ", ".join([["Nagle", "NODELAY"][self.nodelay], ["one write", "two writes"][self.two_writes],
                          ["a connection each", "kept connections"][self.kept]])

    def connect(self, port):
        sock = socket.create_connection(("127.0.0.1", port), 20)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, self.nodelay)
        if self.tls:
            sock = self.tls.wrap_socket(sock, server_hostname="localhost")
        return sock

    def ask(self, sock, request, edge):
        """One exchange; its seconds from the first byte written to the last byte read."""
        started = time.monotonic()
        if self.two_writes:
            sock.sendall(request[:edge])
            sock.sendall(request[edge:])
        else:
            sock.sendall(request)
        got = b""
        while True:
            part = sock.recv(65536)
            if not part:
                raise ConnectionError(f"the answer broke off after {got!r}")
            got += part
            head, blank, body = got.partition(b"\r\n\r\n")
            if blank:
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                if len(body) >= length:
                    if not got.startswith(b"HTTP/1.1 200 "):
                        raise ConnectionError(f"an answer {got[:200]!r}")
                    return time.monotonic() - started

    def ask_often(self, port, count):
        """The times of `count` exchanges, one after the other."""
        body = chat(model="gpt-4o-mini")
        request = request_bytes(body=body, key=KEY)
        edge, times, sock = len(request) - len(body), [], None
        try:
            for _ in range(count):
                if sock is None:
                    sock = self.connect(port)
                times.append(self.ask(sock, request, edge))
                if not self.kept:
                    sock.close()
                    sock = None
        finally:
            if sock:
                sock.close()
        return times


async def times_of(shape, port, count):
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        parts = [loop.run_in_executor(pool, shape.ask_often, port, count // CONNECTIONS) for _ in range(CONNECTIONS)]
        return list(itertools.chain(*await asyncio.gather(*parts)))


def stalled(times):
    """(those of 40 ms, those of 200 ms)"""
    return tuple(sum(1 for t in times if low <= t <= high) for low, high in (NAGLE, RETRANSMISSION))


async def detect(tls_to_weir, tls_to_provider, split_bytes, count):
    """Every shape of client against one kind of provider. Direct is a client on what weir has as its provider, spoken
    to as it speaks to weir."""
    certificates, notes, totals = Certificates.get(), [], [0, 0, 0]
    async with AsyncExitStack() as stack:
        upstream, port = await start_upstream(100, *(["--split-bytes", split_bytes] if split_bytes else []))
        stack.push_async_callback(end, upstream)
        tls = client_context(certificates.root) if tls_to_weir else None
        secured = await stack.enter_async_context(Nginx(port, certificates.ec)) if tls_to_weir or tls_to_provider else None
        config = configuration(port, {"gpt-4o-mini": "gpt-4o-mini"}, shards=1)
        if tls_to_provider:
            config["providers"]["local"].update(base_url=f"https://127.0.0.1:{secured.port}/v1",
                                                tls={"ca": str(certificates.root)})
        weir = await stack.enter_async_context(await Weir.start(config, tls=certificates.ec if tls_to_weir else None))
        for nodelay, two_writes, kept in itertools.product((1, 0), (0, 1), (1, 0)):
            shape = Shape(nodelay, two_writes, kept, tls)
            direct = stalled(await times_of(shape, secured.port if tls_to_weir else port, count))
            through = stalled(await times_of(shape, weir.port, count))
            totals = [totals[0] + count, totals[1] + through[0], totals[2] + through[1]]
            if any(through) or any(direct):
                notes.append(f"{shape}: through weir {through[0]} and {through[1]}, directly {direct[0]} and {direct[1]}")
            stalls_anywhere_else = sum(direct) >= count / 4 and (nodelay or not two_writes)
            check(sum(through) <= count / 2 or stalls_anywhere_else,
                  f"{shape}: {through} of {count} exchanges stalled through weir, {direct} directly")
    return (f"of {totals[0]} exchanges {totals[1]} took about 40 ms and {totals[2]} about 200 ms"
            + "".join(f"\n      {note}, of {count}" for note in notes))


async def end(process):
    process.terminate()
    await process.wait()


def count(usual):
    return 4000 if places.FULL else usual


@test
async def plain_on_both_sides():
    return await detect(False, False, None, count(200))


@test
async def answers_in_single_bytes():
    return await detect(False, False, 1, count(40))


@test
async def tls_on_both_sides():
    return await detect(True, True, None, count(200))


@test
async def tls_to_clients_and_answers_in_single_bytes():
    return await detect(True, False, 1, count(40))
