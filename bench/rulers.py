"""What is measured, as processes: the mock upstream, the rulers in front of it, and how each is configured.

Every process is started here, pinned, and stopped by its own pid; if this program dies first, the kernel stops them.
"""
import ctypes
import hashlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time

CLIENT_KEY = "sk-bench-0123456789abcdef"  # what the load presents; not a secret
UPSTREAM_KEY = "sk-upstream-bench"
PRIORITY = -15  # nice value of everything measured, where allowed: what else runs on the machine disturbs less

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A child on one core, its output in a file of the run directory."""

    def __init__(self, name, command, core, directory, env=None, **pipes):
        self.name = name
        self.log_path = os.path.join(directory, name + ".log")
        self._log = open(self.log_path, "ab")

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

        self.popen = subprocess.Popen(command, preexec_fn=before_exec, start_new_session=True, env=env, cwd=directory,
                                      stdin=pipes.get("stdin", subprocess.DEVNULL),
                                      stdout=pipes.get("stdout", self._log), stderr=self._log)

    @property
    def pid(self):
        return self.popen.pid

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
        raise RuntimeError(f"{self.name} does not listen on {port}: {self.last_words()}")

    def last_words(self):
        self._log.flush()
        with open(self.log_path, "rb") as f:
            return f.read()[-600:].decode(errors="replace").strip() or "(it said nothing)"

    def stop(self):
        if self.popen.poll() is None:
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

    def rss_kib(self):
        total = 0
        for pid in self.tree():
            try:
                with open(f"/proc/{pid}/status") as f:
                    total += sum(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))
            except OSError:
                pass
        return total


class Ruler:
    """One way from the load to the upstream. `process` is None for the direct one."""

    def __init__(self, name, port, process=None, binary=None, version=None):
        self.name, self.port, self.process = name, port, process
        self.binary, self.version = binary, version
        self.rss_kib_at_start = process.rss_kib() if process else 0

    def stamp(self):
        if self.binary is None:
            return {}
        with open(self.binary, "rb") as f:
            digest = hashlib.sha256(f.read()).hexdigest()
        return {"binary": self.binary, "sha256": digest[:16], "version": self.version}


class Unavailable(Exception):
    """This ruler is not installed or not built; the sentence says so."""


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
        return (done.stdout or done.stderr).strip().splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return None


def start(name, command, port, core, directory, env=None, version=None, binary=None):
    process = Process(name, command, core, directory, env)
    try:
        process.wait_for_port(port)
    except BaseException:
        process.stop()
        raise
    return Ruler(name, port, process, binary or shutil.which(command[0]) or command[0], version)


def start_direct(place):
    return Ruler("direct", place.upstream_port)


def start_l4(place):
    port = free_port()
    binary = os.path.join(place.bench_bin, "bench_l4")
    return start("l4", [binary, "--port", str(port), "--upstream", str(place.upstream_port)], port, place.gateway_core,
                 place.directory)


# What nginx does here is what weir does, as far as nginx can: keep-alive on both sides, no buffering of answers,
# NODELAY, and one log line per exchange (buffered, into a file). It does not authenticate, count tokens or read the
# answer.
NGINX = """
daemon off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/nginx.error.log warn;
worker_rlimit_nofile {files};
events {{ worker_connections {connections}; }}
http {{
  log_format exchange escape=json '{{"time":"$time_iso8601","client":"$remote_addr","request":"$request",'
    '"status":$status,"bytes":$bytes_sent,"duration_s":$request_time,"upstream":"$upstream_addr",'
    '"upstream_status":"$upstream_status","ttfb_s":"$upstream_header_time","request_bytes":$request_length}}';
  access_log {dir}/nginx.access.log exchange buffer=64k flush=1s;
  tcp_nodelay on; keepalive_timeout 3600s; keepalive_requests 1000000000;
  client_max_body_size 32m; client_body_buffer_size 512k;
  client_body_temp_path {dir}/nginx.body; proxy_temp_path {dir}/nginx.proxy; fastcgi_temp_path {dir}/nginx.fastcgi;
  uwsgi_temp_path {dir}/nginx.uwsgi; scgi_temp_path {dir}/nginx.scgi;
  upstream provider {{
    server 127.0.0.1:{upstream}; keepalive {pool}; keepalive_requests 1000000000; keepalive_timeout 3600s;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_read_timeout 3600s;
    }}
  }}
}}
"""


def start_nginx(place):
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    if binary is None:
        raise Unavailable("nginx is not installed")
    port = free_port()
    path = os.path.join(place.directory, "nginx.conf")
    with open(path, "w") as f:
        f.write(NGINX.format(dir=place.directory, port=port, upstream=place.upstream_port, pool=place.connections + 64,
                             connections=2 * place.connections + 512, files=4 * place.connections + 1024))
    return start("nginx", [binary, "-c", path, "-e", os.path.join(place.directory, "nginx.error.log")], port,
                 place.gateway_core, place.directory, version=first_line([binary, "-v"]), binary=binary)


# Authentication, usage counting, metrics and the access log are on: they are weir's defaults.
WEIR = """
listen:
  - address: 127.0.0.1:{port}
admin: {{address: 127.0.0.1:{admin}}}
shards: 1
providers:
  local: {{kind: openai, base_url: "http://127.0.0.1:{upstream}/v1", credential: env:UPSTREAM_KEY}}
models:
  gpt-4o-mini: {{deployments: [local/gpt-4o-mini]}}
keys:
  - {{name: bench, hash: "sha256:{hash}"}}
"""


def start_weir(place):
    if not os.access(place.weir, os.X_OK):
        raise Unavailable(f"{place.weir} is not built")
    port, admin = free_port(), free_port()
    path = os.path.join(place.directory, "weir.yaml")
    with open(path, "w") as f:
        f.write(WEIR.format(port=port, admin=admin, upstream=place.upstream_port,
                            hash=hashlib.sha256(CLIENT_KEY.encode()).hexdigest()))
    env = dict(os.environ, UPSTREAM_KEY=UPSTREAM_KEY)
    return start("weir", [place.weir, "serve", "-c", path], port, place.gateway_core, place.directory, env,
                 version=first_line([place.weir, "--version"]))


def start_gateway(place, text):
    """NAME=COMMAND:PORT; {port}, {upstream} and {dir} in the command are filled in, PORT 0 takes a free one."""
    name, _, rest = text.partition("=")
    command, _, port = rest.rpartition(":")
    if not name or not command or not port.isdigit():
        raise SystemExit(f"bench: --gateway wants NAME=COMMAND:PORT, not {text!r}")
    port = int(port) or free_port()
    filled = [word.replace("{port}", str(port)).replace("{upstream}", str(place.upstream_port))
              .replace("{dir}", place.directory) for word in shlex.split(command)]
    if shutil.which(filled[0]) is None:
        raise Unavailable(f"{filled[0]} is not installed")
    return start(name, filled, port, place.gateway_core, place.directory)


KNOWN = {"direct": start_direct, "l4": start_l4, "nginx": start_nginx, "weir": start_weir}
