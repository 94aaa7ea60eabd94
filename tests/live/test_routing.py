"""What the file says of routing holds: attempts, several credentials, limits of cost; and /explain knows what happened."""
import asyncio
import json
import tempfile
from pathlib import Path

from harness.client import ask, chat, until
from harness.provider import Provider, json_answer
from harness.registry import check, check_equal, test
from harness.weir import UPSTREAM_KEY, Weir, configuration
from test_curl import DOCUMENT

FAILURE = json.dumps({"error": {"message": "down", "type": "server_error"}})
REFUSAL = json.dumps({"error": {"message": "bad key", "type": "invalid_request_error", "code": "invalid_api_key"}})


def works(message):
    return json_answer(DOCUMENT)


def fails(message):
    return json_answer(FAILURE, status=500)


def of(first, second, breaker=None, **route):
    """A model whose deployments are with these two providers."""
    local = lambda port: {"kind": "openai", "base_url": f"http://127.0.0.1:{port}/v1", "credential": "env:UPSTREAM_KEY"}
    config = configuration(shards=1, providers={"first": local(first.port), "second": local(second.port)})
    config["models"] = {"test-model": {"deployments": ["first/x", {"deployment": "second/y", "tags": ["b"]}], **route}}
    return {**config, "breaker": breaker} if breaker else config


async def explain(weir, body, query=""):
    return await ask(weir.admin_port, body, path="/explain" + query)


@test
async def explain_tells_who_is_asked_and_why_not():
    async with Provider(fails) as first, Provider(works) as second, \
            await Weir.start(of(first, second, breaker={"failures_in_a_row": 1, "cooldown_ms": "5m"})) as weir:
        before = (await explain(weir, chat())).body.decode().splitlines()
        check(before[0].startswith("model test-model, strategy priority: about "), f"the head: {before[0]}")
        check([line.split(":")[0] for line in before[1:]] == ["1. first/x", "2. second/y"], f"as written: {before}")
        check_equal(((await weir.ask(chat())).status, len(first.requests), len(second.requests)), (200, 1, 1), "failover")
        after = (await explain(weir, chat())).body.decode().splitlines()
        check(after[1].startswith("1. second/y: "), f"the other one is first: {after}")
        check(after[2].startswith("- first/x: breaker open (failures_in_a_row) for "), f"the first is shut: {after}")
        told = json.loads((await explain(weir, chat(), "?format=json")).body)
        check_equal([(c["provider"], c["unfit"], c["breaker"]["state"]) for c in told["candidates"]],
                    [("second", "none", "closed"), ("first", "breaker", "open")], "as JSON")
        check_equal((len(first.requests), len(second.requests)), (1, 1), "requests: who only asks is not served")


@test
async def explain_takes_no_turn():
    async with Provider(works) as first, Provider(works) as second, await Weir.start(
            of(first, second, strategy="weighted", affinity=False)) as weir:
        for _ in range(4):
            await explain(weir, chat())
            check_equal((await weir.ask(chat())).status, 200, "status")
        check_equal((len(first.requests), len(second.requests)), (2, 2), "requests, evenly")


@test
async def explain_refuses_what_is_no_request():
    async with Provider(works) as first, Provider(works) as second, await Weir.start(of(first, second)) as weir:
        cases = {"?model=nobody": (chat(), 400, "no model"), "?dialect=latin": (chat(), 400, "no such dialect"),
                 "": (b"{", 400, "not a request"), "?": (b"", 400, "not a request")}
        for query, (body, status, words) in cases.items():
            answer = await explain(weir, body, query)
            check_equal(answer.status, status, f"status of {query}")
            check(words in answer.body.decode(), f"{query} is told: {answer.body}")
        check_equal((await ask(weir.admin_port, method="GET", path="/explain")).status, 405, "GET")
        gemini = json.dumps({"contents": [{"role": "user", "parts": [{"text": "Hello?"}]}]}).encode()
        answer = await explain(weir, gemini, "?dialect=gemini&model=test-model")
        check_equal(answer.status, 200, "another dialect")


@test
async def one_attempt_is_no_failover():
    async with Provider(fails) as first, Provider(works) as second, await Weir.start(of(first, second, attempts=1)) as weir:
        check_equal((await weir.ask(chat())).status, 500, "status")
        check_equal((len(first.requests), len(second.requests)), (1, 0), "requests")


@test
async def required_tags_choose():
    async with Provider(works) as first, Provider(works) as second, await Weir.start(of(first, second, require_tags=["b"])) as weir:
        check_equal((await weir.ask(chat())).status, 200, "status")
        check_equal((len(first.requests), len(second.requests)), (0, 1), "requests")


