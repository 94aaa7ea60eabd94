"""Clients over TLS, each of another make: Python and openssl (OpenSSL), curl, GnuTLS, Node with the official SDK, Go.
All of them verify weir's certificate."""
import asyncio
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import ssl
import sys
import tempfile
from pathlib import Path

from harness import places, registry
from harness.certificates import NAME, Certificates
from harness.client import PATIENCE, Client, chat, request_bytes, until
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import Skip, check, check_equal, test
from harness.tap import Tap
from harness.tls import client_context, listener, provider_section, server_context
from harness.weir import KEY, Weir, configuration
from harness.wire import Malformed
from test_curl import AUTH, DOCUMENT, STREAM, curl
from test_sdk import MODELS, Answers

WHOLE = "".join(STREAM).encode()
LEAVES = ("ec", "rsa")
VERSIONS = ("1.2", "1.3")


def respond(message):
    return sse_answer(*STREAM) if json.loads(message.body).get("stream") else json_answer(DOCUMENT)


async def tell(process, text):
    """Writes to a program that may have ended already; what it said tells why."""
    try:
        process.stdin.write(text)
        await process.stdin.drain()
    except ConnectionError:
        pass


async def run_program(*arguments, stdin=None, env=None, patience=PATIENCE):
    """-> (exit code, stdout, stderr). With `stdin`, that stays open until the program has said all it has to say: an end
    of its input would make some clients leave before the answer."""
    process = await asyncio.create_subprocess_exec(
        *map(str, arguments), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=env)
    registry.PROCESSES.append(process)
    if stdin is None:
        out, err = await asyncio.wait_for(process.communicate(), patience)
    else:
        await tell(process, stdin)
        out, err = await asyncio.wait_for(asyncio.gather(process.stdout.read(), process.stderr.read()), patience)
        process.stdin.close()
        await asyncio.wait_for(process.wait(), patience)
    return process.returncode, out, err.decode(errors="replace")


async def every_combination(judge):
    """`judge(weir, certificates, version)` for each leaf and version, one weir per leaf."""
    certificates = Certificates.get()
    async with Provider(respond) as provider:
        for leaf in LEAVES:
            async with await Weir.start(configuration(provider.port, MODELS), tls=getattr(certificates, leaf)) as weir:
                for version in VERSIONS:
                    try:
                        await judge(weir, certificates, version)
                    except registry.Failure as failure:
                        raise registry.Failure(f"{leaf}, TLS {version}: {failure}") from None
                check_equal((await weir.metrics())[TLS_FAILED], 0, f"{leaf}: failed handshakes")
    return f"{len(LEAVES)} kinds of key, TLS {' and '.join(VERSIONS)}"


TLS_FAILED = 'weir_tls_handshakes_total{side="client",result="failed"}'
TLS_FULL = 'weir_tls_handshakes_total{side="client",result="full"}'
TLS_RESUMED = 'weir_tls_handshakes_total{side="client",result="resumed"}'


# ---- One test per make of client.

@test
async def python():
    async def judge(weir, certificates, version):
        async with Client(weir.port, tls=client_context(certificates.root, version)) as client:
            secured = client.writer.get_extra_info("ssl_object")
            check_equal((secured.version(), secured.selected_alpn_protocol()), ("TLSv" + version, "http/1.1"), "connection")
            for stream, wanted in ((False, DOCUMENT.encode()), (True, WHOLE), (False, DOCUMENT.encode())):
                await client.send(request_bytes(body=chat(stream=stream), key=KEY))
                answer = await client.answer()
                check_equal((answer.status, answer.body), (200, wanted), "answer")
    return await every_combination(judge)


