"""Host names of providers: found, late, moved, gone, and servers that are out of order."""
import asyncio
import contextlib
import socket
import time

from harness.client import Client, chat, request_bytes, until
from harness.dns import A, AAAA, NameServer
from harness.provider import Answer, Provider, json_answer
from harness.registry import Skip, check, check_equal, test
from harness.weir import KEY, Weir, configuration
from test_curl import DOCUMENT

HOST = "api.provider.test"
BODY = chat()


def named(port, server, host=HOST, **sections):
    sections.setdefault("shards", 1)
    config = configuration(port, names={"servers": [server.address]}, **sections)
    config["providers"]["local"]["base_url"] = f"http://{host}:{port}/v1"
    config["providers"]["local"]["warm_connections"] = 0
    return config


def once():
    """Answers one request per connection, so that each needs a new one."""
    return json_answer(DOCUMENT, close="fin")


async def timed(weir):
    started = time.monotonic()
    answer = await weir.ask(BODY)
    return answer, time.monotonic() - started


@test
async def a_name_is_asked_for_once_and_both_families():
    async with NameServer({HOST: ["127.0.0.1"]}) as server, Provider(lambda message: once()) as provider:
        async with await Weir.start(named(provider.port, server)) as weir:
            answers = await asyncio.gather(*(weir.ask(BODY) for _ in range(20)))
            check_equal({answer.status for answer in answers}, {200}, "statuses")
            samples = await weir.metrics()
        check_equal(sorted(kind for _, kind, _ in server.asked), [A, AAAA], "questions")
        check_equal(samples['weir_name_lookups_total{result="found"}'], 1, "lookups counted")
        check_equal(provider.requests[0].get("host"), f"{HOST}:{provider.port}", "Host at the provider")


@test
async def a_name_that_does_not_exist_keeps_nobody_from_starting():
    async with NameServer({}) as server, Provider(lambda message: once()) as provider:
        async with await Weir.start(named(provider.port, server)) as weir:
            answer = await weir.ask(BODY)
            check_equal(answer.status, 502, "status")
            check(b"host name does not exist" in answer.body, f"the words: {answer.body}")
            check(await until(lambda: "warning" in weir.error_text and HOST in weir.error_text), f"it says: {weir.error_text}")
            # It comes to exist, and is found without a restart: negative answers are kept for five seconds.
            server.names[HOST] = ["127.0.0.1"]
            deadline = time.monotonic() + 10
            while (await weir.ask(BODY)).status != 200:
                check(time.monotonic() < deadline, "the name is found when it exists")
                await asyncio.sleep(0.2)
        faults = [line.get("fault") for line in weir.log_lines()]
    check_equal(faults[0], "name_not_found", "the fault")


@test
async def slow_servers_are_waited_for():
    async with NameServer({HOST: ["127.0.0.1"]}) as server, Provider(lambda message: once()) as provider:
        server.delay = 0.6
        async with await Weir.start(named(provider.port, server)) as weir:
            answer, took = await timed(weir)
            check_equal(answer.status, 200, "status")
            check(took < 5, f"it took {took:.2f} s")
            check_equal((await weir.ask(BODY)).status, 200, "the second one")
        check_equal(len(server.asked), 2, "questions")


@test
async def silent_servers_are_not_waited_for_longer_than_a_connection():
    async with NameServer({HOST: ["127.0.0.1"]}) as server, Provider(lambda message: once()) as provider:
        server.fall_silent()
        config = named(provider.port, server, timeouts={"connect_ms": 700})
        async with await Weir.start(config) as weir:
            answer, took = await timed(weir)
            check_equal(answer.status, 502, "status")
            check(0.5 < took < 3, f"it took {took:.2f} s")
        check_equal([line["fault"] for line in weir.log_lines()], ["name_unresolved"], "faults")


@test
async def an_outage_uses_the_last_good_answer():
    async with NameServer({HOST: ["127.0.0.1"]}, ttl=1) as server, Provider(lambda message: once()) as provider:
        async with await Weir.start(named(provider.port, server)) as weir:
            check_equal((await weir.ask(BODY)).status, 200, "before the outage")
            server.fall_silent()
            await asyncio.sleep(1.3)
            for _ in range(10):
                answer, took = await timed(weir)
                check_equal(answer.status, 200, "during the outage")
                check(took < 2, f"it took {took:.2f} s")
                await asyncio.sleep(0.1)
            samples = await weir.metrics()
            check(samples["weir_name_stale_answers_used_total"] >= 9, f"stale answers: {samples}")


@test
async def failing_servers_are_an_outage_too():
    async with NameServer({HOST: ["127.0.0.1"]}, ttl=1) as server, Provider(lambda message: once()) as provider:
        async with await Weir.start(named(provider.port, server)) as weir:
            check_equal((await weir.ask(BODY)).status, 200, "before the outage")
            server.failing = True
            await asyncio.sleep(1.3)
            for _ in range(10):
                check_equal((await weir.ask(BODY)).status, 200, "during the outage")


