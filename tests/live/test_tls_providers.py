"""Providers over TLS: OpenSSL through Python, and nginx. What is wrong with a certificate or a connection is told by
name, is never tried again in plain, and costs the provider not one byte of HTTP."""
import asyncio
import json
import ssl
from contextlib import AsyncExitStack

from harness.certificates import NAME, Certificates
from harness.client import chat
from harness.nginx import Nginx
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import check, check_equal, test
from harness.tap import Tap
from harness.tls import client_context, provider_section, server_context
from harness.weir import UPSTREAM_KEY, Weir, configuration
from test_curl import DOCUMENT, STREAM
from test_cut_answers import cut_streams
from test_tls_clients import LEAVES, VERSIONS, WHOLE, respond

FULL = 'weir_tls_handshakes_total{side="provider",result="full"}'
RESUMED = 'weir_tls_handshakes_total{side="provider",result="resumed"}'
FAILED = 'weir_tls_handshakes_total{side="provider",result="failed"}'


def towards(port, root, **more):
    sections = {name: more.pop(name) for name in ("timeouts", "shards", "limits") if name in more}
    return configuration(port, providers=provider_section(port, root, **more), **sections)


async def ask_both(weir):
    answer = await weir.ask(chat())
    check_equal((answer.status, answer.body), (200, DOCUMENT.encode()), "document")
    answer = await weir.ask(chat(stream=True))
    check_equal((answer.status, answer.complete, answer.body), (200, True, WHOLE), "stream")


@test
async def openssl_through_python():
    """Both versions, both kinds of key; name indicated, http/1.1 agreed on, one connection for both requests."""
    certificates = Certificates.get()
    for leaf in LEAVES:
        for version in VERSIONS:
            indicated, context = [], server_context(getattr(certificates, leaf), version)
            context.sni_callback = lambda secured, name, ctx: indicated.append(name)
            async with Provider(respond, tls=context) as provider:
                async with await Weir.start(towards(provider.port, certificates.root, shards=1)) as weir:
                    await ask_both(weir)
                    samples = await weir.metrics()
                    check_equal((samples[FULL], samples[RESUMED], samples[FAILED]), (1, 0, 0), f"{leaf}, {version}: handshakes")
                seen = [(h.version, h.alpn, h.resumed) for h in provider.handshakes]
                check_equal(seen, [("TLSv" + version, "http/1.1", False)], f"{leaf}, {version}: handshakes")
                check_equal(indicated, [NAME], "names indicated")


@test
async def nginx():
    certificates = Certificates.get()
    async with Provider(respond) as provider:
        for leaf in LEAVES:
            for version in VERSIONS:
                provider.requests.clear()
                async with Nginx(provider.port, getattr(certificates, leaf), [version]) as nginx:
                    async with await Weir.start(towards(nginx.port, certificates.root, shards=1)) as weir:
                        await ask_both(weir)
                told = [(m.get("x-tls-protocol"), m.get("x-tls-name"), m.get("x-tls-alpn")) for m in provider.requests]
                check_equal(told, [("TLSv" + version, NAME, "http/1.1")] * 2, f"{leaf}, {version}: what nginx tells")


@test
async def sessions_are_resumed():
    """Every answer ends its connection, so that each request needs a new one."""
    certificates = Certificates.get()
    for version in VERSIONS:
        def closing(message):
            answer = respond(message)
            answer.close = "fin"
            answer.headers.append(("connection", "close"))
            return answer
        async with Provider(closing, tls=server_context(certificates.ec, version)) as provider:
            async with await Weir.start(towards(provider.port, certificates.root, shards=1)) as weir:
                for _ in range(6):
                    check_equal((await weir.ask(chat())).status, 200, "status")
                samples = await weir.metrics()
            check_equal([h.resumed for h in provider.handshakes], [False] + [True] * 5, f"{version}: resumed")
            check_equal((samples[FULL], samples[RESUMED]), (1, 5), f"{version}: counted")