@test
async def curl_of_openssl():
    async def judge(weir, certificates, version):
        bound = ["--tlsv" + version, "--tls-max", version, "--cacert", str(certificates.root), *AUTH]
        url = f"https://localhost:{weir.port}/v1/chat/completions"
        for stream, wanted in ((False, DOCUMENT.encode()), (True, WHOLE)):
            code, out, err = await curl(*bound, "-v", "-d", chat(stream=stream).decode(), url)
            check_equal((code, out), (0, wanted), f"curl's exit code and output ({err[-300:]})")
            check(f"SSL connection using TLSv{version}" in err and "ALPN: server accepted http/1.1" in err, err)
        code, _, err = await curl("--cacert", str(certificates.stranger_root), url)
        check_equal(code, 60, f"exit code where the root is another one ({err})")
        for address in ("127.0.0.1",):  # without a name to indicate
            code, out, err = await curl(*bound, "-d", chat().decode(), f"https://{address}:{weir.port}/v1/chat/completions")
            check_equal((code, out), (0, DOCUMENT.encode()), f"by address ({err})")
    certificates = Certificates.get()
    async with Provider(respond) as provider:
        for leaf in LEAVES:
            async with await Weir.start(configuration(provider.port), tls=getattr(certificates, leaf)) as weir:
                for version in VERSIONS:
                    await judge(weir, certificates, version)
                # curl says so by an alert when it does not trust a certificate.
                check_equal((await weir.metrics())[TLS_FAILED], 2, "failed handshakes")


@test
async def gnutls():
    if shutil.which("gnutls-cli") is None:
        raise Skip("gnutls-cli is not installed (tools/setup --tests installs it)")

    async def judge(weir, certificates, version):
        head = request_bytes(body=chat(stream=True), key=KEY, headers=[("connection", "close")])
        code, out, err = await run_program(
            "gnutls-cli", "--logfile", "/dev/stderr", "--x509cafile", certificates.root, "--priority",
            f"NORMAL:-VERS-ALL:+VERS-TLS{version}", "--alpn", "http/1.1", "-p", weir.port, "localhost", stdin=head)
        check(b"data: [DONE]" in out and out.count(b'"content"') == 3, f"exit code {code}: {out[-500:]!r} {err[-800:]}")
        check(f"(TLS{version}" in err, f"the version: {err[-800:]}")
        check("Application protocol: http/1.1" in err, f"ALPN: {err[-800:]}")
    return await every_combination(judge)


@test
async def go():
    binary = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin:/usr/lib/go/bin")
    if binary is None:
        raise Skip("Go is not installed")
    with tempfile.TemporaryDirectory(prefix="weir-go-") as folder:
        cache = places.ROOT / ".deps" / "go-cache"  # the standard library takes a while the first time
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "GOCACHE": str(cache), "GOFLAGS": "-mod=mod",
                       "GOPROXY": "off", "CGO_ENABLED": "0", "GO111MODULE": "off"}
        program = Path(folder) / "client"
        code, _, err = await run_program(binary, "build", "-o", program, Path(__file__).parent / "go" / "client.go",
                                         env=environment, patience=100)
        check_equal(code, 0, f"go build: {err}")

        async def judge(weir, certificates, version):
            code, out, err = await run_program(program, f"https://localhost:{weir.port}/v1/chat/completions", KEY,
                                               certificates.root, version, chat().decode(), chat(stream=True).decode())
            check_equal(code, 0, f"its exit code ({err})")
            document, stream = json.loads(out)
            common = {"status": 200, "tls": f"TLS {version}", "alpn": "http/1.1"}
            check_equal(document, {**common, "body": DOCUMENT, "reused": False}, "document")
            check_equal(stream, {**common, "body": WHOLE.decode(), "reused": True}, "stream")
        return await every_combination(judge)


async def node(weir, scenario, root, version, port=None):
    if not (places.NODE_MODULES / "node_modules" / "openai").is_dir():
        raise registry.Failure(f"the client is not installed in {places.NODE_MODULES}; tools/setup --tests does it")
    code, out, err = await run_program(
        places.node(), f"--tls-min-v{version}", f"--tls-max-v{version}", Path(__file__).parent / "node" / "sdk.mjs", scenario,
        env={"PATH": os.environ["PATH"], "WEIR_URL": f"https://localhost:{weir.port}/v1", "WEIR_KEY": KEY,
             "NODE_PACKAGES": str(places.NODE_MODULES), "NODE_EXTRA_CA_CERTS": str(root)})
    check_equal(code, 0, "node's exit code: " + err[-1500:])
    return json.loads(out)


