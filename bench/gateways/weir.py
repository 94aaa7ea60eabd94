"""weir, one shard; authentication, routing, usage counting, metrics and the access log are on, as they are by default.
Its variants leave one of them off (the price of each), or speak TLS.
"""
import hashlib
import os

import rulers
from processes import first_line, free_port
from rulers import Gateway, Unavailable

ORDER = 60

CONFIGURATION = """
listen:
  - address: 127.0.0.1:{port}
    {client_tls}
{admin}
shards: 1
log: {{target: {log}}}
providers:
  local:
    kind: openai
    base_url: "{scheme}://127.0.0.1:{upstream}/v1"
    credential: env:UPSTREAM_KEY
    {provider_tls}
  other:
    kind: anthropic
    base_url: "{scheme}://127.0.0.1:{upstream}/v1"
    credential: env:UPSTREAM_KEY
    {provider_tls}
models:
  gpt-4o-mini: {{deployments: [local/gpt-4o-mini]}}
  {translated}: {{deployments: [other/claude-haiku-4-5]}}
{keys}
"""
KEYS = 'keys: [{{name: bench, hash: "sha256:{}"}}]'.format(hashlib.sha256(rulers.CLIENT_KEY.encode()).hexdigest())


def start(site, name="weir", client_tls=False, provider_tls=False, log="stdout", keys=True, admin=True,
          certificate=(rulers.TLS_CHAIN, rulers.TLS_KEY)):
    if not os.access(site.place.weir, os.X_OK):
        raise Unavailable(f"{site.place.weir} is not built")
    port, metrics = free_port(), free_port() if admin else None
    path = site.write(name + ".yaml", CONFIGURATION.format(
        port=port, admin=f"admin: {{address: 127.0.0.1:{metrics}}}" if admin else "", log=log,
        translated=rulers.TRANSLATED, scheme="https" if provider_tls else "http", upstream=site.port_behind(provider_tls),
        client_tls="tls: {{certificate: {}, key: {}}}".format(*certificate) if client_tls else "",
        provider_tls=f"tls: {{ca: {rulers.TLS_ROOT}, server_name: {rulers.TLS_NAME}}}" if provider_tls else "",
        keys=KEYS if keys else ""))
    env = dict(os.environ, UPSTREAM_KEY=rulers.UPSTREAM_KEY)
    return site.run(name, [site.place.weir, "serve", "-c", path], port, env=env,
                    version=first_line([site.place.weir, "--version"]), metrics_port=metrics)


def variant(name, client_tls=False, provider_tls=False, by_default=False, **changes):
    return Gateway(name, lambda site: start(site, name, client_tls, provider_tls, **changes), by_default, client_tls,
                   provider_tls)


GATEWAYS = [
    Gateway("weir", start, translates=True),
    variant("weir_tls", client_tls=True, provider_tls=True, by_default=True),
    variant("weir_tls_client", client_tls=True),
    variant("weir_tls_provider", provider_tls=True),
    variant("weir_no_log", log="none"),
    variant("weir_no_keys", keys=False),
    variant("weir_no_admin", admin=False),
]