@test
async def a_client_certificate_is_shown_where_it_is_asked_for():
    certificates = Certificates.get()
    shown = {"certificate": certificates.client.chain, "key": certificates.client.key}
    strange = {"certificate": certificates.client_stranger.chain, "key": certificates.client_stranger.key}
    for version in VERSIONS:
        context = server_context(certificates.ec, version, client_ca=certificates.root)
        async with Provider(respond, tls=context) as provider:
            async with await Weir.start(towards(provider.port, certificates.root, **shown)) as weir:
                await ask_both(weir)
            check_equal(provider.handshakes[0].client["subject"], ((("commonName", "client"),),), f"{version}: who calls")
            provider.requests.clear()
            for more in ({}, strange):
                async with await Weir.start(towards(provider.port, certificates.root, **more)) as weir:
                    answer = await weir.ask(chat())
                    check_equal(answer.status, 502, f"{version}: status without the right one")
                check(weir.log_lines()[0]["fault"] in ("tls_failed", "upstream_reset", "upstream_closed"),
                      f"{version}: fault {weir.log_lines()[0]['fault']}")
            check_equal(provider.requests, [], f"{version}: requests without the right one")
    async with Provider(respond) as provider, Nginx(provider.port, certificates.ec, client_ca=certificates.root) as nginx:
        async with await Weir.start(towards(nginx.port, certificates.root, **shown)) as weir:
            await ask_both(weir)
        check("CN=client" in (provider.requests[0].get("x-tls-client") or ""), "nginx knows who calls")


# ---- Certificates that must not be believed.

@test
async def certificates_that_are_wrong():
    """Each is a 502 with its own fault; the provider never sees a byte of HTTP, plain or not, nor weir's credential."""
    c = Certificates.get()
    cases = {
        "expired": (c.expired, {}, "tls_expired"),
        "not yet valid": (c.not_yet_valid, {}, "tls_expired"),
        "for another name": (c.wrong_host, {}, "tls_wrong_host"),
        "for the address only, where a name is wanted": (c.address_only, {}, "tls_wrong_host"),
        "for a name only, where an address is wanted": (c.name_only, {"host": None}, "tls_wrong_host"),
        "a wildcard, which does not stand for its own domain": (c.wildcard, {}, "tls_wrong_host"),
        "a wildcard, which stands for one label only": (c.wildcard, {"host": "a.b.weir.test"}, "tls_wrong_host"),
        "signed by itself": (c.self_signed, {}, "tls_untrusted"),
        "of an authority nobody trusts": (c.stranger, {}, "tls_untrusted"),
        "without the intermediate one": (c.ec, {"chain": c.ec.alone}, "tls_untrusted"),
        "signed by a leaf": (c.by_a_leaf, {}, "tls_untrusted"),
        "not among the system's authorities": (c.ec, {"root": None}, "tls_untrusted"),
        "one made for clients": (c.client, {"host": "client.test"}, None),
    }
    wrong, notes = [], []
    for name, (pair, more, fault) in cases.items():
        for version in VERSIONS:
            options = dict(more)
            context = server_context(pair, version, chain=options.pop("chain", None))
            async with Provider(respond, tls=context) as provider, Tap(provider.port) as tap:
                config = towards(tap.port, options.pop("root", c.root), **options)
                if config["providers"]["local"]["tls"]["ca"] == "None":
                    del config["providers"]["local"]["tls"]["ca"]
                async with await Weir.start(config) as weir:
                    answers = [await weir.ask(chat()), await weir.ask(chat(stream=True))]
                    samples = await weir.metrics()
                faults = {line.get("fault") for line in weir.log_lines()}
                if fault is None:
                    notes.append(f"{name}, TLS {version}: {faults.pop() or 'believed'}")
                    continue
                if any(a.status != 502 for a in answers) or faults != {fault}:
                    wrong.append(f"{name}, TLS {version}: statuses {[a.status for a in answers]}, faults {faults}, wanted {fault}")
                message = json.loads(answers[0].body).get("error", {}).get("message", "")
                if "ertificate" not in message:
                    wrong.append(f"{name}, TLS {version}: the message does not name the certificate: {answers[0].body!r}")
                check_equal(provider.requests, [], f"{name}: requests that the provider saw")
                check_equal(samples[FAILED], len(tap.sent), f"{name}: failed handshakes")
                tap.check_only_tls(name)
                check(UPSTREAM_KEY.encode() not in b"".join(tap.sent), f"{name}: the credential was sent")
    check(not wrong, "\n      ".join(wrong))
    return f"{len(cases)} cases, TLS {' and '.join(VERSIONS)}; " + "; ".join(notes)


@test
async def certificates_that_are_right():
    """What the cases above must not be mistaken for."""
    c = Certificates.get()
    cases = {"an address": (c.address_only, {"host": None}), "a wildcard": (c.wildcard, {"host": "api.weir.test"}),
             "a name": (c.name_only, {}), "a root in capitals": (c.ec, {"host": "WEIR.test"}), "localhost": (c.ec, {
                 "host": None, "address": "localhost"})}
    for name, (pair, more) in cases.items():
        async with Provider(respond, tls=server_context(pair)) as provider:
            async with await Weir.start(towards(provider.port, c.root, **more)) as weir:
                try:
                    await ask_both(weir)
                except Exception as failure:
                    raise type(failure)(f"{name}: {failure}") from None