@test
async def the_official_sdk():
    async def judge(weir, certificates, version):
        check_equal((await node(weir, "document", certificates.root, version))["data"], json.loads(DOCUMENT), "document")
        check_equal((await node(weir, "stream", certificates.root, version))["text"], "Hello world!", "stream")
    return await every_combination(judge)


@test
async def the_official_sdk_to_a_tls_provider_with_verification_on_both_sides():
    """What the gateway is for: SDK, TLS, weir, TLS, provider."""
    certificates, answers = Certificates.get(), Answers()
    async with Provider(answers, tls=server_context(certificates.rsa)) as provider:
        config = configuration(provider.port, MODELS, providers=provider_section(provider.port, certificates.root))
        async with await Weir.start(config, tls=certificates.ec) as weir:
            check_equal((await node(weir, "document", certificates.root, "1.3"))["data"], json.loads(DOCUMENT), "document")
            seen = await node(weir, "stream_with_usage", certificates.root, "1.3")
            check_equal((seen["text"], seen["usage"]["total_tokens"]), ("Hello world!", 18), "stream with usage")
            seen = await node(weir, "tools", certificates.root, "1.3")
            check_equal(seen["finish"], "tool_calls", "tool calls")
            check_equal(await node(weir, "together", certificates.root, "1.3"), ["Hello world!"], "fifty streams at once")
    check(all(h.version == "TLSv1.3" for h in provider.handshakes), "the provider's side")


@test
async def the_official_sdk_for_python():
    if importlib.util.find_spec("openai") is None:
        raise Skip("the openai package is not installed for this Python")
    certificates = Certificates.get()
    program = ("import json, os, openai\nc = openai.OpenAI(max_retries=0, timeout=15)\n"
               "m = [{'role': 'user', 'content': 'Hello?'}]\n"
               "d = c.chat.completions.create(model='test-model', messages=m)\n"
               "s = c.chat.completions.create(model='test-model', messages=m, stream=True)\n"
               "print(json.dumps([d.choices[0].message.content, ''.join(k.choices[0].delta.content or '' for k in s)]))\n")
    async with Provider(respond) as provider:
        async with await Weir.start(configuration(provider.port), tls=certificates.ec) as weir:
            code, out, err = await run_program(
                sys.executable, "-c", program, env={"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(certificates.root),
                                                    "OPENAI_BASE_URL": f"https://localhost:{weir.port}/v1",
                                                    "OPENAI_API_KEY": KEY})
            check_equal(code, 0, f"its exit code: {err[-800:]}")
            check_equal(json.loads(out), ["Hello.", "Hello world!"], "texts")


# ---- openssl s_client: what it says of the connection.