@test
async def what_is_likely_to_cost_too_much_is_not_sent():
    async with Provider(works) as provider:
        config = configuration(provider.port, model_facts={"local/x": {"price": {"input": 1, "output": 10}}})
        config["models"] = {"test-model": {"deployments": ["local/x"], "max_cost": 0.001}}
        async with await Weir.start(config) as weir:
            check_equal((await weir.ask(chat(max_tokens=50))).status, 200, "a short answer")
            dear = await weir.ask(chat(max_tokens=5000))
            check(dear.status == 400 and b"would cost about $0.05000" in dear.body, f"a long one: {dear.status} {dear.body}")
            check_equal(len(provider.requests), 1, "requests")


@test
async def another_credential_is_tried():
    def respond(message):
        if message.get("authorization") == f"Bearer {UPSTREAM_KEY}":
            return json_answer(DOCUMENT)
        return json_answer(REFUSAL, status=401)

    with tempfile.TemporaryDirectory() as folder:
        stale = Path(folder) / "stale"
        stale.write_text("sk-stale\n")
        async with Provider(respond) as provider:
            config = configuration(provider.port)
            config["providers"]["local"] = {"kind": "openai", "base_url": f"http://127.0.0.1:{provider.port}/v1",
                                            "credentials": [f"file:{stale}", "env:UPSTREAM_KEY"]}
            async with await Weir.start(config) as weir:
                check_equal([(await weir.ask(chat())).status for _ in range(3)], [200] * 3, "statuses")


@test
async def what_goes_on_from_a_stored_answer_stays_with_its_keeper():
    def keeper(name):
        def respond(message):
            number = len(providers[name].requests)
            return json_answer(json.dumps({"id": f"resp_{name}_{number}", "object": "response", "status": "completed",
                                           "output": [], "usage": {"input_tokens": 1, "output_tokens": 1}}))
        return respond

    providers = {}
    async with Provider(keeper("first")) as first, Provider(keeper("second")) as second:
        providers.update(first=first, second=second)
        config = of(first, second, strategy="weighted", affinity=False)
        for provider in config["providers"].values():
            provider["dialects"] = ["openai_responses"]
        async with await Weir.start(config) as weir:
            async def say(**more):
                body = json.dumps({"model": "test-model", "input": "Hello?", **more}).encode()
                answer = await weir.ask(body, path="/v1/responses")
                check_equal(answer.status, 200, f"status of {more}")
                return json.loads(answer.body)["id"]

            begun = [await say() for _ in range(2)]
            check_equal(sorted(begun), ["resp_first_1", "resp_second_1"], "in turns")
            for previous in begun:
                keeper_name = previous.split("_")[1]
                for _ in range(4):
                    previous = await say(previous_response_id=previous)
                    check_equal(previous.split("_")[1], keeper_name, "who keeps it")
            check_equal(len({(await say(previous_response_id="resp_unknown")).split("_")[1] for _ in range(2)}), 2,
                        "who is asked for what nobody is known to keep")


async def an_exhausted_chain_is_told():
    async with Provider(fails) as first, Provider(lambda message: fails(message) if b"down" in message.body else works(message)) \
            as second, await Weir.start(of(first, second)) as weir:
        counter = 'weir_chain_exhausted_total{model="test-model"}'
        check_equal((await weir.metrics())[counter], 0, "before")
        check_equal((await weir.ask(chat())).status, 200, "the second answers")
        answer = await weir.ask(chat(text="all down"))
        check_equal(answer.status, 500, "nobody answers")
        check_equal((await weir.metrics())[counter], 1, "afterwards")
        check(await until(lambda: len(weir.log_lines()) == 2, 3), "two log lines")
        rescued, lost = weir.log_lines()
        check_equal((rescued["trail"], rescued.get("exhausted")), ("first/x 500", None), "of the one that was answered")
        check_equal((lost["trail"], lost["exhausted"], lost["attempts"]),
                    (answer.get("x-weir-attempts"), True, 3), "of the other one")


@test
async def what_nobody_would_take_exhausts_nothing():
    def refuses(message):
        return json_answer(json.dumps({"error": {"message": "too hot", "type": "invalid_request_error"}}), status=400)

    async with Provider(refuses) as first, Provider(works) as second, await Weir.start(of(first, second)) as weir:
        check_equal((await weir.ask(chat())).status, 400, "status")
        check_equal((await weir.metrics())['weir_chain_exhausted_total{model="test-model"}'], 0, "exhausted")
        check(await until(lambda: len(weir.log_lines()) == 1, 3), "a log line")
        check_equal([name for name in ("trail", "exhausted") if name in weir.log_lines()[0]], [], "more than the status")


def limited(message):
    return json_answer(DOCUMENT, headers=[
        ("content-type", "application/json"), ("x-ratelimit-limit-requests", "100"),
        ("x-ratelimit-remaining-requests", "25"), ("x-ratelimit-reset-requests", "1m0s")])


