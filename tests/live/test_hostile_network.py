"""Paths that lose, stop, or crumble: black holes, resets, single bytes, requests in odd pieces."""
import asyncio
import contextlib
import json
import os
import socket

from harness.client import Client, chat, request_bytes, until
from harness.namespace import Namespace
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import check, check_equal, test
from harness.weir import KEY, Weir, configuration
from test_curl import DOCUMENT, STREAM
from test_time_limits import in_time, timed

WHOLE = "".join(STREAM).encode()


@contextlib.contextmanager
def black_hole():
    """A listener whose queue is full: what connects to it is neither accepted nor refused. Yields its port."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        yield full.getsockname()[1]


@test
async def a_black_hole_delays_nobody_else():
    """Two hundred requests hang in a connect; those to another provider run on as if nothing were there."""
    with black_hole() as port:
        async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
            config = configuration(provider.port, shards=1, timeouts={"connect_ms": 3000})
            config["providers"]["hole"] = {"kind": "openai", "base_url": f"http://127.0.0.1:{port}/v1",
                                           "credential": "env:UPSTREAM_KEY"}
            config["models"]["lost"] = {"deployments": ["hole/lost"]}
            async with await Weir.start(config) as weir:
                lost = [asyncio.ensure_future(timed(weir.ask(chat(model="lost")))) for _ in range(200)]
                in_flight = {}

                async def hanging():
                    in_flight.update(await weir.metrics())
                    return in_flight["weir_exchanges_in_flight"] == 200
                for _ in range(200):
                    if await hanging():
                        break
                    await asyncio.sleep(0.005)
                check_equal(in_flight["weir_exchanges_in_flight"], 200, "requests that hang")
                for _ in range(200):
                    check_equal((await weir.ask(chat(), patience=2)).status, 200, "status beside the black hole")
                check(not any(task.done() for task in lost), "all of that while the others hung")
                for task in lost:
                    answer, took = await task
                    check_equal(answer.status, 504, "status")
                    in_time(took, 3)
                samples = await weir.metrics()
                check_equal(samples['weir_faults_total{fault="connect_timeout"}'], 200, "counted")
                check_equal(samples["weir_exchanges_in_flight"], 0, "in flight afterwards")


@test
async def a_client_that_leaves_a_black_hole_frees_everything():
    with black_hole() as port:
        async with await Weir.start(configuration(port, shards=1, timeouts={"connect_ms": "1m"})) as weir:
            descriptors = count_descriptors(weir)
            clients = [await Client(weir.port).__aenter__() for _ in range(50)]
            for client in clients:
                await client.send(request_bytes(body=chat(), key=KEY))
            await asyncio.sleep(0.3)
            for client in clients:
                client.leave()
            check(await until(lambda: count_descriptors(weir) <= descriptors, 5),
                  f"descriptors: {descriptors} before, {count_descriptors(weir)} afterwards")
            check_equal((await weir.metrics())["weir_exchanges_in_flight"], 0, "in flight afterwards")
    check_equal({line["fault"] for line in weir.log_lines()}, {"client_gone"}, "faults")


def count_descriptors(weir):
    return len(os.listdir(f"/proc/{weir.process.pid}/fd"))


@test
async def a_refusing_and_a_resetting_provider_by_turns():
    """Every second connection is reset at once, before or behind the request: a second attempt gets the answer, as far as
    the budget of attempts goes, and nothing but a 502 comes of the rest."""
    turn = 0

    async def respond(message, connection):
        nonlocal turn
        turn += 1
        if turn % 2:
            return connection.reset()
        return await connection.give(json_answer(DOCUMENT, close="fin"))
    async with Provider(respond) as provider, await Weir.start(configuration(provider.port, shards=1)) as weir:
        statuses = [(await weir.ask(chat())).status for _ in range(60)]
    check(set(statuses) <= {200, 502}, f"statuses: {set(statuses)}")
    check(statuses.count(200) > 50, f"only {statuses.count(200)} of 60 answers came through")


@test
async def answers_in_single_bytes():
    """Every byte of the answer, head and framing too, is a segment of its own."""
    answers = {"stream": sse_answer(*STREAM, split="every-byte"), "document": json_answer(DOCUMENT, split="every-byte"),
               "chunked document": json_answer(DOCUMENT, framing="chunked", split="every-byte")}
    now = {}
    async with Provider(lambda message: now["answer"]) as provider, await Weir.start(configuration(provider.port)) as weir:
        for name, answer in answers.items():
            now["answer"] = answer
            got = await asyncio.gather(*(weir.ask(chat(stream=name == "stream")) for _ in range(20)))
            wanted = WHOLE if name == "stream" else DOCUMENT.encode()
            check(all((a.status, a.complete, a.body) == (200, True, wanted) for a in got), f"{name}: {got[0]}")


@test
async def requests_in_single_bytes():
    data = request_bytes(body=chat(stream=True), key=KEY)
    async with Provider(lambda message: sse_answer(*STREAM)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            async def drip():
                async with Client(weir.port) as client:
                    for byte in data:
                        await client.send(bytes([byte]))
                        await asyncio.sleep(0)
                    check_equal((await client.answer()).body, WHOLE, "body")
            await asyncio.gather(*(drip() for _ in range(20)))
    check_equal({bytes(r.body) for r in provider.requests}, {bytes(provider.requests[0].body)}, "bodies upstream")


@test
async def head_and_body_in_two_writes():
    """With a pause between, with Nagle's algorithm on and off; and the body cut at every place."""
    body = chat(stream=True)
    data = request_bytes(body=body, key=KEY)
    edge = len(data) - len(body)
    async with Provider(lambda message: sse_answer(*STREAM)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            async def ask(cut, nodelay, pause):
                async with Client(weir.port) as client:
                    client.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)
                    await client.send(data[:cut])
                    await asyncio.sleep(pause)
                    await client.send(data[cut:])
                    check_equal((await client.answer()).body, WHOLE, f"body, cut at {cut}")
            for nodelay in (0, 1):
                await asyncio.gather(*(ask(edge, nodelay, pause) for pause in (0, 0.001, 0.05, 0.1)))
            for start in range(1, len(data), 40):
                await asyncio.gather(*(ask(cut, 1, 0.002) for cut in range(start, min(start + 40, len(data)))))
    return f"{len(data) - 1} cuts"