async def s_client(weir, root, *arguments, stdin=b"", patience=PATIENCE):
    """What `openssl s_client` prints, stdin held open until the answer is there."""
    process = await asyncio.create_subprocess_exec(
        "openssl", "s_client", "-connect", f"127.0.0.1:{weir.port}", "-CAfile", str(root), "-verify_return_error",
        "-servername", NAME, "-verify_hostname", NAME, *map(str, arguments), stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    registry.PROCESSES.append(process)
    await tell(process, stdin)
    if not stdin:
        await asyncio.sleep(0.2)  # the tickets of TLS 1.3 come behind the handshake
        await tell(process, b"Q\n")
    out = await asyncio.wait_for(process.stdout.read(), patience)
    process.stdin.close()
    await asyncio.wait_for(process.wait(), patience)
    return process.returncode, out.decode(errors="replace")


CLOSING = request_bytes(body=chat(), key=KEY, headers=[("connection", "close")])


@test
async def openssl():
    async def judge(weir, certificates, version):
        bound = "-tls" + version.replace(".", "_")
        code, out = await s_client(weir, certificates.root, bound, "-alpn", "h2,http/1.1", "-ign_eof", stdin=CLOSING)
        check("Verify return code: 0 (ok)" in out and "Verified peername: " + NAME in out, out[-1500:])
        check("ALPN protocol: http/1.1" in out, f"ALPN: {out[-1500:]}")
        check(DOCUMENT in out, f"the answer: {out[-1500:]}")
    return await every_combination(judge)


@test
async def ciphers_are_modern_only():
    """AEAD with forward secrecy, and nothing else can be agreed on."""
    certificates, notes = Certificates.get(), []
    async with Provider(respond) as provider:
        async with await Weir.start(configuration(provider.port), tls=certificates.ec) as ec, \
                await Weir.start(configuration(provider.port), tls=certificates.rsa) as rsa:
            good = [(ec, "-tls1_3", "-ciphersuites", c) for c in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                                                  "TLS_CHACHA20_POLY1305_SHA256")]
            good += [(ec, "-tls1_2", "-cipher", "ECDHE-ECDSA-" + c) for c in ("AES128-GCM-SHA256", "AES256-GCM-SHA384",
                                                                             "CHACHA20-POLY1305")]
            good += [(rsa, "-tls1_2", "-cipher", "ECDHE-RSA-" + c) for c in ("AES128-GCM-SHA256", "AES256-GCM-SHA384",
                                                                            "CHACHA20-POLY1305")]
            good += [(ec, "-tls1_3", "-groups", g) for g in ("X25519", "P-256")]
            bad = [(rsa, "-tls1_2", "-cipher", c) for c in ("AES128-GCM-SHA256", "AES128-SHA", "ECDHE-RSA-AES128-SHA",
                                                            "ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256")]
            bad += [(ec, v, "-cipher", "ALL:@SECLEVEL=0") for v in ("-tls1", "-tls1_1")]
            for weir, *arguments in good:
                code, out = await s_client(weir, certificates.root, *arguments)
                check(code == 0 and "Verify return code: 0 (ok)" in out, f"{arguments}: {out[-700:]}")
            for weir, *arguments in bad:
                code, out = await s_client(weir, certificates.root, *arguments)
                check(code != 0 and "Cipher is (NONE)" in out, f"{arguments} was agreed on: {out[-700:]}")
                notes.append(arguments[-1])
            for weir in (ec, rsa):
                check_equal((await weir.ask(chat(), tls=client_context(certificates.root))).status, 200, "status afterwards")
    return f"{len(good)} agreed on; refused: {', '.join(notes)}"


@test
async def sessions_are_resumed():
    """With OpenSSL's client and Python's, in both versions, across shards; counted apart."""
    certificates = Certificates.get()
    async with Provider(respond) as provider:
        async with await Weir.start(configuration(provider.port, shards=2), tls=certificates.ec) as weir:
            for version in VERSIONS:
                with tempfile.TemporaryDirectory(prefix="weir-session-") as folder:
                    kept = Path(folder) / "session"
                    bound = "-tls" + version.replace(".", "_")
                    _, out = await s_client(weir, certificates.root, bound, "-sess_out", kept)
                    check("\nNew, TLSv" in out and kept.exists(), f"{version}, first: {out[-1200:]}")
                    for _ in range(4):  # whichever shard it comes to
                        _, out = await s_client(weir, certificates.root, bound, "-sess_in", kept)
                        check("\nReused, TLSv" in out, f"{version}, again: {out[-1200:]}")
                context = client_context(certificates.root, version)
                reused, session = [], None
                for _ in range(6):
                    secured, session = await asyncio.to_thread(ask_blocking, weir.port, context, session)
                    reused.append(secured)
                check_equal(reused, [False] + [True] * 5, f"Python, {version}: session_reused")
            samples = await weir.metrics()
            check_equal((samples[TLS_FULL], samples[TLS_RESUMED], samples[TLS_FAILED]), (4, 18, 0), "full, resumed, failed")