@test
async def metrics_know_each_deployment():
    facts = {"second/y": {"price": {"input": 1, "output": 10}}}
    async with Provider(fails) as first, Provider(limited) as second:
        config = of(first, second, breaker={"failures_in_a_row": 1, "cooldown_ms": "5m"})
        async with await Weir.start({**config, "model_facts": facts}) as weir:
            idle = await weir.metrics()
            check_equal((idle['weir_breaker_state{deployment="first/x",state="closed"}'],
                         idle['weir_deployment_success_ratio{deployment="first/x"}'],
                         idle.get('weir_deployment_ttft_seconds{deployment="second/y"}')), (1, 1, None), "at the start")
            for _ in range(2):
                check_equal((await weir.ask(chat())).status, 200, "status")
            m = await weir.metrics()
            samples = lambda name, deployment: {
                labels.partition(",")[2].rstrip("}"): value for full, value in m.items()
                for metric, _, labels in [full.partition("{")] if metric == name and f'deployment="{deployment}"' in labels}
            check_equal(samples("weir_attempts_total", "first/x"), {'outcome="success"': 0, 'outcome="overload"': 1}, "attempts")
            check_equal(samples("weir_attempts_total", "second/y"), {'outcome="success"': 2}, "attempts")
            opened = {f'state="{state}"': float(state == "open") for state in ("closed", "open", "half_open", "slow_start")}
            check_equal(samples("weir_breaker_state", "first/x"), opened, "the breaker")
            check_equal(samples("weir_deployment_in_flight", "second/y"), {"": 0}, "in flight")
            check_equal(samples("weir_deployment_success_ratio", "first/x"), {"": 0.5}, "successes")
            check_equal(samples("weir_deployment_headroom_ratio", "second/y"),
                        {'limit="requests"': 0.25, 'limit="tokens"': 1}, "headroom")
            check(0 <= samples("weir_deployment_ttft_seconds", "second/y")[""] < 5, "time to first content")
            check(0 < samples("weir_deployment_ttft_p95_seconds", "second/y")[""] < 5, "its 95th percentile")
            check_equal(samples("weir_cost_nano_usd_total", "second/y"), {"": 2 * (2 * 1000 + 3 * 10000)}, "cost")
            check_equal(samples("weir_tokens_total", "second/y"), {'type="input"': 4, 'type="output"': 6}, "tokens")
            check(not any(name.startswith('weir_attempts_total{deployment="first/*"') for name in m), "direct ones: not exposed")


@test
async def a_budget_that_is_used_up_is_counted():
    full = lambda message: json_answer(FAILURE, status=429)
    patient = {"refusals": 1000}  # nobody is left alone
    async with Provider(full) as first, Provider(full) as second, await Weir.start(of(first, second, patient)) as weir:
        statuses = {answer.status for answer in await asyncio.gather(*(weir.ask(chat()) for _ in range(200)))}
        check_equal(statuses, {429}, "statuses")
        m = await weir.metrics()
        # A hundred are saved up, and each request adds a fifth.
        check(0 < m['weir_retries_refused_total{provider="first"}'] <= 200, "refused second attempts at the first")
        check_equal(m['weir_chain_exhausted_total{model="test-model"}'], 200, "exhausted")
        asked = sum(value for name, value in m.items() if name.startswith("weir_attempts_total"))
        check_equal(asked, len(first.requests) + len(second.requests), "attempts")


@test
async def models_that_are_addressed_directly_have_one_label():
    async with Provider(works) as provider:
        config = {**configuration(provider.port), "expose_provider_models": True}
        async with await Weir.start(config) as weir:
            for model in ("local/a", "local/b"):
                check_equal((await weir.ask(chat(model=model))).status, 200, "status")
            m = await weir.metrics()
            check_equal(m['weir_attempts_total{deployment="local/*",outcome="success"}'], 2, "attempts")
            check_equal(m['weir_chain_exhausted_total{model="*/*"}'], 0, "exhausted")


@test
async def a_request_says_who_may_answer():
    async with Provider(works) as first, Provider(works) as second, await Weir.start(of(first, second)) as weir:
        asked = lambda: (len(first.requests), len(second.requests))
        check_equal((await weir.ask(chat(), headers=list({"x-weir-tags": "b"}.items()))).status, 200, "a tag of the second")
        check_equal(asked(), (0, 1), "requests")
        check_equal((await weir.ask(chat(), headers=list({"x-weir-forbid-tags": "b, c"}.items()))).status, 200, "not the second")
        check_equal(asked(), (1, 1), "requests")
        for fields in ({"x-weir-tags": "b,mars"}, {"x-weir-tags": "b", "x-weir-forbid-tags": "b"}):
            answer = await weir.ask(chat(), headers=list(fields.items()))
            check_equal((answer.status, json.loads(answer.body)["error"]["code"]), (400, "no_deployment"), f"{fields}")
        check_equal(asked(), (1, 1), "requests")
        for message in first.requests + second.requests:
            check_equal([name for name, _ in message.headers if name.lower().startswith("x-weir")], [], "fields at the provider")


