"""What the process may still do while it serves: read from /proc, thread by thread."""
import json
import os
import pwd
import shutil
import socket
import tempfile
from pathlib import Path

from harness import places
from harness.client import chat
from harness.provider import Provider, json_answer
from harness.registry import Skip, check, check_equal, test
from harness.weir import Weir, configuration, weir_says
from test_curl import DOCUMENT

BODY = chat()


def written(config):
    folder = tempfile.TemporaryDirectory(prefix="weir-live-")
    path = Path(folder.name) / "weir.yaml"
    path.write_text(json.dumps(config))
    return folder, str(path)


def is_free(port):
    with socket.socket() as sock:
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def needs_root():
    if os.geteuid() != 0:
        raise Skip("only root can become somebody else")


def status_of_threads(weir):
    """[{field: value}] of /proc/PID/task/*/status."""
    tasks = Path(f"/proc/{weir.process.pid}/task").iterdir()
    return [dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
            for task in tasks]


def check_threads(weir, **wanted):
    threads = status_of_threads(weir)
    check(len(threads) >= 2, f"{len(threads)} threads")
    for status in threads:
        for name, value in wanted.items():
            check_equal(status[name].split(), value.split(), f"{name} of the thread {status['Name']}")


@test
async def root_becomes_the_user_that_is_named():
    needs_root()
    nobody = pwd.getpwnam("nobody")
    none, ids = "0000000000000000", " ".join([str(nobody.pw_uid)] * 4)
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port, user="nobody")) as weir:
            answer = await weir.ask(BODY)
            check_equal(answer.status, 200, "status")
            check_threads(weir, Uid=ids, Gid=" ".join([str(nobody.pw_gid)] * 4), Groups=str(nobody.pw_gid), NoNewPrivs="1",
                          CapEff=none, CapPrm=none, CapInh=none, CapAmb=none, CapBnd=none)
            check("runs as root" not in weir.error_text, weir.error_text)
        check_equal(len(weir.log_lines()), 1, "lines in the log file that root opened")


@test
async def a_group_of_its_own_is_the_only_one():
    needs_root()
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port, user="54321:12345")) as weir:
            check_equal((await weir.ask(BODY)).status, 200, "status")
            check_threads(weir, Uid="54321 54321 54321 54321", Gid="12345 12345 12345 12345", Groups="12345", NoNewPrivs="1",
                          CapEff="0000000000000000")


@test
async def a_capability_from_the_service_manager_is_given_up_too():
    """As systemd's AmbientCapabilities= gives it: another user than root, which may bind a low port until it has."""
    needs_root()
    if not shutil.which("setpriv"):
        raise Skip("setpriv is not installed (util-linux)")
    before = places.WEIR
    with tempfile.TemporaryDirectory(prefix="weir-live-") as folder:
        os.chmod(folder, 0o755)
        wrapper = Path(folder) / "weir"
        wrapper.write_text('#!/bin/sh\nchmod 777 "$(dirname "$3")"\nexec setpriv --reuid=65534 --regid=65534 --clear-groups '
                           f'--inh-caps=+net_bind_service --ambient-caps=+net_bind_service "{before}" "$@"\n')
        wrapper.chmod(0o755)
        places.WEIR = wrapper
        try:
            low = next(port for port in range(700, 1000) if is_free(port))
            async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
                config = configuration(provider.port, listen=[{"address": f"127.0.0.1:{low}"}])
                async with await Weir.start(config) as weir:
                    weir.port = low
                    check_equal((await weir.ask(BODY)).status, 200, "status")
                    none = "0000000000000000"
                    check_threads(weir, Uid="65534 65534 65534 65534", NoNewPrivs="1", CapEff=none, CapPrm=none, CapInh=none,
                                  CapAmb=none)
        finally:
            places.WEIR = before


@test
async def without_a_user_nothing_can_be_regained_either():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            check_threads(weir, NoNewPrivs="1")
            check_equal("runs as root" in weir.error_text, os.geteuid() == 0, "a note about root")


@test
async def there_is_no_core_dump_unless_wanted():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        for user in ([None, "nobody"] if os.geteuid() == 0 else [None]):
            for wanted in (False, True):
                more = {"core_dumps": wanted, **({"user": user} if user else {})}
                async with await Weir.start(configuration(provider.port, **more)) as weir:
                    # The files in /proc of a process that may not be dumped belong to root.
                    owner = os.stat(f"/proc/{weir.process.pid}/environ").st_uid
                    runs_as = pwd.getpwnam(user).pw_uid if user else os.geteuid()
                    if runs_as != 0:
                        check_equal(owner, runs_as if wanted else 0, f"owner of /proc/PID/environ, core_dumps: {wanted}")


@test
async def a_user_that_cannot_be_is_an_error():
    cases = {"no-such-user-anywhere": "there is no user", "root": "gives nothing up", "nobody:no-such-group": "there is no group"}
    for user, words in cases.items():
        folder, path = written(configuration(9, user=user))
        with folder:
            code, _, err = await weir_says("serve", "-c", path, env={"UPSTREAM_KEY": "k"})
            check_equal(code, 1, f"exit code for {user}: {err}")
            check(words in err, err)
    folder, path = written(configuration(9, user="a b"))
    with folder:
        code, _, err = await weir_says("check", path, env={"UPSTREAM_KEY": "k"})
        check(code == 2 and "is not a user" in err, err)