def ask_blocking(port, context, session=None, name=NAME):
    """One exchange -> (whether the session was reused, the session for the next)."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
        with context.wrap_socket(sock, server_hostname=name, session=session) as secured:
            secured.sendall(CLOSING)
            got = b""
            while part := secured.recv(65536):
                got += part
            check(got.startswith(b"HTTP/1.1 200") and got.endswith(DOCUMENT.encode()), f"an answer {got[:200]!r}")
            return secured.session_reused, secured.session


@test
async def alpn_and_sni():
    """http/1.1 is chosen where it is offered; whoever offers nothing is served as well; any name may be indicated."""
    certificates = Certificates.get()
    async with Provider(respond) as provider:
        async with await Weir.start(configuration(provider.port), tls=certificates.ec) as weir:
            for offered, chosen in ((("h2", "http/1.1"), "http/1.1"), (("http/1.1",), "http/1.1"), ((), None)):
                async with Client(weir.port, tls=client_context(certificates.root, alpn=offered)) as client:
                    got = client.writer.get_extra_info("ssl_object").selected_alpn_protocol()
                    check_equal(got, chosen, f"chosen of {offered}")
                    await client.send(request_bytes(body=chat(), key=KEY))
                    check_equal((await client.answer()).status, 200, "status")
            h2_only = await s_client(weir, certificates.root, "-alpn", "h2")
            check("ALPN protocol: h2" not in h2_only[1], "h2 must not be agreed on")
            anybody = client_context(certificates.root)
            anybody.check_hostname = False
            for name in (NAME, "another.test", "localhost", "127.0.0.1"):
                async with Client(weir.port, tls=anybody, name=name) as client:
                    await client.send(request_bytes(body=chat(), key=KEY))
                    check_equal((await client.answer()).status, 200, f"status, {name} indicated")
    return "a client that offers h2 alone: " + ("refused" if "no protocols available" in h2_only[1]
                                                or "no application protocol" in h2_only[1] else "served without ALPN")


@test
async def a_stapled_ocsp_response_is_seen():
    certificates = Certificates.get()
    stapled = certificates.ec.chain.with_name("ec.chain.pem.ocsp")
    stapled.write_bytes(certificates.ocsp_response(certificates.ec))
    try:
        async with Provider(respond) as provider:
            async with await Weir.start(configuration(provider.port), tls=certificates.ec) as weir:
                for version in ("-tls1_2", "-tls1_3"):
                    code, out = await s_client(weir, certificates.root, version, "-status")
                    check("OCSP Response Status: successful" in out and "Cert Status: good" in out, f"{version}: {out[:1500]}")
                check_equal((await weir.ask(chat(), tls=client_context(certificates.root))).status, 200, "status without asking")
    finally:
        stapled.unlink()
    async with Provider(respond) as provider:
        async with await Weir.start(configuration(provider.port), tls=certificates.ec) as weir:
            _, out = await s_client(weir, certificates.root, "-status")
            check("OCSP response: no response sent" in out, "without the file nothing is stapled")


@test
async def client_certificates():
    """With client_ca: whoever shows one of it comes in, others are refused before any HTTP, and counted."""
    certificates = Certificates.get()
    async with Provider(respond) as provider:
        section = listener(certificates.ec, client_ca=certificates.root)
        async with await Weir.start(configuration(provider.port), tls=section) as weir:
            failed = 0
            for version in VERSIONS:
                good = client_context(certificates.root, version, certificates.client)
                check_equal((await weir.ask(chat(), tls=good)).status, 200, f"{version}: status with a certificate")
                for name, pair in (("none", None), ("a stranger's", certificates.client_stranger)):
                    failed += 1
                    try:
                        await asyncio.to_thread(ask_blocking, weir.port, client_context(certificates.root, version, pair))
                        refused = False
                    except (ssl.SSLError, ConnectionError):
                        refused = True
                    check(refused, f"{version}: a client with the certificate of {name} was served")
                check(await until_metric(weir, TLS_FAILED, failed), f"{version}: failed handshakes, wanted {failed}")
            check_equal((await weir.metrics())["weir_client_connections"], 0, "connections afterwards")
    check_equal(len(provider.requests), 2, "requests upstream")


async def until_metric(weir, name, value):
    for _ in range(400):
        if (await weir.metrics())[name] == value:
            return True
        await asyncio.sleep(0.01)
    return False


# ---- Ends and renewals.

@test
async def the_end_is_announced():
    """close_notify behind the last byte, so that a client knows a whole answer from a cut one; and one that only stops
    sending is answered."""
    certificates = Certificates.get()

    def last_words(port, version):
        context = client_context(certificates.root, version)
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
            with context.wrap_socket(sock, server_hostname=NAME, suppress_ragged_eofs=False) as secured:
                secured.sendall(CLOSING)
                got = b""
                while part := secured.recv(65536):  # raises SSLEOFError at an end without farewell
                    got += part
                return got
    async with Provider(respond) as provider:
        async with await Weir.start(configuration(provider.port), tls=certificates.ec) as weir:
            for version in VERSIONS:
                got = await asyncio.to_thread(last_words, weir.port, version)
                check(got.endswith(DOCUMENT.encode()), f"an answer {got[-200:]!r}")
        async with await Weir.start(configuration(provider.port, timeouts={"client_idle_ms": 300}), tls=certificates.ec) as weir:
            async with Client(weir.port, tls=client_context(certificates.root)) as client:
                check_equal(await client.at_end(), "end", "an idle connection's end")
            check_equal((await weir.metrics())["weir_client_connections"], 0, "connections afterwards")


@test
async def a_certificate_is_renewed_without_a_restart():
    """SIGHUP: a stream that runs goes on with the old one, new connections see the new one; a broken file changes
    nothing."""
    certificates = Certificates.get()
    with tempfile.TemporaryDirectory(prefix="weir-renew-") as folder:
        chain, key = Path(folder) / "chain.pem", Path(folder) / "key.pem"

        def put(pair):
            chain.write_bytes(pair.chain.read_bytes())
            key.write_bytes(pair.key.read_bytes())
        put(certificates.ec)
        answer = sse_answer(*[STREAM[0]] * 100, *STREAM[1:], gap=0.02)
        async with Provider(lambda message: answer) as provider:
            section = {"certificate": str(chain), "key": str(key)}
            async with await Weir.start(configuration(provider.port, shards=2), tls=section) as weir:
                async def shown():
                    async with Client(weir.port, tls=client_context(certificates.root)) as client:
                        der = client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
                        return hashlib.sha256(der).hexdigest()

                async def shows(pair):
                    for _ in range(300):
                        if await shown() == pair.fingerprint():
                            return True
                        await asyncio.sleep(0.01)
                    return False
                check_equal(await shown(), certificates.ec.fingerprint(), "the first certificate")
                running = asyncio.ensure_future(weir.ask(chat(stream=True), tls=client_context(certificates.root)))
                check(await until(lambda: len(provider.requests) == 1), "a stream has begun")
                put(certificates.renewed)
                weir.signal(signal.SIGHUP)
                check(await shows(certificates.renewed), f"the renewed one is shown; weir said {weir.error_text}")
                check(not running.done(), "all of that while the stream ran")
                chain.write_text("-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n")
                said = len(weir.error_text)
                weir.signal(signal.SIGHUP)
                check(await until(lambda: "chain.pem" in weir.error_text[said:]), "the broken file is named")
                for _ in range(8):
                    check_equal(await shown(), certificates.renewed.fingerprint(), "the certificate after a broken file")
                put(certificates.rsa)  # another kind of key as well
                weir.signal(signal.SIGHUP)
                check(await shows(certificates.rsa), "the third one is shown")
                got = await running
                check_equal((got.status, got.complete, got.body), (200, True, answer.body), "the stream that ran all the while")


# ---- Clients that do wrong.

@test
async def what_is_not_tls_is_closed_and_counted():
    """Plain HTTP, garbage, half a greeting, and silence: none of it is answered in plain, none of it is kept."""
    certificates = Certificates.get()
    hello = client_hello(certificates)
    wrong = {"plain HTTP": request_bytes(body=chat(), key=KEY), "garbage": bytes(range(256)) * 20,
             "a record too large": b"\x16\x03\x01\xff\xff" + b"\0" * 70000, "an alert": b"\x15\x03\x03\x00\x02\x02\x28",
             "content before the handshake": b"\x17\x03\x03\x00\x10" + b"x" * 16,
             "a broken greeting": hello[:60] + bytes(b ^ 0xff for b in hello[60:])}
    cut = {"nothing": b"", "one byte": hello[:1], "half a greeting": hello[:len(hello) // 2], "a greeting": hello}
    async with Provider(respond) as provider:
        async with await Weir.start(configuration(provider.port), tls=certificates.ec) as weir:
            for name, data in wrong.items():
                async with Client(weir.port) as client:
                    await client.send(data)
                    end = await client.at_end()
                    check(end in ("end", "reset") or end[:1] == b"\x15", f"{name} was answered by {end!r}")
            check(await until_metric(weir, TLS_FAILED, len(wrong)), f"failed handshakes {await weir.metrics()}")
            for name, data in cut.items():
                for leave in ("fin", "reset"):
                    async with Client(weir.port) as client:
                        await client.send(data)
                        await asyncio.sleep(0.02)
                        if leave == "reset":
                            client.leave()
            check(await until_metric(weir, "weir_client_connections", 0), "connections afterwards")
            check_equal((await weir.metrics())["weir_tls_handshakes_in_flight"], 0, "handshakes in flight")
            check_equal((await weir.ask(chat(), tls=client_context(certificates.root))).status, 200, "status afterwards")
    check_equal(len(provider.requests), 1, "requests upstream")


def client_hello(certificates):
    """A real client's first bytes."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secured = client_context(certificates.root).wrap_bio(incoming, outgoing, server_hostname=NAME)
    try:
        secured.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