@test
async def a_request_says_what_it_may_cost():
    facts = {"local/test-model": {"price": {"input": 1, "output": 10}}}
    async with Provider(works) as provider, await Weir.start(configuration(
            provider.port, model_facts=facts, expose_provider_models=True)) as weir:
        for model in ("test-model", "local/test-model"):  # one deployment, and one that is addressed directly
            body = chat(model=model, max_tokens=1000)
            check_equal((await weir.ask(body, headers=list({"x-weir-max-cost": "0.02"}.items()))).status, 200, f"{model}: enough")
            dear = await weir.ask(body, headers=list({"x-weir-max-cost": "0.002"}.items()))
            check(dear.status == 400 and b"would cost about $0.01000" in dear.body, f"{model}: too little: {dear.body}")
        check_equal(len(provider.requests), 2, "requests")


@test
async def fields_that_cannot_be_read_are_named():
    async with Provider(works) as first, Provider(works) as second, await Weir.start(of(first, second)) as weir:
        for name, value in (("x-weir-tags", "a b"), ("x-weir-tags", ""), ("X-Weir-Forbid-Tags", ","), ("x-weir-max-cost", "cheap")):
            for path in ("/v1/chat/completions", "/v1/messages"):
                body = json.dumps({"model": "test-model", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}).encode()
                answer = await weir.ask(body, headers=list({name: value}.items()), path=path)
                check_equal(answer.status, 400, f"status of {name}: {value}")
                check(name.lower() in json.loads(answer.body)["error"]["message"], f"it is named: {answer.body}")
        check_equal(len(first.requests) + len(second.requests), 0, "requests")
        check_equal((await weir.metrics())['weir_faults_total{fault="header_invalid"}'], 8, "the metric")


@test
async def a_field_that_weir_does_not_know_is_told():
    # What a slip in a field must not do: let a request go where it must not go.
    slips = ("x-weir-forbid-tgas", "X-WEIR-FORBID-TAG", "x_weir_forbid_tags", "x-weir-", "x-weir-cost", "x-weir-" + "a" * 500)
    paths = ("/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1beta/models/test-model:generateContent",
             "/v1/messages/count_tokens", "/v1/responses/resp_1", "/v1/models", "/v1/models/test-model")
    body = json.dumps({"model": "test-model", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}).encode()
    async with Provider(works) as first, Provider(works) as second, await Weir.start(of(first, second)) as weir:
        for path in paths:
            for slip in slips:
                method = "GET" if path in ("/v1/models", "/v1/models/test-model", "/v1/responses/resp_1") else "POST"
                fields = [("x-weir-tags", "b"), (slip, "b"), (slip, "b")]
                answer = await weir.ask(body if method == "POST" else b"", headers=fields, path=path, method=method)
                check_equal(answer.status, 400, f"status of {path} with {slip}")
                told = json.loads(answer.body)["error"]["message"]
                check(f" {slip[:64]}: There is no such field." in told and "x-weir-forbid-tags" in told,
                      f"it is named, and which there are: {told}")
        explained = await ask(weir.admin_port, chat(), headers=[("x-weir-tgas", "b")], path="/explain")
        check(explained.status == 400 and b"x-weir-tgas" in explained.body, f"explain: {explained}")
        check_equal(len(first.requests) + len(second.requests), 0, "requests")
        check_equal((await weir.metrics())['weir_faults_total{fault="header_invalid"}'], len(paths) * len(slips), "the metric")
        right = [(name.upper(), value) for name, value in (("x-weir-tags", "b"), ("x-weir-session", "s"), ("x-weir-max-cost", "1"))]
        check_equal((await weir.ask(body, headers=[*right, ("x-weird", "b")])).status, 200, "what is right, or none of ours")


@test
async def explain_knows_what_the_head_says():
    async with Provider(works) as first, Provider(works) as second, await Weir.start(of(first, second)) as weir:
        with_fields = lambda fields: ask(weir.admin_port, chat(), headers=list(fields.items()), path="/explain")
        told = (await with_fields({"x-weir-tags": "b"})).body.decode().splitlines()
        check([line.split(";")[0] for line in told[1:]] == ["1. second/y: price not known", "- first/x: lacks a required tag, or has a forbidden one"],
              f"the second alone: {told}")
        wrong = await with_fields({"x-weir-max-cost": "1,5"})
        check_equal(wrong.status, 400, "status")
        check(b"x-weir-max-cost" in wrong.body, f"it is named: {wrong.body}")
