"""HTTP/1.1 as plainly as it goes, strict about what weir sends: a wrong byte is an error, not something to get over."""
import asyncio
from dataclasses import dataclass, field


class Malformed(Exception):
    pass


@dataclass
class Message:
    line: str = ""
    headers: list = field(default_factory=list)  # (name as sent, value)
    raw_head: bytes = b""
    body: bytes = b""
    chunks: list = field(default_factory=list)   # sizes, when chunked
    complete: bool = True                        # False: the connection ended before the body did
    how: str = "none"                            # none, length, chunked, close
    arrivals: list = field(default_factory=list)  # (time, bytes so far), one per read of the body

    @property
    def method(self):
        return self.line.split(" ")[0]

    @property
    def target(self):
        return self.line.split(" ")[1]

    @property
    def status(self):
        return int(self.line.split(" ")[1])

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        if len(values) > 1:
            raise Malformed(f"{name} occurs {len(values)} times: {values}")
        return values[0] if values else None


async def read_message(reader, is_request, no_body=False):
    """The next message; None at an orderly end before one. Interim answers (1xx) are messages of their own."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if not end.partial:
            return None
        raise Malformed(f"the connection ended inside a head: {end.partial!r}") from end
    lines = head.decode("latin-1").split("\r\n")[:-2]
    message = Message(line=lines[0], raw_head=head)
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise Malformed(f"a header line {line!r}")
        message.headers.append((name, value.strip()))
    length, coding = message.get("content-length"), message.get("transfer-encoding")
    if length is not None and coding is not None:
        raise Malformed("content-length and transfer-encoding in one head")
    if not is_request and (no_body or message.status < 200 or message.status in (204, 304)):
        return message
    try:
        if coding is not None:
            if coding.lower() != "chunked":
                raise Malformed(f"transfer-encoding {coding!r}")
            message.how = "chunked"
            await read_chunks(reader, message)
        elif length is not None:
            message.how = "length"
            await read_sized(reader, message, int(length))
        elif not is_request:
            message.how = "close"
            while part := await reader.read(65536):
                note(message, part)
    except (asyncio.IncompleteReadError, ConnectionError):
        message.complete = False
    return message


def note(message, part):
    message.body += part
    message.arrivals.append((asyncio.get_running_loop().time(), len(message.body)))


async def read_sized(reader, message, length):
    parts, left = [], length
    while left:
        part = await reader.read(min(left, 1 << 20))
        if not part:
            message.body = b"".join(parts)
            raise asyncio.IncompleteReadError(b"", left)
        parts.append(part)
        left -= len(part)
    message.body = b"".join(parts)
    message.arrivals.append((asyncio.get_running_loop().time(), length))


async def read_chunks(reader, message):
    while True:
        line = await reader.readuntil(b"\r\n")
        try:
            size = int(line[:-2].decode("ascii"), 16)
        except ValueError as error:
            raise Malformed(f"a chunk's size line {line!r}") from error
        if size == 0:
            break
        part = await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            raise Malformed("a chunk without its line end")
        message.chunks.append(size)
        note(message, part)
    while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
        message.headers.append(("trailer", line.decode("latin-1").strip()))
