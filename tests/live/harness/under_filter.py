#!/usr/bin/env python3
"""Runs a program under a list of system calls; any other ends it at once with SIGSYS, so that a missing one is seen.

    under_filter.py LIST PROGRAM [ARGUMENT]...        LIST is a file of names

x86-64 only: the numbers come from the kernel's header, the filter is classic BPF written here.
"""
import ctypes
import os
import re
import struct
import sys
from pathlib import Path

HEADERS = [Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm/unistd_64.h")]
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
ARCH_X86_64 = 0xC000003E
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2


def numbers():
    """{name: number}, empty where the header is missing."""
    for header in HEADERS:
        if header.exists():
            return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)", header.read_text())}
    return {}


def install(names):
    known = numbers()
    instructions = [(LOAD, 0, 0, 4), (JUMP_IF_EQUAL, 1, 0, ARCH_X86_64), (RETURN, 0, 0, KILL_PROCESS), (LOAD, 0, 0, 0)]
    for name in names:
        if name in known:  # a list may name calls of other architectures
            instructions += [(JUMP_IF_EQUAL, 0, 1, known[name]), (RETURN, 0, 0, ALLOW)]
    instructions.append((RETURN, 0, 0, KILL_PROCESS))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *i) for i in instructions))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    program = Program(len(instructions), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(program), 0, 0):
        sys.exit(f"the filter could not be installed: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    install(Path(sys.argv[1]).read_text().split())
    os.execv(sys.argv[2], sys.argv[2:])
