"""What one client, or a crowd of them, cannot do: crowd out others, hold memory for ever, use up the descriptors."""
import asyncio
import json
import os

from harness.client import Client, ask, chat, request_bytes
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import check, check_equal, test
from harness.weir import KEY, Weir, configuration
from test_curl import DOCUMENT, STREAM

# Loopback is exempt from the limits per client unless somebody else is named.
NOBODY = ["192.0.2.1"]


def descriptors(weir):
    return len(os.listdir(f"/proc/{weir.process.pid}/fd"))


async def gauge(weir, name, value):
    """Waits until a metric has a value: connections end a moment after their client saw the end."""
    for _ in range(200):
        if (got := (await weir.metrics())[name]) == value:
            return
        await asyncio.sleep(0.05)
    check_equal(got, value, name)


@test
async def connections_of_one_address_beyond_its_limit_get_429():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        limits = {"max_client_connections": 3, "exempt_clients": NOBODY}
        async with await Weir.start(configuration(provider.port, shards=2, limits=limits)) as weir:
            kept = [await Client(weir.port).__aenter__() for _ in range(3)]
            for client in kept:
                await client.send(request_bytes(body=chat(), key=KEY))
                check_equal((await client.answer()).status, 200, "status within the limit")
            async with Client(weir.port) as client:
                await client.send(request_bytes(body=chat(), key=KEY))
                answer = await client.answer()
                check_equal(answer.status, 429, "status of the fourth")
                check(int(answer.get("retry-after")) >= 1, "retry-after")
                check_equal(json.loads(answer.body)["error"]["type"], "rate_limit_error", "error type")
            m = await weir.metrics()
            check_equal(m['weir_faults_total{fault="client_limit"}'], 1, "counted")
            check_equal(m["weir_client_limit_refused_total"], 1, "counted by the gate")
            check_equal(m["weir_connections_per_client_limit"], 3, "the limit")
            for client in kept:
                await client.__aexit__()
            await gauge(weir, "weir_client_connections", 0)
            for _ in range(5):  # connections that have ended are not counted
                check_equal((await weir.ask(chat())).status, 200, "status when they have left")


@test
async def loopback_is_exempt_unless_others_are_named():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port, limits={"max_client_connections": 1})) as weir:
            async with Client(weir.port):
                check_equal((await weir.ask(chat())).status, 200, "status of a second connection")
        limits = {"max_client_connections": 1, "exempt_clients": ["127.0.0.0/8"]}
        async with await Weir.start(configuration(provider.port, limits=limits)) as weir:
            async with Client(weir.port):
                check_equal((await weir.ask(chat())).status, 200, "status from a trusted range")


@test
async def a_flood_of_refused_connections_costs_few_descriptors():
    """The first few are told why, the others are reset at once; who is inside is served as ever."""
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        limits = {"max_connections": 2, "max_refusals": 4}
        async with await Weir.start(configuration(provider.port, shards=1, limits=limits)) as weir:
            kept = [await Client(weir.port).__aenter__() for _ in range(2)]
            for client in kept:  # so that both are inside, and not on their way
                await client.send(request_bytes(body=chat(), key=KEY))
                check_equal((await client.answer()).status, 200, "status")
            before = descriptors(weir)
            told = reset = 0
            flood = []
            for _ in range(60):
                try:
                    flood.append(await Client(weir.port).__aenter__())
                except ConnectionError:  # reset before connect() had returned
                    reset += 1
            await asyncio.sleep(0.2)
            most = descriptors(weir)
            check(most <= before + 4 + 3, f"{most - before} descriptors more during the flood")
            for client in flood:
                end = await client.at_end()
                told += isinstance(end, bytes) and end.startswith(b"HTTP/1.1 503")
                reset += end == "reset"
                await client.__aexit__()
            check_equal(told + reset, 60, "connections told or reset")
            check(told >= 4, f"{told} were told why")
            check(reset > 0, "nobody was reset")
            m = await weir.metrics()
            check_equal(m["weir_reset_connections_total"], reset, "counted")
            for client in kept:
                await client.send(request_bytes(body=chat(), key=KEY))
                check_equal((await client.answer()).status, 200, "status of who was inside")
                await client.__aexit__()
    return f"{told} told, {reset} reset"


