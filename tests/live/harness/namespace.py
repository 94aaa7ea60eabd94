"""A network of its own behind a pair of virtual interfaces, where packets can be made to vanish."""
import asyncio
import ctypes
import os
import shutil
import socket
import threading

from .registry import Failure, Skip

CLONE_NEWNET = 0x40000000


class Namespace:
    """Use as `async with Namespace() as space`: `space.address` is inside, reachable from here until `vanish()`."""

    def __init__(self):
        if os.geteuid() != 0 or shutil.which("ip") is None:
            raise Skip("a network namespace needs root and the ip command")
        number = os.getpid() % 60000
        self.name, self.near, self.far = f"weir-live-{number}", f"wl{number}a", f"wl{number}b"
        net = f"10.{200 + number // 16384}.{number // 64 % 256}.{number % 64 * 4}"
        first = net.rsplit(".", 1)[0]
        last = int(net.rsplit(".", 1)[1])
        self.here, self.address = f"{first}.{last + 1}", f"{first}.{last + 2}"

    async def __aenter__(self):
        try:
            await self._ip("netns", "add", self.name)
        except Failure as failure:
            raise Skip(f"no network namespace can be made here: {failure}") from None
        try:
            await self._ip("link", "add", self.near, "type", "veth", "peer", "name", self.far)
            await self._ip("link", "set", self.far, "netns", self.name)
            await self._ip("addr", "add", self.here + "/30", "dev", self.near)
            await self._ip("link", "set", self.near, "up")
            await self._ip("-n", self.name, "link", "set", self.far, "up")
            await self.come_back()
            # Known for good, so that packets are sent and lost, not refused for want of a hardware address.
            hardware = (await self._ip("-n", self.name, "-br", "link", "show", self.far)).split()[2]
            await self._ip("neigh", "replace", self.address, "lladdr", hardware, "dev", self.near, "nud", "permanent")
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_):
        for arguments in (("link", "del", self.near), ("netns", "del", self.name)):
            try:
                await self._ip(*arguments)
            except Failure:
                pass

    async def vanish(self):
        """From now on every packet to it is lost without a word."""
        await self._ip("-n", self.name, "addr", "del", self.address + "/30", "dev", self.far)

    async def come_back(self):
        await self._ip("-n", self.name, "addr", "add", self.address + "/30", "dev", self.far)

    def listener(self):
        """A listening socket inside."""
        made = []

        def inside():  # a namespace belongs to a thread, a socket to the namespace of the thread that made it
            with open(f"/run/netns/{self.name}") as file:
                if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
                    return
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((self.address, 0))
            made.append(sock)
        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if not made:
            raise Failure("no socket could be made in the namespace")
        return made[0]

    @staticmethod
    async def _ip(*arguments):
        process = await asyncio.create_subprocess_exec("ip", *arguments, stdout=asyncio.subprocess.PIPE,
                                                       stderr=asyncio.subprocess.PIPE)
        out, err = await asyncio.wait_for(process.communicate(), 20)
        if process.returncode != 0:
            raise Failure(f"ip {' '.join(arguments)}: {err.decode().strip()}")
        return out.decode()
