"""The lists of system calls in deploy/ are long enough: weir does everything it does under each of them."""
import asyncio
import importlib.machinery
import importlib.util
import json
import os
import platform
import re
import signal
import sys
import tempfile
from pathlib import Path

from harness import places, under_filter
from harness.certificates import Certificates
from harness.client import Client, ask, chat, request_bytes, until
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import Skip, check, check_equal, test
from harness.tls import client_context, listener
from harness.weir import KEY, Weir, configuration, free_port
from test_curl import DOCUMENT, STREAM

DEPLOY = places.ROOT / "deploy"
IO_URING = {"io_uring_setup", "io_uring_enter", "io_uring_register"}


def calls_of_unit():
    text = (DEPLOY / "weir.service").read_text()
    return [name for line in re.findall(r"^SystemCallFilter=(.*)$", text, re.MULTILINE) for name in line.split()]


def calls_of_profile():
    """[rule by rule]"""
    profile = json.loads((DEPLOY / "io-uring-seccomp.json").read_text())
    check_equal(profile["defaultAction"], "SCMP_ACT_ERRNO", "what becomes of everything else")
    check(all(rule["action"] == "SCMP_ACT_ALLOW" for rule in profile["syscalls"]), "a list of what is allowed")
    return [rule["names"] for rule in profile["syscalls"]]


class NameServer(asyncio.DatagramProtocol):
    """Answers every question with 127.0.0.1; `async with` gives its port."""

    async def __aenter__(self):
        self.transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        return self.transport.get_extra_info("sockname")[1]

    async def __aexit__(self, *_):
        self.transport.close()

    def datagram_received(self, data, address):
        end = data.index(b"\0", 12) + 5  # of the first question
        is_a = data[end - 4:end - 2] == b"\0\x01"
        answer = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x7f\0\0\x01" if is_a else b""
        head = data[:2] + b"\x81\x80\0\x01" + (b"\0\x01" if is_a else b"\0\0") + b"\0\0\0\0"
        self.transport.sendto(head + data[12:end] + answer, address)


async def speaks_tls(port, certificates):
    async with Client(port, tls=client_context(certificates.root)) as client:
        await client.send(request_bytes(body=chat(), key=KEY))
        check_equal((await client.answer()).status, 200, "status over TLS")


async def lives_under(names, **sections):
    """A whole life of weir under a filter that ends it at anything else."""
    if platform.machine() != "x86_64" or not under_filter.numbers():
        raise Skip("the filter is written for x86-64 and needs the kernel's header of system calls")
    if places.sanitizer():
        raise Skip("a sanitizer makes system calls of its own at the end")
    before = places.WEIR
    with tempfile.TemporaryDirectory(prefix="weir-live-") as folder:
        os.chmod(folder, 0o755)
        (Path(folder) / "names").write_text("\n".join(names))
        wrapper = Path(folder) / "weir"
        wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{under_filter.__file__}" "{folder}/names" "{before}" "$@"\n')
        wrapper.chmod(0o755)
        places.WEIR = wrapper
        try:
            def respond(message):
                return sse_answer(*STREAM) if b'"stream": true' in message.body else json_answer(DOCUMENT)
            async with Provider(respond) as provider, NameServer() as names_port:
                config = configuration(provider.port, **sections)
                certificates = Certificates.get()
                plain, secured = free_port(), free_port()
                config["listen"] = [{"address": f"127.0.0.1:{plain}"},
                                    {"address": f"127.0.0.1:{secured}", "tls": listener(certificates.ec)}]
                config["names"] = {"servers": [f"127.0.0.1:{names_port}"]}
                config["providers"]["local"]["base_url"] = f"http://provider.test:{provider.port}/v1"
                config["providers"]["inside"] = {"kind": "simulated"}
                config["models"]["echo"] = {"deployments": ["inside/echo"]}
                async with await Weir.start(config) as weir:
                    weir.port = plain
                    await speaks_tls(secured, certificates)
                    weir.signal(signal.SIGHUP)
                    check(await until(lambda: "SIGHUP" in weir.error_text), "weir says what it did with SIGHUP")
                    reads_keys = os.geteuid() != 0 or "user" not in sections  # the keys are root's
                    check(("were read again" in weir.error_text) == reads_keys, weir.error_text)
                    await speaks_tls(secured, certificates)
                    for body in (chat(), chat(stream=True), chat(model="echo"), chat(text="large " * 300_000)):
                        check_equal((await weir.ask(body)).status, 200, "status")
                    check_equal((await weir.ask(chat(), key="wrong")).status, 401, "status for a wrong key")
                    check_equal((await ask(weir.admin_port, method="GET", path="/metrics")).status, 200, "metrics")
        finally:
            places.WEIR = before


@test
async def under_the_list_of_the_systemd_unit():
    await lives_under(calls_of_unit())


@test
async def under_the_list_of_the_systemd_unit_when_root_changes_its_user():
    if os.geteuid() != 0:
        raise Skip("only root can become somebody else")
    await lives_under(calls_of_unit(), user="nobody")


@test
async def a_list_that_lacks_one_call_is_noticed():
    """So that the two above prove something."""
    lacking = [name for name in calls_of_unit() if name != "signalfd4"]
    try:
        await lives_under(lacking)
    except Skip:
        raise
    except Exception as error:
        check("did not start" in str(error) or "ended" in str(error), f"it ended in another way: {error}")
        return
    check(False, "weir lived without signalfd4")


@test
async def the_profile_for_containers_holds_the_list_of_the_unit():
    own, runtime = calls_of_profile()
    check_equal(set(own), set(calls_of_unit()), "weir's own calls in both files")
    check(IO_URING <= set(own), "io_uring")
    check(not set(own) & set(runtime), f"named twice: {set(own) & set(runtime)}")
    never = {"ptrace", "bpf", "mount", "umount2", "unshare", "setns", "pivot_root", "process_vm_readv", "kexec_load", "init_module",
             "userfaultfd", "perf_event_open", "add_key", "reboot"}
    check(not never & {*own, *runtime}, f"allowed: {never & {*own, *runtime}}")
    known = set(under_filter.numbers())
    if known:
        check(not {*own, *runtime} - known, f"no such calls: {sorted({*own, *runtime} - known)}")


@test
async def the_engines_own_profile_is_widened_by_three_calls():
    default = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
        {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["bpf", "io_uring_setup"], "action": "SCMP_ACT_ERRNO"},
        {"names": ["io_uring_enter", "io_uring_register"], "action": "SCMP_ACT_ERRNO"}]}
    loader = importlib.machinery.SourceFileLoader("widen_seccomp", str(DEPLOY / "widen-seccomp"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("widen_seccomp", loader))
    loader.exec_module(module)
    rules = module.widen(default)["syscalls"]
    check_equal([(set(r["names"]), r["action"]) for r in rules],
                [({"read", "write"}, "SCMP_ACT_ALLOW"), ({"bpf"}, "SCMP_ACT_ERRNO"), (IO_URING, "SCMP_ACT_ALLOW")], "rules")
