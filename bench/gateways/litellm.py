"""LiteLLM's proxy (Python), one worker. It writes every answer anew, in documents and in streams, so its answers are
checked for what they say: the text, the order of the frames, the count of tokens, the end.
"""
import os
import subprocess
import sys

import rulers
from processes import free_port
from rulers import Gateway, Unavailable

ORDER = 50
VERSION = "1.106.2"
HOME = os.path.join(rulers.INSTALLED, "litellm")
PROGRAM = os.path.join(HOME, "bin", "litellm")

CONFIGURATION = """
model_list:
  - model_name: gpt-4o-mini
    litellm_params: {{model: openai/gpt-4o-mini, api_base: "http://127.0.0.1:{upstream}/v1", api_key: {upstream_key}}}
  - model_name: {translated}
    litellm_params: {{model: anthropic/claude-haiku-4-5, api_base: "http://127.0.0.1:{upstream}", api_key: {upstream_key}}}
general_settings: {{master_key: {key}}}
litellm_settings: {{telemetry: false}}
"""


def install():
    subprocess.run([sys.executable, "-m", "venv", "--clear", HOME], check=True)
    subprocess.run([os.path.join(HOME, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check",
                    "litellm[proxy]==" + VERSION], check=True)


def start(site):
    if not os.path.exists(PROGRAM):
        raise Unavailable("not installed (tools/bench --install)")
    port = free_port()
    path = site.write("litellm.yaml", CONFIGURATION.format(
        upstream=site.upstream_port, upstream_key=rulers.UPSTREAM_KEY, key=rulers.CLIENT_KEY,
        translated=rulers.TRANSLATED))
    command = [PROGRAM, "--config", path, "--host", "127.0.0.1", "--port", port, "--num_workers", 1]
    env = dict(os.environ, LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_LOG="ERROR")  # nothing is fetched at the start
    return site.run("litellm", command, port, env=env, version="LiteLLM " + VERSION)


GATEWAYS = [Gateway("litellm", start, share=0.02, meaning=True, translates=True, patience_s=60, install=install,
                    lacks={"transit": "a p99.9 of a few hundred chunks says nothing"})]
