"""A name server that says what a test wants, on one loopback port by UDP and TCP (RFC 1035)."""
import asyncio
import ipaddress
import socket
import struct

A, AAAA = 1, 28


class NameServer:
    """Use as `async with NameServer({"api.test": ["127.0.0.1"]}) as server`. Everything may be changed meanwhile.

    delay:    seconds before each answer
    silent:   types of questions that are not answered: {A, AAAA} is an outage
    failing:  answers with a server failure
    tcp_only: UDP answers are truncated, so that the question has to come again by TCP
    """

    def __init__(self, names, ttl=60):
        self.names, self.ttl = dict(names), ttl
        self.delay, self.silent, self.failing, self.tcp_only = 0.0, set(), False, False
        self.asked = []  # (name, type, "udp" or "tcp")
        self._tasks = set()

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        self.tcp = await asyncio.start_server(self._serve_tcp, "127.0.0.1", 0)
        self.port = self.tcp.sockets[0].getsockname()[1]
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", self.port))
        self.udp, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), sock=sock)
        self.address = f"127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_):
        self.udp.close()
        self.tcp.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def fall_silent(self):
        self.silent = {A, AAAA}

    def count(self, name, kind=None):
        return sum(1 for asked, of, _ in self.asked if asked == name and kind in (None, of))

    def spawn(self, work):
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def answer(self, question, transport):
        """The bytes of the answer, or None."""
        name, at = [], 12
        while question[at]:
            name.append(question[at + 1:at + 1 + question[at]].decode())
            at += question[at] + 1
        name, kind = ".".join(name).lower(), struct.unpack("!H", question[at + 1:at + 3])[0]
        self.asked.append((name, kind, transport))
        if self.delay:
            await asyncio.sleep(self.delay)
        if kind in self.silent:
            return None
        truncated = self.tcp_only and transport == "udp"
        code = 2 if self.failing else 0 if name in self.names else 3
        records = b""
        count = 0
        if code == 0 and not truncated:
            for text in self.names[name]:
                address = ipaddress.ip_address(text)
                if kind == (A if address.version == 4 else AAAA):
                    records += struct.pack("!HHHIH", 0xC00C, kind, 1, self.ttl, len(address.packed)) + address.packed
                    count += 1
        flags = 0x8180 | code | (0x0200 if truncated else 0)
        return question[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + question[12:at + 5] + records

    async def _serve_tcp(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            while True:
                size = struct.unpack("!H", await reader.readexactly(2))[0]
                answer = await self.answer(await reader.readexactly(size), "tcp")
                if answer:
                    writer.write(struct.pack("!H", len(answer)) + answer)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server):
        self.server = server

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        async def work():
            answer = await self.server.answer(data, "udp")
            if answer and not self.transport.is_closing():
                self.transport.sendto(answer, address)
        self.server.spawn(work())
