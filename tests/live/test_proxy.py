"""The way to providers through an HTTP proxy, and connections that are ready before anybody asks."""
import asyncio
import base64
import json

from harness.certificates import NAME, Certificates
from harness.client import chat, until
from harness.provider import Provider, json_answer
from harness.proxy import Proxy
from harness.registry import check, check_equal, test
from harness.tls import provider_section, server_context
from harness.weir import UPSTREAM_KEY, Weir, configuration, free_port
from test_curl import DOCUMENT

HOST = "api.provider.test"  # nobody but the proxy knows it
BODY = chat()
PASSWORD = "p@ss:word-9876543210"
URL_PASSWORD = "p%40ss%3Aword-9876543210"


def remote(provider_port, scheme="http", **sections):
    """A provider that only a proxy can reach."""
    sections.setdefault("names", {"servers": [f"127.0.0.1:{free_port()}"]})
    config = configuration(provider_port, shards=1, **sections)
    config["providers"]["local"]["base_url"] = f"{scheme}://{HOST}:{provider_port}/v1"
    config["providers"]["local"]["warm_connections"] = 0
    return config


@test
async def a_provider_behind_a_proxy():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with Proxy(provider.port) as proxy:
            async with await Weir.start(remote(provider.port, proxy={"url": proxy.url})) as weir:
                for _ in range(3):
                    check_equal((await weir.ask(BODY)).status, 200, "status")
            check_equal([head.split("\r\n")[0] for head in proxy.heads], [f"CONNECT {HOST}:{provider.port} HTTP/1.1"],
                        "what the proxy was asked, once for a connection that is kept")
            check_equal(proxy.field("proxy-authorization"), [], "credentials for the proxy")


@test
async def tls_goes_through_it_unseen():
    certificates = Certificates.get()
    async with Provider(lambda message: json_answer(DOCUMENT), tls=server_context(certificates.ec)) as provider:
        async with Proxy(provider.port) as proxy:
            config = remote(provider.port, "https", proxy={"url": proxy.url})
            config["providers"]["local"]["tls"] = {"ca": str(certificates.root), "server_name": NAME}
            async with await Weir.start(config) as weir:
                check_equal((await weir.ask(BODY)).status, 200, "status")
            check(UPSTREAM_KEY.encode() not in proxy.bytes_through and b"POST" not in proxy.bytes_through,
                  "the proxy sees no request")


@test
async def credentials_reach_the_proxy_and_nobody_else():
    wanted = "Basic " + base64.b64encode(f"user:{PASSWORD}".encode()).decode()
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with Proxy(provider.port) as proxy:
            url = f"http://user:{URL_PASSWORD}@127.0.0.1:{proxy.port}"
            for section, env in (({"url": url}, {}), ({"url": "env:CORP_PROXY"}, {"CORP_PROXY": url}), (None, {"http_proxy": url})):
                proxy.heads.clear()
                config = remote(provider.port, **({"proxy": section} if section else {}))
                async with await Weir.start(config, env=env) as weir:
                    answer = await weir.ask(BODY)
                    check_equal(answer.status, 200, "status")
                    page = str(await weir.metrics())
                check_equal(proxy.field("proxy-authorization"), [wanted], "at the proxy")
                said = weir.error_text + json.dumps(weir.log_lines()) + page + answer.body.decode()
                for secret in (PASSWORD, URL_PASSWORD, wanted.split()[1]):
                    check(secret not in said, "no secret is told")
            for message in provider.requests:
                check(message.get("proxy-authorization") is None, "the provider does not see it")


@test
async def a_refusal_is_told_apart():
    for status in (b"407 Proxy Authentication Required", b"403 Forbidden", b"502 Bad Gateway"):
        refusal = b"HTTP/1.1 " + status + b"\r\ncontent-length: 5\r\n\r\nsorry"
        async with Proxy(0, answer=refusal) as proxy:
            async with await Weir.start(remote(1, proxy={"url": proxy.url})) as weir:
                answer = await weir.ask(BODY)
                check_equal(answer.status, 502, "status")
                check(b"proxy" in answer.body and b"refused" in answer.body, f"the words: {answer.body}")
                samples = await weir.metrics()
                check_equal(samples['weir_provider_connect_failures_total{fault="proxy_refused"}'], 3, "counted, once for each attempt")
            check_equal([line["fault"] for line in weir.log_lines()], ["proxy_refused"], "faults")


