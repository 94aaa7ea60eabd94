"""Portkey's open gateway (Node). Its streams fail before their first byte: 500, "TypeError: immutable" where it adds
headers to the provider's answer (1.15.2 on Node 20, with this and older versions of its HTTP server).
"""
import os
import shutil
import subprocess

import rulers
from processes import free_port
from rulers import Gateway, Unavailable

ORDER = 40
VERSION = "1.15.2"
HOME = os.path.join(rulers.INSTALLED, "portkey")
SERVER = os.path.join(HOME, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js")
NO_STREAMS = "Portkey 1.15.2 answers 500 to streams"


def install():
    subprocess.run(["npm", "install", "--prefix", HOME, "--ignore-scripts", "--no-audit", "--no-fund",
                    "@portkey-ai/gateway@" + VERSION], check=True)


def provider_headers(site):
    """Whom to ask travels in the request."""
    return f"x-portkey-provider: openai\r\nx-portkey-custom-host: http://127.0.0.1:{site.upstream_port}/v1\r\n"


def start(site):
    node = shutil.which("node")
    if node is None or not os.path.exists(SERVER):
        raise Unavailable("not installed (tools/bench --install)")
    port = free_port()
    ruler = site.run("portkey", [node, SERVER, f"--port={port}", "--headless"], port, binary=SERVER,
                     env=dict(os.environ, NODE_ENV="production"), version="Portkey " + VERSION)
    ruler.headers = provider_headers(site)
    return ruler


GATEWAYS = [Gateway("portkey", start, share=0.05, patience_s=30, install=install,
                    lacks={"ttft": NO_STREAMS, "stream": NO_STREAMS, "transit": NO_STREAMS})]
