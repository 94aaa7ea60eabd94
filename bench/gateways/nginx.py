"""nginx doing what weir does, as far as it can: keep-alive on both sides, no buffering of answers, NODELAY, and one log
line per exchange (64 KiB buffer, into a file). It does not authenticate, count tokens or read the answer.
"""
import os

import rulers
from processes import first_line, free_port
from rulers import Gateway

ORDER = 20

CONFIGURATION = """
daemon off; worker_processes 1; pid {dir}/{name}.pid; error_log {dir}/{name}.error.log warn;
worker_rlimit_nofile {files};
events {{ worker_connections {files}; }}
http {{
  log_format exchange escape=json '{{"time":"$time_iso8601","client":"$remote_addr","request":"$request",'
    '"status":$status,"bytes":$bytes_sent,"duration_s":$request_time,"upstream":"$upstream_addr",'
    '"upstream_status":"$upstream_status","ttfb_s":"$upstream_header_time","request_bytes":$request_length}}';
  access_log {dir}/{name}.access.log exchange buffer=64k flush=1s;
  tcp_nodelay on; keepalive_timeout 3600s; keepalive_requests 1000000000;
  client_max_body_size 32m; client_body_buffer_size 512k;
  client_body_temp_path {dir}/{name}.body; proxy_temp_path {dir}/{name}.proxy; fastcgi_temp_path {dir}/{name}.fastcgi;
  uwsgi_temp_path {dir}/{name}.uwsgi; scgi_temp_path {dir}/{name}.scgi;
  upstream provider {{
    server 127.0.0.1:{upstream}; keepalive {pool}; keepalive_requests 1000000000; keepalive_timeout 3600s;
  }}
  server {{
    listen 127.0.0.1:{port}{listen} backlog=4096;
    {tls}
    location / {{
      proxy_pass {scheme}://provider; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_read_timeout 3600s;
    }}
  }}
}}
"""
TLS = f"""
    ssl_certificate {rulers.TLS_CHAIN}; ssl_certificate_key {rulers.TLS_KEY}; ssl_protocols TLSv1.3;
    proxy_ssl_trusted_certificate {rulers.TLS_ROOT}; proxy_ssl_verify on; proxy_ssl_verify_depth 3;
    proxy_ssl_name {rulers.TLS_NAME}; proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.3;
"""


def start(site, name="nginx", tls=False):
    binary, port = rulers.binary_of("nginx"), free_port()
    path = site.write(name + ".conf", CONFIGURATION.format(
        dir=site.directory, name=name, port=port, upstream=site.port_behind(tls), pool=rulers.CONNECTIONS,
        files=2 * rulers.CONNECTIONS + 512, listen=" ssl" if tls else "", tls=TLS if tls else "",
        scheme="https" if tls else "http"))
    command = [binary, "-c", path, "-e", os.path.join(site.directory, name + ".error.log")]
    return site.run(name, command, port, version=first_line([binary, "-v"]))


GATEWAYS = [
    Gateway("nginx", start),
    Gateway("nginx_tls", lambda site: start(site, "nginx_tls", tls=True), client_tls=True, provider_tls=True),
]
