"""An HTTP proxy that knows CONNECT, keeps what it was asked, and may refuse."""
import asyncio


class Proxy:
    """Use as `async with Proxy(where) as proxy`. `where` is the port on 127.0.0.1 to which every way leads, or a function
    of "host:port". `answer`: bytes in place of a way."""

    def __init__(self, where, answer=None):
        self.where = where if callable(where) else lambda _: where
        self.answer = answer
        self.heads = []
        self.bytes_through = b""
        self._tasks = set()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            method, target, _ = head.split("\r\n")[0].split(" ")
            if self.answer is not None:
                writer.write(self.answer)
                await writer.drain()
                await reader.read()
                return
            if method != "CONNECT":
                writer.write(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n")
                return
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.where(target))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(self._pass(reader, upstream_writer, True), self._pass(upstream_reader, writer, False))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _pass(self, reader, writer, keep):
        try:
            while data := await reader.read(65536):
                if keep:
                    self.bytes_through += data
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except OSError:  # the other side has hung up
            writer.close()

    def field(self, name):
        """Values of a field, one for each head."""
        values = []
        for head in self.heads:
            for line in head.split("\r\n")[1:]:
                key, _, value = line.partition(":")
                if key.lower() == name:
                    values.append(value.strip())
        return values
