"""What an answer cost is told to the client, in the log and in the metrics, and an unknown price is never zero."""
import json

from harness.client import chat, until
from harness.provider import Provider
from harness.registry import check, check_equal, test
from harness.weir import Weir, configuration
from test_observed import respond

# The document has 2 tokens of input and 3 of output, the stream 11 and 7.
FACTS = {"local/test-model": {"price": {"input": 0.0375, "output": 150}}}
DOCUMENT_NANO, STREAM_NANO = 2 * 37.5 + 3 * 150_000, 412.5 + 0.5 + 7 * 150_000  # halves upwards


async def log_of(weir, count):
    check(await until(lambda: len(weir.log_lines()) == count, 3), f"{count} lines, there are {len(weir.log_lines())}")
    return weir.log_lines()


@test
async def answers_tell_what_they_cost():
    async with Provider(respond) as provider, await Weir.start(configuration(provider.port, shards=1, model_facts=FACTS)) as weir:
        document = await weir.ask(chat())
        check_equal(document.get("x-weir-cost"), f"{DOCUMENT_NANO / 1e9:.9f}", "the header of a document")
        translated = await weir.ask(json.dumps({"model": "test-model", "max_tokens": 9, "messages": [
            {"role": "user", "content": "Hello?"}]}).encode(), path="/v1/messages")
        check_equal(translated.status, 200, "status")
        check_equal(translated.get("x-weir-cost"), f"{DOCUMENT_NANO / 1e9:.9f}", "the header of a translated one")
        stream = await weir.ask(chat(stream=True))
        check_equal(stream.get("x-weir-cost"), None, "the header of a stream")
        lines = await log_of(weir, 3)
        check_equal([line["cost_nano_usd"] for line in lines], [DOCUMENT_NANO, DOCUMENT_NANO, STREAM_NANO], "log lines")
        metrics = await weir.metrics()
        check_equal(metrics['weir_cost_nano_usd_total{deployment="local/test-model"}'], 2 * DOCUMENT_NANO + STREAM_NANO, "the sum")
        check_equal(metrics['weir_cost_unknown_total{deployment="local/test-model"}'], 0, "unknown prices")


@test
async def an_unknown_price_is_not_zero():
    async with Provider(respond) as provider, await Weir.start(configuration(provider.port)) as weir:
        document = await weir.ask(chat())
        check_equal((document.status, document.get("x-weir-cost")), (200, None), "status and header")
        lines = await log_of(weir, 1)
        check("cost_nano_usd" not in lines[0], "the log line tells no cost")
        metrics = await weir.metrics()
        check_equal((metrics['weir_cost_nano_usd_total{deployment="local/test-model"}'], metrics['weir_cost_unknown_total{deployment="local/test-model"}']), (0, 1), "counters")


@test
async def an_unknown_price_can_be_blocked():
    facts = {"local/known": FACTS["local/test-model"]}
    blocked = configuration(provider_port=1, models=("known",), model_facts=facts, unknown_price="block",
                            expose_provider_models=True)
    async with Provider(respond) as provider:
        blocked["providers"]["local"]["base_url"] = f"http://127.0.0.1:{provider.port}/v1"
        async with await Weir.start(blocked) as weir:
            statuses = [(await weir.ask(chat(model=name))).status for name in ("known", "local/known", "local/unknown")]
            check_equal(statuses, [200, 200, 404], "statuses")


@test
async def prices_that_are_shipped_need_no_configuration():
    config = lambda port: configuration(port, models=("gpt-4o-mini",))
    async with Provider(respond) as provider, await Weir.start(config(provider.port)) as weir:
        document = await weir.ask(chat(model="gpt-4o-mini"))
        # $0.15 and $0.60 for a million tokens.
        check_equal(document.get("x-weir-cost"), f"{(2 * 150 + 3 * 600) / 1e9:.9f}", "the header")
