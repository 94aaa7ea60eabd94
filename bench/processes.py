"""Processes that are measured: started here, pinned, and stopped by their own pid; if this program dies first, the
kernel stops them. Their CPU, memory and build id.
"""
import ctypes
import mmap
import os
import signal
import socket
import struct
import subprocess
import time

PRIORITY = -15  # nice value of everything measured, where allowed: what else runs on the machine disturbs less

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_SYS_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}.get(os.uname().machine)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def take_turns(slice_us):
    """A shorter time slice for this process (Linux 6.12, sched_setattr(2)); False where there is none. Load and upstream
    share a core: with the usual 3 ms either would wait that long for the other, and a chunk's transit would show it."""
    attributes = struct.pack("<IIQiIQQQ", 48, 0, 0, os.getpriority(os.PRIO_PROCESS, 0), 0, slice_us * 1000, 0, 0)
    return _SYS_SCHED_SETATTR is not None and _libc.syscall(_SYS_SCHED_SETATTR, 0, attributes, 0) == 0


class Process:
    """A child on one core, its output in a file of the run directory."""

    def __init__(self, name, command, core, directory, env=None, slice_us=None, **pipes):
        self.name = name
        self.log_path = os.path.join(directory, name + ".log")
        self._log = open(self.log_path, "ab")
        self._begun = mmap.mmap(-1, 8)  # shared with the child: the monotonic clock just before exec, ns

        def before_exec():
            if core is not None:
                os.sched_setaffinity(0, {core})
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            try:
                os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
                with open("/proc/self/autogroup", "w") as f:  # the scheduler weighs sessions before processes
                    f.write(str(PRIORITY))
            except OSError:
                pass  # not allowed, or no autogroups: the rounds in which others ran are tagged instead
            if slice_us:
                take_turns(slice_us)
            self._begun[:] = struct.pack("q", time.monotonic_ns())

        self.popen = subprocess.Popen([str(word) for word in command], preexec_fn=before_exec, start_new_session=True,
                                      env=env, cwd=directory, stdin=pipes.get("stdin", subprocess.DEVNULL),
                                      stdout=pipes.get("stdout", self._log), stderr=self._log)

    @property
    def pid(self):
        return self.popen.pid

    @property
    def begun_ns(self):
        return struct.unpack("q", self._begun[:])[0]

    def wait_for_port(self, port, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.popen.poll() is not None:
                raise RuntimeError(f"{self.name} ended at once: {self.last_words()}")
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"{self.name} does not listen on {port} after {seconds} s: {self.last_words()}")

    def last_words(self):
        self._log.flush()
        with open(self.log_path, "rb") as f:
            return f.read()[-600:].decode(errors="replace").strip() or "(it said nothing)"

    def rest(self, resting):
        """Stops it from running, or lets it run again, with all its descendants."""
        for pid in self.tree():
            try:
                os.kill(pid, signal.SIGSTOP if resting else signal.SIGCONT)
            except ProcessLookupError:
                pass

    def stop(self):
        if self.popen.poll() is None:
            self.rest(False)
            self.popen.terminate()
            try:
                self.popen.wait(5)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        self._log.close()

    def tree(self):
        """Its pid and those of all its descendants."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/stat", "rb") as f:
                        parents[int(entry)] = int(f.read().rpartition(b")")[2].split()[1])
                except OSError:
                    pass
        found = [self.pid]
        for pid in found:
            found.extend(child for child, parent in parents.items() if parent == pid)
        return found

    def cpu(self):
        """(ns on a CPU, ns waiting for one) of every thread of the tree, kernel workers included."""
        ran = waited = 0
        for pid in self.tree():
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                        a, b, _ = f.read().split()
                    ran, waited = ran + int(a), waited + int(b)
            except OSError:
                pass
        return ran, waited

    def memory_kib(self):
        """(resident, the anonymous part of it) of the tree; pages that its processes share count once for each."""
        resident = anonymous = 0
        for pid in self.tree():
            try:
                with open(f"/proc/{pid}/status") as f:
                    for line in f:
                        if line.startswith("VmRSS:"):
                            resident += int(line.split()[1])
                        if line.startswith("RssAnon:"):
                            anonymous += int(line.split()[1])
            except OSError:
                pass
        return resident, anonymous


def first_line(command):
    """What a program says first, for example about its version; None when it says nothing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
        return (done.stdout or done.stderr).strip().splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return None


def build_id(path):
    """The GNU build id of a 64-bit little-endian ELF file in hexadecimal, or None. Format: elf(5), ElfN_Phdr, notes."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:6] != b"\x7fELF\x02\x01":
        return None
    table, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for header in (table + n * size for n in range(count)):
        kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", data, header)
        at, end = offset, offset + length
        while kind == 4 and at + 12 <= end:  # PT_NOTE
            name, description, note = struct.unpack_from("<III", data, at)
            begin = at + 12 + (name + 3 & ~3)
            if note == 3 and data[at + 12:at + 16] == b"GNU\0":  # NT_GNU_BUILD_ID
                return data[begin:begin + description].hex()
            at = begin + (description + 3 & ~3)
    return None