@test
async def nothing_of_the_credential_is_readable_on_the_way():
    certificates = Certificates.get()
    async with Provider(respond, tls=server_context(certificates.ec)) as provider, Tap(provider.port) as tap:
        async with await Weir.start(towards(tap.port, certificates.root)) as weir:
            await ask_both(weir)
        tap.check_only_tls("a good provider")
        seen = b"".join(tap.sent) + b"".join(tap.received)
        for word in (UPSTREAM_KEY.encode(), b"chat/completions", b"Hello", b"HTTP/1.1"):
            check(word not in seen, f"{word!r} could be read")
    check_equal(len(provider.requests), 2, "requests")


# ---- Handshakes that come to nothing.

@test
async def handshakes_that_fail():
    """A provider without TLS, one that hangs up, resets, talks nonsense, or speaks only what is too old."""
    c, wrong = Certificates.get(), []
    old = server_context(c.ec)
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    alpn = server_context(c.ec, alpn=("h2",))

    async def raw(reaction):
        async def serve(reader, writer):
            greeting = await reader.read(4096)
            seen.append(greeting)
            await reaction(writer)
            try:
                writer.close()
            except OSError:
                pass
        return await asyncio.start_server(serve, "127.0.0.1", 0)

    async def says(writer, data):
        writer.write(data)
        await writer.drain()

    reactions = {"hangs up": lambda w: says(w, b""), "plain HTTP": lambda w: says(w, b"".join(json_answer(DOCUMENT).writes())),
                 "nonsense": lambda w: says(w, bytes(range(256)) * 8), "an alert": lambda w: says(w, b"\x15\x03\x03\0\x02\x02\x28"),
                 "half a record": lambda w: says(w, b"\x16\x03\x03\x00\x7a\x02\0"),
                 "a record too large": lambda w: says(w, b"\x16\x03\x03\xff\xff" + b"\0" * 70000)}
    for name, reaction in reactions.items():
        seen = []
        server = await raw(reaction)
        async with server, await Weir.start(towards(server.sockets[0].getsockname()[1], c.root)) as weir:
            answer = await weir.ask(chat())
            if answer.status != 502:
                wrong.append(f"{name}: status {answer.status}")
        fault = weir.log_lines()[0].get("fault")
        if fault not in ("tls_failed", "upstream_closed", "upstream_reset"):
            wrong.append(f"{name}: fault {fault}")
        check(all(s[:1] == b"\x16" and UPSTREAM_KEY.encode() not in s for s in seen), f"{name}: what the provider saw")
    async with Provider(respond, tls=old) as provider:
        async with await Weir.start(towards(provider.port, c.root)) as weir:
            check_equal((await weir.ask(chat())).status, 502, "status, TLS 1.1 only")
        check_equal((weir.log_lines()[0]["fault"], provider.requests), ("tls_failed", []), "TLS 1.1 only")
    async with Provider(respond, tls=alpn) as provider:  # a server that knows h2 only, and lets others in
        async with await Weir.start(towards(provider.port, c.root)) as weir:
            check((await weir.ask(chat())).status in (200, 502), "a server of h2")
    check(not wrong, "\n      ".join(wrong))


@test
async def a_handshake_that_hangs_is_a_connect_timeout():
    certificates = Certificates.get()

    async def silent(reader, writer):
        try:
            await reader.read()
        finally:
            writer.close()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        config = towards(server.sockets[0].getsockname()[1], certificates.root, timeouts={"connect_ms": 400})
        async with await Weir.start(config) as weir:
            started = asyncio.get_running_loop().time()
            answer = await weir.ask(chat())
            took = asyncio.get_running_loop().time() - started
            check_equal(answer.status, 504, "status")
            check(0.35 <= took < 2, f"it took {took:.2f} s")
        check_equal(weir.log_lines()[0]["fault"], "connect_timeout", "fault")


# ---- Answers that break.

def secured(certificates):
    return lambda port: provider_section(port, certificates.root)


@test
async def a_stream_that_ends_at_any_byte_orderly():
    """close_notify and the connection's end, which say that this is all."""
    certificates = Certificates.get()
    return await cut_streams(("fin",), step=3, tls=server_context(certificates.ec), providers=secured(certificates))


@test
async def a_stream_that_is_cut_at_any_byte():
    """The connection's end without close_notify: anybody on the way can do that, so it ends nothing."""
    certificates = Certificates.get()
    return await cut_streams(("cut",), step=3, tls=server_context(certificates.ec), providers=secured(certificates))


