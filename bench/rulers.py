"""What is measured: gateways, each declared by a file of gateways/, and the upstream behind them."""
import dataclasses
import hashlib
import importlib
import os
import pkgutil
import shlex
import shutil
import tempfile
import typing

from processes import Process, build_id, free_port

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLIENT_KEY = "sk-bench-0123456789abcdef"  # what the load presents; not a secret
UPSTREAM_KEY = "sk-upstream-bench"
CONNECTIONS = 8300  # what every gateway is configured for, so that idle memory can be compared; two descriptors each
SLICE_US = 100  # of load and upstream, which share a core
CERTIFICATES = os.path.join(ROOT, "tests", "certificates")
TRANSLATED = "claude"    # the model whose provider speaks Anthropic's dialect
TLS_NAME = "weir.test"  # whom they name
TLS_ROOT, TLS_CHAIN, TLS_KEY = (os.path.join(CERTIFICATES, name) for name in ("root.pem", "server.pem", "server.key"))
INSTALLED = os.path.join(ROOT, ".deps", "bench")  # where --install puts gateways of package registries


class Unavailable(Exception):
    """This gateway is not installed or not built; the sentence says so."""


@dataclasses.dataclass
class Gateway:
    """What a file in gateways/ declares. `start(site)` gives a running Ruler at once, or raises Unavailable."""
    name: str
    start: typing.Callable
    by_default: bool = True
    client_tls: bool = False     # the load speaks TLS to it
    provider_tls: bool = False   # it asks the upstream that speaks TLS
    share: float = 1.0           # a slow gateway: this part of the load
    meaning: bool = False        # it writes answers anew: they are checked for what they say
    translates: bool = False     # it has the model TRANSLATED, whose provider speaks Anthropic's dialect
    lacks: dict = dataclasses.field(default_factory=dict)  # workload -> why it is left out
    patience_s: int = 10         # until it listens
    install: typing.Callable = None  # fetches it from its registry into INSTALLED, for --install

    def __post_init__(self):
        if not self.translates:
            self.lacks = {"translate": "", **self.lacks}
        if self.client_tls or self.provider_tls:  # their latency is the ends' own encryption as much as theirs
            self.lacks = {"ttft": "", "transit": "", "start": "", **self.lacks}


class Ruler:
    """A running gateway. `process` is None for the direct way from the load to the upstream."""

    def __init__(self, port, process=None, binary=None, version=None, metrics_port=None):
        self.port, self.process, self.metrics_port = port, process, metrics_port
        self.binary, self.version = binary, version
        self.headers = ""  # further lines of each request to it, each with CR LF
        self.gateway = self.upstream = None  # set by the Site

    @property
    def name(self):
        return self.gateway.name

    def stamp(self):
        if self.binary is None:
            return {}
        with open(self.binary, "rb") as f:
            digest = hashlib.sha256(f.read()).hexdigest()
        return {"binary": self.binary, "sha256": digest[:16], "build_id": build_id(self.binary), "version": self.version}


class Site:
    """An upstream, plain and over TLS, and the gateways in front of it; everything ends with it. Use in a `with`."""

    def __init__(self, place, *upstream_arguments):
        self.place, self.arguments = place, upstream_arguments
        self.directory = tempfile.mkdtemp(dir=place.directory)
        self.upstream_port, self.upstream_tls_port = free_port(), free_port()
        self.rulers, self._upstreams = [], {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [r.process for r in self.rulers if r.process] + list(self._upstreams.values()):
            process.stop()

    def start(self, gateways, unavailable, failures):
        """Starts them all, then waits for all: slow ones start at the same time."""
        started = []
        for gateway in gateways:
            try:
                started.append(self.begin(gateway))
            except Unavailable as why:
                unavailable[gateway.name] = str(why)
        for ruler in started:
            try:
                if ruler.process:
                    ruler.process.wait_for_port(ruler.port, ruler.gateway.patience_s)
            except RuntimeError as why:
                failures.append(str(why))
                self.rulers.remove(ruler)
                ruler.process.stop()
        return self.rulers

    def begin(self, gateway):
        """Starts one without waiting for it."""
        upstream = self._upstream(gateway.provider_tls)
        ruler = gateway.start(self)
        ruler.gateway, ruler.upstream = gateway, upstream
        self.rulers.append(ruler)
        return ruler

    def end(self, ruler):
        self.rulers.remove(ruler)
        if ruler.process:
            ruler.process.stop()

    def run(self, name, command, port, binary=None, env=None, version=None, metrics_port=None):
        """For the files of gateways/: their command on the gateways' core."""
        binary = shutil.which(binary or command[0]) or binary or command[0]
        try:
            process = Process(name, command, self.place.gateway_core, self.directory, env)
        except OSError as why:  # half installed, or moved: its interpreter is elsewhere
            raise Unavailable(f"cannot be started: {why.strerror}: {command[0]}") from why
        return Ruler(port, process, binary, version, metrics_port)

    def write(self, name, text):
        """A configuration in the directory of this site; returns its path."""
        path = os.path.join(self.directory, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def port_behind(self, tls):
        return self.upstream_tls_port if tls else self.upstream_port

    def _upstream(self, tls):
        if tls not in self._upstreams:
            port = self.port_behind(tls)
            command = [os.path.join(self.place.bench_bin, "bench_upstream"), "--port", port, *self.arguments]
            if tls:
                command += ["--tls-chain", TLS_CHAIN, "--tls-key", TLS_KEY]
            name = "upstream_tls" if tls else "upstream"
            self._upstreams[tls] = Process(name, command, self.place.load_core, self.directory, slice_us=SLICE_US)
            self._upstreams[tls].wait_for_port(port)
        return self._upstreams[tls]


def discover():
    """{name: Gateway} of every file in gateways/, in the order of their ORDER."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gateways")
    modules = [importlib.import_module("gateways." + found.name) for found in pkgutil.iter_modules([folder])]
    modules.sort(key=lambda module: (module.ORDER, module.__name__))
    return {gateway.name: gateway for module in modules for gateway in module.GATEWAYS}


def binary_of(*names):
    """The first of these programs that is installed."""
    for name in names:
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if found:
            return found
    raise Unavailable(f"{names[0]} is not installed (tools/setup --bench)")


def from_command_line(text):
    """NAME=COMMAND:PORT; {port}, {upstream} and {dir} in the command are filled in, PORT 0 takes a free one."""
    name, _, rest = text.partition("=")
    command, _, port = rest.rpartition(":")
    if not name or not command or not port.isdigit():
        raise SystemExit(f"bench: --gateway wants NAME=COMMAND:PORT, not {text!r}")

    def start(site):
        chosen = int(port) or free_port()
        filled = [word.replace("{port}", str(chosen)).replace("{upstream}", str(site.upstream_port))
                  .replace("{dir}", site.directory) for word in shlex.split(command)]
        if shutil.which(filled[0]) is None:
            raise Unavailable(f"{filled[0]} is not installed")
        return site.run(name, filled, chosen)

    return Gateway(name, start)