@test
async def a_provider_that_answers_before_it_has_the_request():
    """Some servers refuse a large body early and close. Its words must come through, or a fault; never a hang."""
    body = chat(text="b" * (6 << 20))

    async def early(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"".join(json_answer('{"error":{"message":"Too large.","type":"x","param":null,"code":null}}', 413,
                                          framing="length").writes()))
        await writer.drain()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0.1)
        writer.close()
    server = await asyncio.start_server(early, "127.0.0.1", 0)
    async with server, await Weir.start(configuration(server.sockets[0].getsockname()[1])) as weir:
        answers = [await weir.ask(body) for _ in range(5)]
        for answer in answers:
            check(answer.status in (413, 502), f"status {answer.status}")
            check("error" in json.loads(answer.body), "an error document")
    return f"statuses {[a.status for a in answers]}"


@test
async def nothing_is_left_when_the_provider_vanishes_under_load():
    """Three hundred streams; the provider's process ends, so that all of its connections end at once."""
    endless = sse_answer(*[STREAM[0]] * 5000, gap=0.01)
    provider = Provider(lambda message: endless)
    async with await Weir.start(configuration((await provider.__aenter__()).port)) as weir:
        asking = [asyncio.ensure_future(weir.ask(chat(stream=True))) for _ in range(300)]
        check(await until(lambda: len(provider.requests) == 300, 10), "all streams have begun")
        await asyncio.sleep(0.3)
        await provider.__aexit__(ConnectionError)
        answers = await asyncio.gather(*asking)
        for answer in answers:
            check(answer.status in (200, 502) and answer.complete, f"{answer.status}, complete: {answer.complete}")
            check(b'"error"' in answer.body and b"[DONE]" not in answer.body, f"how it ends: {answer.body[-100:]!r}")
        samples = await weir.metrics()
        for name in ("weir_exchanges_in_flight", 'weir_provider_connections{state="used"}', 'weir_memory_reserved_bytes{use="request"}'):
            check_equal(samples[name], 0, name)


