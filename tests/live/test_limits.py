"""What is bounded: connections, bytes, and who may come in without a key."""
import asyncio
import json

from harness.client import Client, ask, chat, request_bytes
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import check, check_equal, test
from harness.weir import KEY, Weir, configuration
from test_curl import DOCUMENT, STREAM


@test
async def connections_beyond_the_limit_get_503():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        config = configuration(provider.port, shards=1, limits={"max_connections": 4})
        async with await Weir.start(config) as weir:
            kept = [await Client(weir.port).__aenter__() for _ in range(4)]
            for client in kept:
                await client.send(request_bytes(body=chat(), key=KEY))
                check_equal((await client.answer()).status, 200, "status within the limit")
            async with Client(weir.port) as client:
                await client.send(request_bytes(body=chat(), key=KEY))
                answer = await client.answer()
                check_equal(answer.status, 503, "status of the fifth")
                check(int(answer.get("retry-after")) >= 1, "retry-after")
                check("error" in json.loads(answer.body), "an OpenAI error")
            await kept.pop().__aexit__()
            await asyncio.sleep(0.1)
            check_equal((await weir.ask(chat())).status, 200, "status when one has left")
            for client in kept:
                await client.__aexit__()


@test
async def bodies_beyond_the_memory_limit_get_503_and_the_rest_goes_on():
    """Requests of 4 MiB against room for a few of them: none is lost, none brings weir down."""
    body = chat(text="m" * (4 << 20))
    async with Provider(lambda message: json_answer(DOCUMENT, before_head=0.3)) as provider:
        config = configuration(provider.port, shards=1, limits={"max_body_bytes": "5MiB", "max_buffered_bytes": "16MiB"})
        async with await Weir.start(config) as weir:
            answers = await asyncio.gather(*(weir.ask(body) for _ in range(24)))
            statuses = [a.status for a in answers]
            check(set(statuses) == {200, 503}, f"statuses {sorted(set(statuses))}")
            check(all(int(a.get("retry-after")) >= 1 for a in answers if a.status == 503), "retry-after")
            check_equal(len(provider.requests), statuses.count(200), "requests upstream")
            check(all(r.body == body for r in provider.requests), "bodies upstream")
            m = await weir.metrics()
            check_equal(m['weir_memory_reserved_bytes{use="request"}'], 0, "reserved bytes afterwards")
            check_equal(m['weir_faults_total{fault="shed"}'], statuses.count(503), "counted")
            check_equal((await weir.ask(chat())).status, 200, "status afterwards")
    return f"{statuses.count(200)} served, {statuses.count(503)} refused"


@test
async def without_keys_everybody_on_loopback_is_served():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port, keys=[])) as weir:
            for key in (None, "sk-anything"):
                check_equal((await weir.ask(chat(), key=key)).status, 200, f"status with {key}")
        check(all(b"sk-anything" not in r.raw_head for r in provider.requests), "a client's key was sent upstream")


@test
async def anonymous_clients_are_served_where_allowed_but_wrong_keys_are_not():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port, allow_anonymous=True)) as weir:
            for key, status in ((None, 200), (KEY, 200), ("sk-wrong", 401)):
                check_equal((await weir.ask(chat(), key=key)).status, status, f"status with {key}")


@test
async def a_model_of_a_provider_may_be_named_where_that_is_exposed():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port, expose_provider_models=True)) as weir:
            check_equal((await weir.ask(chat(model="local/any/model-1"))).status, 200, "status")
            check_equal(json.loads(provider.requests[0].body)["model"], "any/model-1", "model upstream")
        async with await Weir.start(configuration(provider.port)) as weir:
            check_equal((await weir.ask(chat(model="local/any/model-1"))).status, 404, "status where it is not")


@test
async def a_stream_of_one_client_does_not_wait_for_another():
    """A reader that stalls on one connection, on the only shard, delays nobody."""
    flood = sse_answer(*[STREAM[0].replace("Hello", "f" * 30000)] * 400)
    async with Provider(lambda m: flood if b"flood" in m.body else sse_answer(*STREAM)) as provider:
        async with await Weir.start(configuration(provider.port, shards=1)) as weir:
            async with Client(weir.port, receive_buffer=4096) as stalled:
                stalled.writer.transport.pause_reading()
                await stalled.send(request_bytes(body=chat(stream=True, text="flood"), key=KEY))
                await asyncio.sleep(0.3)
                for _ in range(20):
                    answer = await ask(weir.port, chat(stream=True), key=KEY, patience=2)
                    check_equal(answer.body, "".join(STREAM).encode(), "another client's stream")
                stalled.leave()
