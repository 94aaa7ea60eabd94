"""HAProxy, one thread: keep-alive and http-reuse to the provider, http-no-delay (without it chunks wait), one JSON log
line per exchange. It can not write lines to a file through a buffer as nginx does; a ring mapped from a file is the
nearest that it has: lines are formatted and copied into memory that the kernel writes out, no system call each.
"""

import rulers
from processes import first_line, free_port
from rulers import Gateway

ORDER = 30

CONFIGURATION = """
global
  nbthread 1
  maxconn {connections}
  log ring@exchanges format raw local0
  ssl-default-bind-options ssl-min-ver TLSv1.3
  ssl-default-server-options ssl-min-ver TLSv1.3
ring exchanges
  format raw
  maxlen 1024
  size 1048576
  backing-file {dir}/{name}.access.ring
defaults
  mode http
  log global
  log-format '{{"time":"%tr","client":"%ci","request":%{{+Q}}r,"status":%ST,"bytes":%B,"duration_ms":%Ta,"upstream":"%si:%sp","ttfb_ms":%Tr,"request_bytes":%U}}'
  option http-keep-alive
  option http-no-delay
  http-reuse always
  timeout connect 5s
  timeout client 3600s
  timeout server 3600s
frontend clients
  bind 127.0.0.1:{port} backlog 4096{bind}
  default_backend provider
backend provider
  server provider 127.0.0.1:{upstream} pool-purge-delay 3600s pool-max-conn -1{server}
"""


def start(site, name="haproxy", tls=False):
    binary, port, bind, server = rulers.binary_of("haproxy"), free_port(), "", ""
    if tls:
        with open(rulers.TLS_CHAIN) as chain, open(rulers.TLS_KEY) as key:
            bind = " ssl crt " + site.write(name + ".pem", chain.read() + key.read())
        server = f" ssl verify required ca-file {rulers.TLS_ROOT} sni str({rulers.TLS_NAME}) verifyhost {rulers.TLS_NAME}"
    path = site.write(name + ".cfg", CONFIGURATION.format(
        dir=site.directory, name=name, port=port, upstream=site.port_behind(tls), bind=bind, server=server,
        connections=rulers.CONNECTIONS))
    return site.run(name, [binary, "-db", "-f", path], port, version=first_line([binary, "-v"]))


GATEWAYS = [
    Gateway("haproxy", start),
    Gateway("haproxy_tls", lambda site: start(site, "haproxy_tls", tls=True), client_tls=True, provider_tls=True),
]