@test
async def a_client_that_vanishes_in_mid_record_leaves_nothing():
    """The connection ends at every few bytes of what a client sends: handshake, head, body."""
    certificates, body = Certificates.get(), chat(stream=True)
    answer = sse_answer(*STREAM * 50, gap=0.01)
    async with Provider(lambda message: answer) as provider:
        async with await Weir.start(configuration(provider.port), tls=certificates.ec) as weir:
            async def vanish(after, how):
                async with Tap(weir.port, forward_cut=after, how=how) as tap:
                    try:
                        async with Client(tap.port, tls=client_context(certificates.root)) as client:
                            await client.send(request_bytes(body=body, key=KEY))
                            await client.answer()
                    except (OSError, Malformed, asyncio.IncompleteReadError):
                        pass
            positions = [*range(1, 40, 3), *range(40, 900, 29)]
            for how in ("fin", "reset"):
                for start in range(0, len(positions), 10):
                    await asyncio.gather(*(vanish(p, how) for p in positions[start:start + 10]))
            for name in ("weir_client_connections", "weir_exchanges_in_flight", "weir_tls_handshakes_in_flight",
                         'weir_provider_connections{state="used"}'):
                check(await until_metric(weir, name, 0), f"{name} is {(await weir.metrics())[name]} afterwards")
    return f"{len(positions)} positions, by an end and by a reset"