def behind(space, provider, **sections):
    config = configuration(provider.port, shards=1, **sections)
    config["providers"]["local"] |= {"base_url": f"http://{space.address}:{provider.port}/v1",
                                     "warm_connections": 0}  # so that the path is met when a request comes
    return config


@test
async def a_path_that_dies_in_mid_stream_is_told_and_heals():
    """Packets vanish without a word, as when a route is lost: no end, no reset, only silence."""
    answer = sse_answer(*STREAM[:2], *[STREAM[1]] * 200, *STREAM[2:], gap=0.01)
    async with Namespace() as space, Provider(lambda message: answer, listener=space.listener()) as provider:
        async with await Weir.start(behind(space, provider, timeouts={"idle_ms": 700})) as weir:
            asking = [asyncio.ensure_future(weir.ask(chat(stream=True))) for _ in range(20)]
            check(await until(lambda: len(provider.requests) == 20, 10), "all streams have begun")
            await asyncio.sleep(0.3)
            await space.vanish()
            for got in await asyncio.gather(*asking):
                check_equal((got.status, got.complete), (200, True), "status, proper end")
                check(b"[DONE]" not in got.body and b'"stop"' not in got.body, "a finish was made up")
                events = got.body.split(b"\n\n")
                check_equal(json.loads(events[-2][6:])["error"]["type"], "timeout", "the last event")
            check_equal((await weir.metrics())["weir_exchanges_in_flight"], 0, "in flight afterwards")
            await space.come_back()
            check_equal((await weir.ask(chat(stream=True))).body, answer.body, "a stream afterwards")
        check_equal({line.get("fault") for line in weir.log_lines()}, {"idle_timeout", None}, "faults")


@test
async def a_path_that_is_dead_from_the_start_is_a_connect_timeout():
    async with Namespace() as space, Provider(lambda message: json_answer(DOCUMENT), listener=space.listener()) as provider:
        async with await Weir.start(behind(space, provider, timeouts={"connect_ms": 500})) as weir:
            await space.vanish()
            got, took = await timed(weir.ask(chat()))
            check_equal(got.status, 504, "status")
            in_time(took, 0.5)
            await space.come_back()
            check_equal((await weir.ask(chat())).status, 200, "status when the path is back")
        check_equal([line.get("fault") for line in weir.log_lines()], ["connect_timeout", None], "faults")


@test
async def a_pooled_connection_whose_path_died_is_a_first_byte_timeout():
    """It looks alive until somebody waits for an answer on it; the next request does not meet it again."""
    async with Namespace() as space, Provider(lambda message: json_answer(DOCUMENT), listener=space.listener()) as provider:
        async with await Weir.start(behind(space, provider, timeouts={"first_byte_ms": 500, "connect_ms": 500})) as weir:
            check_equal((await weir.ask(chat())).status, 200, "status")
            await space.vanish()
            for fault in ("first_byte_timeout", "connect_timeout"):
                got, took = await timed(weir.ask(chat()))
                check_equal(got.status, 504, "status")
                in_time(took, 0.5)
            await space.come_back()
            check_equal((await weir.ask(chat())).status, 200, "status when the path is back")
        check_equal([line.get("fault") for line in weir.log_lines()], [None, "first_byte_timeout", "connect_timeout", None],
                    "faults")