@test
async def a_body_that_trickles_does_not_extend_its_time():
    """One byte now and then is progress, but not at the rate that earns more time."""
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        config = configuration(provider.port, timeouts={"client_body_ms": 700}, limits={"min_body_rate": 4096})
        async with await Weir.start(config) as weir:
            head = request_bytes(body=b"x" * (8 << 20), key=KEY)[:-(8 << 20)]
            async with Client(weir.port) as client:
                await client.send(head + b'{"model": "test-model", "messages": [')

                async def trickle():
                    while True:
                        await client.send(b" ")
                        await asyncio.sleep(0.05)
                sending = asyncio.ensure_future(trickle())
                answer = await client.answer(patience=15)
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
                check_equal(answer and answer.status, 408, "status")
            await gauge(weir, 'weir_memory_reserved_bytes{use="request"}', 0)
        check_equal(provider.requests, [], "requests upstream")
    check_equal(weir.log_lines()[0]["fault"], "client_timeout", "fault")


@test
async def a_body_that_is_slow_but_fast_enough_is_taken():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        config = configuration(provider.port, timeouts={"client_body_ms": 1500}, limits={"min_body_rate": 1000})
        async with await Weir.start(config) as weir:
            body = chat(text="s" * 60_000)
            request = request_bytes(body=body, key=KEY)
            async with Client(weir.port) as client:  # 3 seconds at 20 times the rate, over twice the plain time
                for at in range(0, len(request), 2000):
                    await client.send(request[at:at + 2000])
                    await asyncio.sleep(0.1)
                check_equal((await client.answer()).status, 200, "status")
            check_equal(provider.requests[0].body, body, "body upstream")


@test
async def a_shard_full_of_bodies_answers_small_requests():
    """All memory for bodies is promised to clients that do not send theirs."""
    async with Provider(lambda m: sse_answer(*STREAM) if b'"stream"' in m.body else json_answer(DOCUMENT)) as provider:
        config = configuration(provider.port, shards=1, limits={"max_body_bytes": "4MiB", "max_buffered_bytes": "32MiB"})
        async with await Weir.start(config) as weir:
            head = request_bytes(body=b"x" * (4 << 20), key=KEY)[:-(4 << 20)]
            senders = [await Client(weir.port).__aenter__() for _ in range(12)]
            for client in senders:
                await client.send(head + b"x" * 100_000)
            refused = 0
            for client in senders:
                try:
                    answer = await client.answer(patience=0.5)
                    check_equal(answer.status, 503, "status of a large body beyond the memory")
                    check(int(answer.get("retry-after")) >= 1, "retry-after")
                    refused += 1
                except asyncio.TimeoutError:
                    pass
            check(0 < refused < 12, f"{refused} of 12 were refused")
            for _ in range(5):
                for stream in (False, True):
                    check_equal((await weir.ask(chat(stream=stream))).status, 200, "status of a small request")
                check_equal((await ask(weir.port, method="GET", path="/v1/models", key=KEY)).status, 200, "models")
            check((await weir.metrics())['weir_memory_refused_total{use="request"}'] >= refused, "counted")
            for client in senders:
                client.leave()
            await gauge(weir, 'weir_memory_reserved_bytes{use="request"}', 0)
            check_equal((await weir.ask(chat(text="l" * 3_000_000))).status, 200, "a large one afterwards")
    return f"{refused} of 12 refused"


@test
async def readers_that_stall_hold_a_bounded_amount():
    """And nobody else waits for them."""
    flood = [STREAM[0].replace("Hello", "f" * 8000)] * 4000  # 32 MB each

    async with Provider(lambda m: sse_answer(*flood) if b"flood" in m.body else sse_answer(*STREAM)) as provider:
        async with await Weir.start(configuration(provider.port, shards=1)) as weir:
            stalled = []
            for _ in range(20):
                client = await Client(weir.port, receive_buffer=4096).__aenter__()
                client.writer.transport.pause_reading()
                await client.send(request_bytes(body=chat(stream=True, text="flood"), key=KEY))
                stalled.append(client)
            held = 0
            for _ in range(40):  # until nothing moves any more
                before, held = held, (await weir.metrics())["weir_buffer_bytes"]
                if held == before and held > 0:
                    break
                await asyncio.sleep(0.25)
            check(held <= 20 * 128 * 1024, f"{held / 20 / 1024:.0f} KiB of buffers per stalled stream")
            for _ in range(10):
                answer = await ask(weir.port, chat(stream=True), key=KEY)
                check_equal(answer.body, "".join(STREAM).encode(), "another client's stream")
            for client in stalled:
                client.leave()
            await gauge(weir, 'weir_memory_reserved_bytes{use="answer"}', 0)
            await gauge(weir, 'weir_memory_reserved_bytes{use="held"}', 0)
    return f"{held / 20 / 1024:.0f} KiB of buffers each"
