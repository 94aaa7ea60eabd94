"""bench_l4, a TCP forwarder on io_uring that looks at no byte: the least that a proxy can cost here."""
import os

from processes import free_port
from rulers import Gateway

ORDER = 10


def start(site):
    port = free_port()
    binary = os.path.join(site.place.bench_bin, "bench_l4")
    return site.run("l4", [binary, "--port", port, "--upstream", site.upstream_port], port)


GATEWAYS = [Gateway("l4", start)]