@test
async def records_in_every_size():
    """One byte per record, records in single-byte segments, and large bodies: all come through unchanged."""
    certificates = Certificates.get()
    body = chat(text="".join(chr(33 + i % 90) for i in range(3 << 20)).replace('"', "'").replace("\\", "/"))
    big = json_answer(DOCUMENT.replace("Hello.", "answer " * 400_000), framing="chunked")
    async with Provider(lambda message: big if len(message.body) > 1 << 20 else respond(message)) as provider:
        async with await Weir.start(configuration(provider.port), tls=certificates.ec) as weir:
            for version in VERSIONS:
                context = client_context(certificates.root, version)
                async with Client(weir.port, tls=context) as client:
                    for byte in request_bytes(body=chat(stream=True), key=KEY):
                        await client.send(bytes([byte]))
                    check_equal((await client.answer()).body, WHOLE, f"{version}: one byte per record")
                async with Tap(weir.port, drip=True) as tap, Client(tap.port, tls=context) as client:
                    await client.send(request_bytes(body=chat(stream=True), key=KEY))
                    check_equal((await client.answer()).body, WHOLE, f"{version}: segments of one byte")
                async with Client(weir.port, tls=context) as client:
                    await client.send(request_bytes(body=body, key=KEY))
                    answer = await client.answer()
                    check_equal((answer.status, answer.body == big.body), (200, True), f"{version}: large bodies")
                    check_equal(provider.requests[-1].body == body, True, f"{version}: the large body upstream")