@test
async def a_provider_that_moves_is_followed():
    async with NameServer({HOST: ["127.0.0.1"]}, ttl=1) as server, Provider(lambda message: once()) as provider:
        moved = []

        async def serve(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            moved.append(True)
            for piece in once().writes():
                writer.write(piece)
            await writer.drain()
            writer.close()
        other = await asyncio.start_server(serve, "127.0.0.2", provider.port)
        try:
            async with await Weir.start(named(provider.port, server)) as weir:
                check_equal((await weir.ask(BODY)).status, 200, "at first")
                server.names[HOST] = ["127.0.0.2"]
                before = len(provider.requests)
                deadline = time.monotonic() + 10
                while not moved:
                    check_equal((await weir.ask(BODY)).status, 200, "meanwhile")
                    check(time.monotonic() < deadline, "the new address is used")
                    await asyncio.sleep(0.1)
                check(len(provider.requests) - before <= 12, "the old one only as long as its time allows")
        finally:
            other.close()


@test
async def addresses_where_nobody_listens_cost_nothing():
    names = {HOST: ["127.0.0.3", "127.0.0.4", "127.0.0.1", "::1"]}
    async with NameServer(names) as server, Provider(lambda message: once()) as provider:
        async with await Weir.start(named(provider.port, server)) as weir:
            for _ in range(12):
                answer, took = await timed(weir)
                check_equal(answer.status, 200, "status")
                check(took < 2, f"it took {took:.2f} s")


@test
async def ipv6_comes_first():
    if not socket.has_ipv6:
        raise Skip("this machine has no IPv6")
    async with NameServer({HOST: ["127.0.0.1", "::1"]}) as server, Provider(lambda message: once()) as provider:
        over_six = []

        async def serve(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            over_six.append(True)
            for piece in once().writes():
                writer.write(piece)
            await writer.drain()
            writer.close()
        try:
            other = await asyncio.start_server(serve, "::1", provider.port)
        except OSError:
            raise Skip("this machine has no ::1") from None
        try:
            async with await Weir.start(named(provider.port, server)) as weir:
                for _ in range(5):
                    check_equal((await weir.ask(BODY)).status, 200, "status")
        finally:
            other.close()
        check_equal((len(over_six), len(provider.requests)), (5, 0), "requests over IPv6 and IPv4")


@test
async def an_address_that_says_nothing_is_overtaken():
    """The first address is a listener whose queue is full: its packets vanish."""
    async with NameServer({HOST: ["127.0.0.5", "127.0.0.1"]}) as server, Provider(lambda message: once()) as provider:
        with contextlib.ExitStack() as stack:
            full = stack.enter_context(socket.socket())
            full.bind(("127.0.0.5", provider.port))
            full.listen(0)
            for _ in range(8):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
            async with await Weir.start(named(provider.port, server)) as weir:
                for i in range(6):
                    answer, took = await timed(weir)
                    check_equal(answer.status, 200, "status")
                    check(took < 2, f"number {i} took {took:.2f} s")


@test
async def a_family_whose_questions_vanish_holds_nothing_up():
    async with NameServer({HOST: ["127.0.0.1"]}) as server, Provider(lambda message: once()) as provider:
        server.silent = {AAAA}
        async with await Weir.start(named(provider.port, server)) as weir:
            answer, took = await timed(weir)
            check_equal(answer.status, 200, "status")
            check(took < 1.4, f"it took {took:.2f} s")


@test
async def long_answers_come_by_tcp():
    many = [f"127.0.0.{i}" for i in range(1, 60)]
    async with NameServer({HOST: many}) as server, Provider(lambda message: once()) as provider:
        server.tcp_only = True
        async with await Weir.start(named(provider.port, server)) as weir:
            statuses = {(await weir.ask(BODY)).status for _ in range(8)}
        check_equal(statuses, {200}, "statuses")
        check({how for _, _, how in server.asked} == {"udp", "tcp"}, f"questions: {server.asked}")


@test
async def localhost_needs_no_server():
    async with NameServer({}) as server, Provider(lambda message: once()) as provider:
        server.fall_silent()
        async with await Weir.start(named(provider.port, server, host="localhost")) as weir:
            check_equal((await weir.ask(BODY)).status, 200, "status")
        check_equal(server.asked, [], "questions")


@test
async def an_address_needs_no_server():
    async with NameServer({}) as server, Provider(lambda message: once()) as provider:
        async with await Weir.start(named(provider.port, server, host="127.0.0.1")) as weir:
            check_equal((await weir.ask(BODY)).status, 200, "status")
        check_equal(server.asked, [], "questions")


@test
async def a_question_under_way_delays_neither_a_client_that_leaves_nor_the_end():
    async with NameServer({HOST: ["127.0.0.1"]}) as server, Provider(lambda message: once()) as provider:
        server.fall_silent()
        async with await Weir.start(named(provider.port, server, timeouts={"connect_ms": "20s"})) as weir:
            async with Client(weir.port) as client:
                await client.send(request_bytes(body=BODY, key=KEY))
                check(await until(lambda: server.count(HOST) > 0), "the name is asked for")
                client.leave()
            deadline = time.monotonic() + 5
            while (await weir.metrics())["weir_exchanges_in_flight"] > 0:
                check(time.monotonic() < deadline, "the exchange ends with its client")
                await asyncio.sleep(0.02)
            started = time.monotonic()
            await weir.stop()
            check(time.monotonic() - started < 3, "the end waits for no name server")
        check_equal([line["fault"] for line in weir.log_lines()], ["client_gone"], "faults")
