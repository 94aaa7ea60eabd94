"""The test provider: serves the bytes it is told to, cut and ended as told, and keeps what was asked of it."""
import asyncio
import json
import re
import socket
import struct
from dataclasses import dataclass, field

from .http1 import read_body, read_head

HOP_BY_HOP = {"connection", "content-length", "transfer-encoding", "content-encoding", "keep-alive", "date", "server"}


@dataclass
class Script:
    """One answer."""
    status: int = 200
    headers: list = field(default_factory=list)
    segments: list = field(default_factory=list)  # each in a write of its own
    gap: float = 0.0          # seconds between two segments
    framing: str = "length"   # length, chunked, close
    reset: bool = False       # RST in place of an end


@dataclass
class Request:
    path: str                 # behind the prefix, with the query
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)


def asked_model(request):
    """The model in the request's body, or in the path of Gemini's methods and Azure's deployments."""
    in_path = re.search(r"/(?:models|deployments)/([^:?]+?)(?::|/chat/|/responses|\?|$)", request.path)
    return in_path[1] if in_path else request.json().get("model") or ""


def recorded(response):
    """The response of a recording -> Script. Streams are chunked, cut into their events."""
    import base64
    body = base64.b64decode(response["body"]) if response.get("body_encoding") == "base64" else response["body"].encode()
    headers = [(n, v) for n, v in response["headers"].items() if n.lower() not in HOP_BY_HOP and "\n" not in str(v)]
    if "event-stream" in str(dict((n.lower(), v) for n, v in headers).get("content-type")):
        return Script(response["status"], headers, [e + b"\n\n" for e in body.split(b"\n\n")[:-1]] or [body], framing="chunked") \
            if body.endswith(b"\n\n") else Script(response["status"], headers, [body], framing="chunked")
    return Script(response["status"], headers, [body])


class Upstream:
    """Listens on loopback. `routes`: the first part of a path -> a function from Request to Script."""

    def __init__(self):
        self.routes, self.tasks = {}, set()

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 24)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self):
        self.server.close()
        for task in list(self.tasks):
            task.cancel()

    async def _serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(asyncio.current_task())
            writer.close()

    async def _exchange(self, reader, writer):
        message = await read_head(reader)
        await read_body(reader, message, False)
        target = message.line.split(" ")[1]
        _, prefix, rest = target.split("/", 2)
        route = self.routes.get(prefix)
        try:
            script = route(Request("/" + rest, message.headers, message.body))
        except Exception as why:  # noqa: BLE001 - shown where the case is judged, not on the terminal
            script = Script(404, [], [json.dumps({"error": {"message": f"the test provider cannot serve {target}: {why!r}"}}).encode()])
        return await self._play(script, writer)

    async def _play(self, script, writer):
        lines = [f"HTTP/1.1 {script.status} X"] + [f"{n}: {v}" for n, v in script.headers]
        if script.framing == "length":
            lines.append(f"content-length: {sum(map(len, script.segments))}")
        lines.append("transfer-encoding: chunked" if script.framing == "chunked" else
                     "connection: close" if script.framing == "close" else "x-served: whole")
        writer.write("\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n")
        for number, segment in enumerate(script.segments):
            if number and script.gap:
                await asyncio.sleep(script.gap)
            if segment:
                writer.write(b"%x\r\n%s\r\n" % (len(segment), segment) if script.framing == "chunked" else segment)
            await writer.drain()
        if script.reset:
            await asyncio.sleep(0.3)  # what was written shall arrive first
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
        if script.framing == "chunked":
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        return script.framing != "close"
