"""A client that writes exactly what a test says and reads strictly."""
import asyncio
import json
import socket
import struct

from .certificates import NAME
from .wire import read_message

PATIENCE = 20.0  # seconds for anything that ought to take milliseconds


class Client:
    """One connection. Use as `async with Client(port) as client`. With `tls` (an ssl.SSLContext) it speaks TLS and
    expects the peer's certificate to be made out to `name`."""

    def __init__(self, port, host="127.0.0.1", receive_buffer=None, tls=None, name=None):
        self.port, self.host, self.receive_buffer, self.tls, self.name = port, host, receive_buffer, tls, name

    async def __aenter__(self):
        sock = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        if self.receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        sock.setblocking(False)
        await asyncio.wait_for(asyncio.get_running_loop().sock_connect(sock, (self.host, self.port)), PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        secured = {"ssl": self.tls, "server_hostname": self.name or NAME} if self.tls else {}
        self.reader, self.writer = await asyncio.wait_for(
            asyncio.open_connection(sock=sock, limit=1 << 26, **secured), PATIENCE)
        return self

    async def __aexit__(self, *_):
        self.writer.close()
        try:
            await asyncio.wait_for(self.writer.wait_closed(), PATIENCE)
        except (ConnectionError, asyncio.TimeoutError):
            pass

    async def send(self, data):
        self.writer.write(data)
        await asyncio.wait_for(self.writer.drain(), PATIENCE)

    async def answer(self, no_body=False, patience=PATIENCE):
        return await asyncio.wait_for(read_message(self.reader, is_request=False, no_body=no_body), patience)

    async def at_end(self, patience=PATIENCE):
        """Waits for the connection's end: "end", "reset", or the bytes that came instead."""
        try:
            data = await asyncio.wait_for(self.reader.read(), patience)
        except ConnectionError:
            return "reset"
        return data or "end"

    def leave(self):
        """Closes with a reset, as a killed client does."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


def request_bytes(method="POST", path="/v1/chat/completions", body=b"", key=None, headers=(), version="1.1"):
    head = f"{method} {path} HTTP/{version}\r\nhost: weir.test\r\n"
    if key:
        head += f"authorization: Bearer {key}\r\n"
    for name, value in headers:
        head += f"{name}: {value}\r\n"
    if body or method == "POST":
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode("latin-1") + b"\r\n" + body


def chat(model="test-model", stream=False, text="Hello?", **more):
    """The body of a chat request."""
    value = {"model": model, "messages": [{"role": "user", "content": text}], **more}
    if stream:
        value["stream"] = True
    return json.dumps(value).encode()


async def ask(port, body=None, method="POST", path="/v1/chat/completions", key=None, headers=(), patience=PATIENCE,
              tls=None):
    """One request on a connection of its own."""
    data = request_bytes(method, path, body or b"", key, headers)
    async with Client(port, tls=tls) as client:
        await client.send(data)
        return await client.answer(no_body=method == "HEAD", patience=patience)


async def until(condition, patience=PATIENCE, every=0.005):
    """Waits until condition() holds; False when it does not in time."""
    deadline = asyncio.get_running_loop().time() + patience
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(every)
    return True