@test
async def a_proxy_that_is_none():
    for answer_bytes in (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"a" * 70_000,
                         b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"):
        async with Proxy(0, answer=answer_bytes) as proxy:
            async with await Weir.start(remote(1, proxy={"url": proxy.url})) as weir:
                check_equal((await weir.ask(BODY)).status, 502, "status")
            check_equal([line["fault"] for line in weir.log_lines()], ["proxy_failed"], "faults")
    config = remote(1, proxy={"url": f"http://127.0.0.1:{free_port()}"})
    async with await Weir.start(config) as weir:
        check_equal((await weir.ask(BODY)).status, 502, "status without anybody there")
    check_equal([line["fault"] for line in weir.log_lines()], ["proxy_failed"], "faults")


@test
async def the_environment_names_it_and_the_configuration_wins():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with Proxy(provider.port) as proxy, Proxy(0, answer=b"HTTP/1.1 403 No\r\n\r\n") as wrong:
            async def status(env, **sections):
                async with await Weir.start(remote(provider.port, timeouts={"connect_ms": 1500}, **sections), env=env) as weir:
                    return (await weir.ask(BODY)).status
            check_equal(await status({"http_proxy": proxy.url}), 200, "http_proxy")
            check_equal(await status({"http_proxy": proxy.url.removeprefix("http://")}), 200, "without a scheme")
            check_equal(await status({"HTTP_PROXY": proxy.url}), 502, "HTTP_PROXY in upper case is nobody's")
            check_equal(await status({"https_proxy": proxy.url}), 502, "https_proxy is for https")
            check_equal(await status({"http_proxy": proxy.url, "no_proxy": "other.test,.provider.test"}), 502, "no_proxy")
            check_equal(await status({"http_proxy": wrong.url}, proxy={"url": proxy.url}), 200, "the configuration wins")
            check_equal(await status({"http_proxy": proxy.url}, proxy={"url": "none"}), 502, "even with none")
            before = len(proxy.heads)
            config = configuration(provider.port)  # on loopback
            async with await Weir.start(config, env={"http_proxy": wrong.url, "https_proxy": wrong.url}) as weir:
                check_equal((await weir.ask(BODY)).status, 200, "loopback goes direct")
            config["providers"]["local"]["proxy"] = proxy.url
            async with await Weir.start(config) as weir:
                check_equal((await weir.ask(BODY)).status, 200, "unless told otherwise")
            check_equal(len(proxy.heads), before + 1, "connections through the proxy")


# ---- Warm connections.

@test
async def the_first_user_finds_a_connection():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        config = configuration(provider.port, shards=2)
        config["providers"]["local"]["warm_connections"] = 3
        async with await Weir.start(config) as weir:
            check(await until(lambda: provider.connections == 6), f"connections: {provider.connections}")
            check_equal(provider.requests, [], "requests")
            check_equal((await weir.ask(BODY)).status, 200, "status")
            samples = await weir.metrics()
            check_equal(samples["weir_provider_warm_connects_total"], 6, "counted")
            check_equal(samples['weir_provider_connections{state="idle"}'], 6, "idle ones")
        check_equal(weir.log_lines()[0]["connect_us"], 0, "time to connect")


@test
async def warm_connections_have_shaken_hands():
    certificates = Certificates.get()
    async with Provider(lambda message: json_answer(DOCUMENT), tls=server_context(certificates.ec)) as provider:
        config = configuration(shards=1, models=None, providers=provider_section(provider.port, certificates.root))
        config["providers"]["local"]["warm_connections"] = 2
        config["models"] = {"test-model": {"deployments": ["local/test-model"]}}
        async with await Weir.start(config) as weir:
            async def ready():
                return (await weir.metrics())['weir_provider_connections{state="idle"}'] == 2
            for _ in range(200):
                if await ready():
                    break
                await asyncio.sleep(0.02)
            check(await ready(), "two connections are ready")
            await asyncio.sleep(1.2)  # the tickets that the provider sends behind a handshake end none of them
            check_equal(provider.connections, 2, "connections")
            check_equal((await weir.ask(BODY)).status, 200, "status")
            check_equal(provider.connections, 2, "connections afterwards")
        check_equal(weir.log_lines()[0]["connect_us"], 0, "time to connect")


@test
async def a_provider_that_is_not_there_is_not_hammered():
    config = configuration(free_port(), shards=1)
    config["providers"]["local"]["warm_connections"] = 1
    async with await Weir.start(config) as weir:
        await asyncio.sleep(4)
        samples = await weir.metrics()
        check(1 <= samples["weir_provider_connects_total"] <= 4, f"connects: {samples['weir_provider_connects_total']}")