@test
async def a_stream_that_is_reset_at_any_byte():
    certificates = Certificates.get()
    return await cut_streams(("reset",), framings=("chunked",), step=3, tls=server_context(certificates.ec),
                             providers=secured(certificates))


@test
async def records_cut_altered_and_crumbled():
    """On the way, below TLS: cut in mid-record, one byte inverted, segments of one byte. Nothing that was not sent ever
    reaches a client, and no whole stream is missed."""
    certificates, counts = Certificates.get(), {"whole": 0, "error event": 0, "502": 0}
    for version in VERSIONS:
        async with Provider(respond, tls=server_context(certificates.ec, version)) as provider:
            async with Tap(provider.port) as tap:
                async with await Weir.start(towards(tap.port, certificates.root)) as weir:
                    check_equal((await weir.ask(chat(stream=True))).body, WHOLE, "untouched")
            size = len(tap.received[0])

            async def one(**what):
                async with Tap(provider.port, **what) as tap:
                    async with await Weir.start(towards(tap.port, certificates.root, shards=1)) as weir:
                        return await weir.ask(chat(stream=True))
            positions = range(0, size, max(1, size // 40))
            wanted = [{"cut_after": p, "how": "reset" if i % 2 else "fin"} for i, p in enumerate(positions)]
            wanted += [{"flip_at": p} for p in positions] + [{"drip": True}] * 2
            for start in range(0, len(wanted), 8):
                answers = await asyncio.gather(*(one(**what) for what in wanted[start:start + 8]))
                for what, answer in zip(wanted[start:start + 8], answers):
                    if answer.status == 502:
                        counts["502"] += 1
                        continue
                    check(answer.status == 200 and answer.complete, f"{what}: {answer.status}, {answer.body!r}")
                    if answer.body == WHOLE:
                        counts["whole"] += 1
                        continue
                    counts["error event"] += 1
                    check("drip" not in what, "segments of one byte changed the stream")
                    *events, last = answer.body.split(b"\n\n")[:-1]
                    check(WHOLE.startswith(b"".join(e + b"\n\n" for e in events)), f"{what}: {answer.body!r}")
                    check("error" in json.loads(last[6:]) and b"[DONE]" not in answer.body, f"{what}: {answer.body!r}")
    check(all(counts.values()), f"what never came: {counts}")
    return ", ".join(f"{n} {name}" for name, n in counts.items())


@test
async def large_bodies_and_records_of_every_size():
    certificates = Certificates.get()
    body = chat(text="".join(chr(97 + i % 26) for i in range(4 << 20)))
    document = DOCUMENT.replace("Hello.", "answer " * 500_000)
    for version in VERSIONS:
        big = json_answer(document, framing="chunked")
        drip = sse_answer(*STREAM, split="every-byte")  # a record for each byte
        context = server_context(certificates.ec, version)
        async with Provider(lambda m: drip if b'"stream"' in m.body else big, tls=context) as provider:
            async with await Weir.start(towards(provider.port, certificates.root), tls=certificates.rsa) as weir:
                trusting = client_context(certificates.root, version)
                answer = await weir.ask(body, tls=trusting)
                check_equal((answer.status, answer.body == document.encode()), (200, True), f"{version}: a large document")
                check(provider.requests[0].body == body, f"{version}: the large body upstream")
                check_equal((await weir.ask(chat(stream=True), tls=trusting)).body, WHOLE, f"{version}: a record for each byte")


@test
async def many_streams_with_tls_on_both_sides():
    """Three hundred at once, each with a text of its own."""
    certificates = Certificates.get()

    def own(message):
        word = json.loads(message.body)["messages"][0]["content"]
        return sse_answer(*[STREAM[0].replace("Hello", f"{word}-{i}") for i in range(40)], *STREAM[2:], gap=0.01)
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(Provider(own, tls=server_context(certificates.ec)))
        weir = await stack.enter_async_context(
            await Weir.start(towards(provider.port, certificates.root), tls=certificates.rsa))
        trusting = client_context(certificates.root)

        async def one(number):
            answer = await weir.ask(chat(stream=True, text=f"w{number}"), tls=trusting, patience=60)
            wanted = "".join([*(STREAM[0].replace("Hello", f"w{number}-{i}") for i in range(40)), *STREAM[2:]]).encode()
            return answer.status == 200 and answer.complete and answer.body == wanted
        right = await asyncio.gather(*(one(n) for n in range(300)))
        check(all(right), f"{right.count(False)} of {len(right)} streams came out wrong")
        samples = await weir.metrics()
        check_equal({n: v for n, v in samples.items() if n.startswith("weir_faults_total")}, {}, "faults")
