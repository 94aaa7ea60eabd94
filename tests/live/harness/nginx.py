"""nginx as a TLS terminator in front of a plain provider: another TLS stack's habits than Python's."""
import asyncio
import os
import shutil
import tempfile
from pathlib import Path

from .client import PATIENCE
from .registry import PROCESSES, Failure, Skip
from .weir import free_port

CONFIG = """
daemon off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log {dir}/access.log; tcp_nodelay on; keepalive_timeout 60s; keepalive_requests 1000000;
  client_max_body_size 64m; client_body_buffer_size 1m;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
  upstream provider {{ server 127.0.0.1:{provider}; keepalive 64; keepalive_requests 1000000; }}
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096; server_name _;
    ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols {protocols};
    ssl_session_cache shared:sessions:1m; {more}
    location / {{
      proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
      proxy_set_header X-Tls-Protocol $ssl_protocol; proxy_set_header X-Tls-Reused $ssl_session_reused;
      proxy_set_header X-Tls-Name $ssl_server_name; proxy_set_header X-Tls-Alpn $ssl_alpn_protocol;
      proxy_set_header X-Tls-Client $ssl_client_s_dn;
    }}
  }}
}}
"""


class Nginx:
    """Use as `async with Nginx(provider_port, pair) as nginx`; it tells the provider about each TLS connection in
    x-tls-* fields."""

    def __init__(self, provider_port, pair, versions=("1.2", "1.3"), client_ca=None):
        self.binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
        if self.binary is None:
            raise Skip("nginx is not installed (tools/setup --tests installs it)")
        self.provider_port, self.pair = provider_port, pair
        self.protocols = " ".join("TLSv" + v for v in versions)
        self.more = f"ssl_client_certificate {client_ca}; ssl_verify_client on; ssl_verify_depth 3;" if client_ca else ""

    async def __aenter__(self):
        for _ in range(5):
            self.folder = tempfile.TemporaryDirectory(prefix="weir-nginx-")
            os.chmod(self.folder.name, 0o755)  # its worker is somebody else
            self.port = free_port()
            path = Path(self.folder.name) / "nginx.conf"
            path.write_text(CONFIG.format(dir=self.folder.name, provider=self.provider_port, port=self.port,
                                          certificate=self.pair.chain, key=self.pair.key, protocols=self.protocols,
                                          more=self.more))
            self.process = await asyncio.create_subprocess_exec(
                self.binary, "-c", str(path), "-e", self.folder.name + "/error.log", stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
            PROCESSES.append(self.process)
            deadline = asyncio.get_running_loop().time() + PATIENCE
            while self.process.returncode is None and asyncio.get_running_loop().time() < deadline:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return self
                except OSError:
                    await asyncio.sleep(0.01)
            said = self.log_text()
            await self.__aexit__()
            if "Address already in use" not in said:
                break
        raise Failure(f"nginx did not start: {said}")

    def log_text(self):
        path = Path(self.folder.name) / "error.log"
        return path.read_text() if path.exists() else ""

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.terminate()
        await asyncio.wait_for(self.process.wait(), PATIENCE)
        self.folder.cleanup()
