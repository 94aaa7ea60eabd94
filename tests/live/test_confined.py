"""The lists of system calls in deploy/ are long enough: weir does everything it does under each of them."""
import importlib.machinery
import importlib.util
import json
import os
import platform
import re
import sys
import tempfile
from pathlib import Path

from harness import places, under_filter
from harness.client import ask, chat
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import Skip, check, check_equal, test
from harness.weir import Weir, configuration
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


async def lives_under(names, **sections):
    """A whole life of weir under a filter that ends it at anything else."""
    if platform.machine() != "x86_64" or not under_filter.numbers():
        raise Skip("the filter is written for x86-64 and needs the kernel's header of system calls")
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
            async with Provider(respond) as provider:
                config = configuration(provider.port, **sections)
                config["providers"]["local"]["base_url"] = f"http://localhost:{provider.port}/v1"  # a name is looked up
                config["providers"]["inside"] = {"kind": "simulated"}
                config["models"]["echo"] = {"deployments": ["inside/echo"]}
                async with await Weir.start(config) as weir:
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
