#!/usr/bin/env python3
"""A TCP proxy that breaks on command, one listener for each target, in a process of its own.

    fault_proxy.py PORT...     one listener on loopback for each of these target ports

Prints {"ports": [...]}, then takes one JSON line at a time from standard input and answers each with one line when it holds:
    {"at": 0, "fault": "kill"}      listener number 0 has this fault from now on; null heals it
    {}                              counts of each listener, by what happened to its connections
It ends when standard input does. The faults:
    kill        nobody listens any more, and every connection is reset
    black_hole  connections are not accepted, and nothing is forwarded in either direction
    slow        what the target sends waits `seconds` for each piece
    reset       every connection is reset after some bytes of what the target sends, anew for each; it listens all the time
    flap        kill, and healed again, by turns of `seconds`
"""
import asyncio
import json
import random
import socket
import struct
import sys
from collections import Counter

PIECE = 65536
MOST_BEFORE_RESET = 8192  # bytes; drawn so that small numbers are as frequent as large ones
BACKLOG = 4096


class Listener:
    """One target. Where it listens stays reserved all the time: a bound socket that never listens holds the port."""

    def __init__(self, target, seed):
        self.target, self.chance = target, random.Random(seed)
        self.fault, self.seconds, self.flapping = None, 0.0, None
        self.connections = set()
        self.counts = Counter()
        self.open = asyncio.Event()  # unset: the black hole
        self.open.set()
        self.reserved = bound(0)
        self.port = self.reserved.getsockname()[1]
        self.listening = self.accepting = None

    async def set(self, fault, seconds):
        await self._heal()
        self.fault, self.seconds = fault, seconds
        if fault == "kill":
            self._kill()
        elif fault == "black_hole":
            self.open.clear()
            self.listening.listen(0)  # the kernel takes one or two more, then leaves who connects without an answer
        elif fault == "reset":
            for connection in self.connections:
                connection.draw_reset()
        elif fault == "flap":
            self.flapping = asyncio.ensure_future(self._flap())

    async def _heal(self):
        if self.flapping:
            self.flapping.cancel()
            await asyncio.gather(self.flapping, return_exceptions=True)
            self.flapping = None
        self.fault = None
        for connection in self.connections:
            connection.left = None
        self.listen()
        self.listening.listen(BACKLOG)
        self.open.set()

    def listen(self):
        if self.listening:
            return
        self.listening = bound(self.port)
        self.listening.listen(BACKLOG)
        self.accepting = asyncio.ensure_future(self._accept(self.listening))

    def _kill(self):
        self.accepting.cancel()
        self.listening.close()
        self.listening = None
        for connection in list(self.connections):
            connection.reset()

    async def _flap(self):
        while True:
            self._kill()
            await asyncio.sleep(self.seconds)
            self.listen()
            await asyncio.sleep(self.seconds)

    async def _accept(self, listening):
        loop = asyncio.get_running_loop()
        while True:
            await self.open.wait()
            try:
                sock, _ = await loop.sock_accept(listening)
            except OSError as error:
                print(f"the fault proxy cannot accept: {error!r}; {len(self.connections)} are open", file=sys.stderr, flush=True)
                await asyncio.sleep(0.1)
                continue
            # All that wait: those that are given up on would fill the backlog faster than one at a time is taken from it.
            while sock:
                self._begin(sock)
                try:
                    sock, _ = listening.accept()
                except OSError:
                    sock = None

    def _begin(self, sock):
        self.counts["connections"] += 1
        connection = Connection(self, sock)
        self.connections.add(connection)
        connection.running = asyncio.ensure_future(connection.run())
        connection.running.add_done_callback(connection.close)


class Connection:
    def __init__(self, listener, client):
        self.listener, self.client, self.provider = listener, client, None
        self.left = None  # bytes from the target until it is reset
        if listener.fault == "reset":
            self.draw_reset()

    def draw_reset(self):
        self.left = int(2 ** self.listener.chance.uniform(0, MOST_BEFORE_RESET.bit_length() - 1))

    def reset(self):
        """Both sides are told, and at once: what was under way is lost."""
        self.listener.counts["reset"] += 1
        for sock in (self.client, self.provider):
            if sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.running.cancel()

    async def run(self):
        loop = asyncio.get_running_loop()
        pumps = []
        try:
            self.provider = socket.socket()
            for sock in (self.client, self.provider):
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(self.provider, ("127.0.0.1", self.listener.target))
            pumps = [asyncio.ensure_future(self._up()), asyncio.ensure_future(self._down())]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            self.listener.counts["target refused"] += 1
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)  # nobody waits on a socket that is closed

    def close(self, _):
        """When run() is over, or was ended before it began."""
        self.listener.connections.discard(self)
        self.client.close()
        if self.provider:
            self.provider.close()

    async def _up(self):
        loop = asyncio.get_running_loop()
        while part := await loop.sock_recv(self.client, PIECE):
            await self.listener.open.wait()
            await loop.sock_sendall(self.provider, part)

    async def _down(self):
        loop = asyncio.get_running_loop()
        while part := await loop.sock_recv(self.provider, PIECE):
            await self.listener.open.wait()
            if self.listener.fault == "slow":
                await asyncio.sleep(self.listener.seconds)
            if self.left is not None:
                part, self.left = part[:self.left], self.left - len(part)
            await loop.sock_sendall(self.client, part)
            if self.left is not None and self.left <= 0:
                await asyncio.sleep(0.005)  # so that what was sent is read before the reset throws it away
                return self.reset()


def bound(port):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.setblocking(False)
    return sock


async def main():
    listeners = [Listener(int(target), seed) for seed, target in enumerate(sys.argv[1:])]
    for listener in listeners:
        listener.listen()
    print(json.dumps({"ports": [listener.port for listener in listeners]}), flush=True)
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        command = json.loads(line)
        if "at" in command:
            await listeners[command["at"]].set(command["fault"], command.get("seconds", 0.0))
        print(json.dumps([dict(listener.counts, open=len(listener.connections)) for listener in listeners]), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
