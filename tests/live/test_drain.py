"""SIGTERM: nothing new, running exchanges finish, what is cut is said."""
import asyncio
import signal

from harness.client import Client, ask, chat, request_bytes, until
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import check, check_equal, test
from harness.weir import KEY, Weir, configuration
from test_curl import DOCUMENT, STREAM


async def begin_stream(weir, count):
    clients = [await Client(weir.port).__aenter__() for _ in range(count)]
    for client in clients:
        await client.send(request_bytes(body=chat(stream=True), key=KEY))
    for client in clients:
        await asyncio.wait_for(client.reader.readuntil(b"\r\n\r\n"), 5)
    return clients


async def connection_is_refused(port):
    try:
        async with Client(port) as client:
            await client.send(request_bytes(body=chat(), key=KEY))
            return (await client.answer()) is None
    except ConnectionError:
        return True


@test
async def running_streams_finish_and_nothing_new_is_taken():
    answer = sse_answer(*STREAM, gap=0.5)
    async with Provider(lambda message: answer) as provider:
        weir = await Weir.start(configuration(provider.port))
        clients = await begin_stream(weir, 6)
        idle = await Client(weir.port).__aenter__()
        await asyncio.sleep(0.1)
        weir.signal(signal.SIGTERM)
        check_equal(await idle.at_end(2), "end", "an idle connection ends at once")
        check(await until(lambda: "draining" in weir.error_text, 2), "weir says that it drains")
        check(await connection_is_refused(weir.port), "a new connection was served while draining")
        check_equal((await ask(weir.admin_port, method="GET", path="/health/ready")).status, 503, "/health/ready")
        check_equal((await ask(weir.admin_port, method="GET", path="/health/live")).status, 200, "/health/live")
        check_equal((await ask(weir.admin_port, method="GET", path="/metrics")).status, 200, "/metrics")
        for client in clients:
            rest = await asyncio.wait_for(client.reader.read(), 5)
            check(rest.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n"), f"the stream's end: {rest[-60:]!r}")
            check(b" world" in rest and b'"error"' not in rest, "the stream's text")
        check_equal(await weir.ended(5), 0, "exit code")
        check("every exchange was finished" in weir.error_text, weir.error_text)
        check_equal(len(weir.log_lines()), 6, "log lines")
        for client in [*clients, idle]:
            await client.__aexit__()


@test
async def without_work_it_ends_at_once():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        for number in (signal.SIGTERM, signal.SIGINT):
            weir = await Weir.start(configuration(provider.port))
            check_equal((await weir.ask(chat())).status, 200, "status")
            before = asyncio.get_running_loop().time()
            weir.signal(number)
            check_equal(await weir.ended(5), 0, "exit code")
            took = asyncio.get_running_loop().time() - before
            check(took < 1.0, f"it took {took:.2f} s")


@test
async def the_drain_time_out_cuts_and_says_how_many():
    answer = sse_answer(*STREAM[:2], hold_before_close=20, end=False)
    async with Provider(lambda message: answer) as provider:
        weir = await Weir.start(configuration(provider.port, timeouts={"drain_ms": 500}))
        clients = await begin_stream(weir, 5)
        before = asyncio.get_running_loop().time()
        weir.signal()
        check_equal(await weir.ended(6), 0, "exit code")
        took = asyncio.get_running_loop().time() - before
        check(0.45 < took < 1.5, f"it took {took:.2f} s, the limit is 0.5")
        check("5 exchanges were cut" in weir.error_text, weir.error_text)
        for client in clients:
            rest = await client.at_end()
            check(not rest.endswith(b"0\r\n\r\n") if isinstance(rest, bytes) else True, "a cut stream looks complete")
            await client.__aexit__()
        check_equal(len(weir.log_lines()), 5, "log lines")
        check(await until(lambda: provider.open == 0, 2), "connections to the provider are closed")


@test
async def a_second_signal_cuts():
    answer = sse_answer(*STREAM[:2], hold_before_close=20, end=False)
    async with Provider(lambda message: answer) as provider:
        weir = await Weir.start(configuration(provider.port))
        clients = await begin_stream(weir, 3)
        weir.signal()
        check(await until(lambda: "draining" in weir.error_text, 2), "weir says that it drains")
        await asyncio.sleep(0.2)
        check(weir.alive(), "it ended before its streams")
        weir.signal()
        check_equal(await weir.ended(3), 0, "exit code")
        check("second signal" in weir.error_text and "3 exchanges were cut" in weir.error_text, weir.error_text)
        for client in clients:
            await client.__aexit__()


@test
async def hang_up_says_that_it_reloads_nothing():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            weir.signal(signal.SIGHUP)
            check(await until(lambda: "SIGHUP" in weir.error_text, 2), "weir says what it does with SIGHUP")
            check_equal((await weir.ask(chat())).status, 200, "status")


@test
async def requests_under_way_finish_as_well():
    async with Provider(lambda message: json_answer(DOCUMENT, before_head=0.6)) as provider:
        weir = await Weir.start(configuration(provider.port))
        asking = [asyncio.ensure_future(weir.ask(chat())) for _ in range(20)]
        check(await until(lambda: len(provider.requests) == 20, 3), "all requests are upstream")
        weir.signal()
        answers = await asyncio.gather(*asking)
        check_equal([a.status for a in answers], [200] * 20, "statuses")
        check(all(a.get("connection") == "close" for a in answers), "the answers tell the client to close")
        check_equal(await weir.ended(5), 0, "exit code")
