"""TLS as weir's peers speak it: contexts of Python's ssl (OpenSSL), and the configuration for weir's two sides."""
import ssl

from .certificates import NAME

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def server_context(pair, version=None, client_ca=None, alpn=("http/1.1",), chain=None):
    """A provider's context. `version`: only this one; `client_ca`: a client certificate of it is required."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain or pair.chain, pair.key)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    limit(context, version)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context


def client_context(root, version=None, pair=None, alpn=("http/1.1",)):
    """A client's context that verifies."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(root)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    limit(context, version)
    if pair:
        context.load_cert_chain(pair.chain, pair.key)
    return context


def limit(context, version):
    if version:
        context.minimum_version = context.maximum_version = VERSIONS[version]


def listener(pair, **more):
    """The section `tls` of a listener, for Weir.start."""
    return {"certificate": str(pair.chain), "key": str(pair.key), **{name: str(value) for name, value in more.items()}}


def provider_section(port, root, host=NAME, address="127.0.0.1", **more):
    """The section of a TLS provider `local`. The certificate is checked against `host`, the address is loopback's."""
    tls = {"ca": str(root), **{name: str(value) for name, value in more.items()}}
    if host:
        tls["server_name"] = host
    return {"local": {"kind": "openai", "base_url": f"https://{address}:{port}/v1", "credential": "env:UPSTREAM_KEY",
                      "tls": tls}}
