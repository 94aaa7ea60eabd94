"""A stream that breaks off goes on with another deployment (`after_commit: stitch`), and the client sees one answer."""
import json

from harness.client import chat, until
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import check, check_equal, test
from harness.weir import Weir, configuration

FAST = [("x-simulate", "interval-ms=0")]
QUESTION = "What are you?"
CLIENTS = {
    "openai_chat": ("/v1/chat/completions", {"stream": True, "stream_options": {"include_usage": True},
                                             "messages": [{"role": "user", "content": QUESTION}]}),
    "openai_responses": ("/v1/responses", {"stream": True, "store": False, "input": QUESTION}),
    "anthropic_messages": ("/v1/messages", {"stream": True, "max_tokens": 400,
                                            "messages": [{"role": "user", "content": QUESTION}]}),
    "gemini": ("/v1beta/models/m:streamGenerateContent?alt=sse", {"contents": [{"role": "user", "parts": [{"text": QUESTION}]}]}),
    "array": ("/v1beta/models/m:streamGenerateContent", {"contents": [{"role": "user", "parts": [{"text": QUESTION}]}]}),
}


def payloads(client, body):
    """The JSON of every frame, and the comments."""
    text = body.decode()
    if client == "array":
        return json.loads(text), []
    lines = text.splitlines()
    data = [line[6:] for line in lines if line.startswith("data: ")]
    return [json.loads(one) for one in data if one != "[DONE]"], [line for line in lines if line.startswith(":")]


def text_of(client, events):
    if client == "openai_chat":
        return "".join(c["delta"].get("content") or "" for e in events for c in e.get("choices", []))
    if client == "openai_responses":
        return "".join(e["delta"] for e in events if e["type"] == "response.output_text.delta")
    if client == "anthropic_messages":
        return "".join(e["delta"].get("text", "") for e in events if e["type"] == "content_block_delta")
    return "".join(p.get("text", "") for e in events for c in e.get("candidates", []) for p in c.get("content", {}).get("parts", []))


def finishes(client, events):
    if client == "openai_chat":
        return [c["finish_reason"] for e in events for c in e.get("choices", []) if c["finish_reason"]]
    if client == "openai_responses":
        return [e["response"]["status"] for e in events if e["type"] == "response.completed"]
    if client == "anthropic_messages":
        return [e["delta"]["stop_reason"] for e in events if e["type"] == "message_delta"]
    return [c["finishReason"] for e in events for c in e.get("candidates", []) if c.get("finishReason")]


FINISH = {"openai_chat": "stop", "openai_responses": "completed", "anthropic_messages": "end_turn", "gemini": "STOP", "array": "STOP"}


def failed(client, events):
    if client == "openai_responses":
        return any(e["type"] in ("error", "response.failed") for e in events)
    return any("error" in e for e in events)


def config_of(deployments, **more):
    simulated = {name: {"kind": "simulated", "dialects": [name]} for name in
                 ("openai_chat", "openai_responses", "anthropic_messages", "gemini")}
    providers = {**simulated, **more.pop("providers", {})}
    model = {"after_commit": "stitch", "deployments": deployments, **more.pop("model", {})}
    return {**configuration(shards=1, providers=providers, **more), "models": {"m": model}}


async def ask(weir, client, headers=FAST, **members):
    path, body = CLIENTS[client]
    return await weir.ask(json.dumps({"model": "m", **body, **members}).encode(), path=path, headers=headers)


async def whole_text():
    async with await Weir.start(config_of(["openai_chat/text"])) as weir:
        answer = await weir.ask(chat(model="m"))
        return json.loads(answer.body)["choices"][0]["message"]["content"]


async def last_line(weir, count=1):
    check(await until(lambda: len(weir.log_lines()) >= count, 5), f"log lines: {weir.log_lines()}")
    return weir.log_lines()[-1]


@test
async def every_client_gets_one_answer_of_two_providers():
    wanted = await whole_text()
    for second, model in (("anthropic_messages", "claude-haiku-4-5"), ("openai_chat", "text")):
        for first in ("openai_chat", "openai_responses", "anthropic_messages", "gemini"):
            config = config_of([f"{first}/cut-after=7", f"{second}/{model}"], breaker={"failures_in_a_row": 63})
            async with await Weir.start(config) as weir:
                for number, client in enumerate(CLIENTS):
                    name = f"{client} from {first} and {second}"
                    answer = await ask(weir, client)
                    events, comments = payloads(client, answer.body)
                    check_equal(text_of(client, events), wanted, f"text: {name}")
                    check_equal(finishes(client, events), [FINISH[client]], f"finish: {name}")
                    check_equal(answer.get("x-weir-deployment"), f"{first}/cut-after=7", f"head: {name}")
                    mark = f": x-weir-attempts: {first}/cut-after=7 upstream_closed, {second}/{model}"
                    check_equal([c for c in comments if c != ":"], [] if client == "array" else [mark], f"mark: {name}")
                    line = await last_line(weir, number + 1)
                    check_equal((line["attempts"], line.get("stitched"), line.get("fault"), line["deployment"]),
                                (2, 1, None, f"{second}/{model}"), f"log: {name}")
                    check(line["usage"]["output"] > 20, f"usage: {line}")
                check_equal((await weir.metrics())["weir_stitched_total"], len(CLIENTS), "counter")


@test
async def the_rest_is_asked_for_behind_the_text():
    chunk = lambda text, finish=None: "data: " + json.dumps({"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [
        {"index": 0, "delta": {"content": text}, "finish_reason": finish}]}) + "\n\n"
    bodies = {"vllm": {"add_generation_prompt": False, "continue_final_message": True}, "mistral": {}, "moonshot": {}, "qwen": {}}
    members = {"vllm": {}, "mistral": {"prefix": True}, "moonshot": {"partial": True}, "qwen": {"partial": True}}
    for kind in bodies:
        repeated = ["one ", "two"] if kind == "mistral" else []  # the only one that says it again
        begins = sse_answer(chunk(""), chunk("one "), chunk("two "), end=False, close="fin")
        goes_on = sse_answer(*map(chunk, [*repeated, " three", " four"]), chunk("", "stop"), "data: [DONE]\n\n")
        async with Provider(lambda _: begins) as first, Provider(lambda _: goes_on) as second:
            local = lambda port, kind: {"kind": kind, "base_url": f"http://127.0.0.1:{port}/v1", "credential": "env:UPSTREAM_KEY"}
            config = config_of(["first/x", "second/y"],
                               providers={"first": local(first.port, "openai"), "second": local(second.port, kind)})
            async with await Weir.start(config) as weir:
                answer = await ask(weir, "openai_chat", max_tokens=40, temperature=0.5)
                events, _ = payloads("openai_chat", answer.body)
                check_equal(text_of("openai_chat", events), "one two three four", f"text with {kind}")
                check(json.loads(first.requests[0].body).get("messages")[-1]["role"] == "user", "the first is asked as ever")
                asked = json.loads(second.requests[0].body)
                check_equal(asked["messages"], [{"role": "user", "content": QUESTION},
                                                {"role": "assistant", "content": "one two", **members[kind]}], f"messages to {kind}")
                check_equal((asked["max_tokens"], asked["temperature"], asked["stream"], asked["model"]), (38, 0.5, True, "y"), "members")
                check_equal({key: asked[key] for key in ("add_generation_prompt", "continue_final_message") if key in asked},
                            bodies[kind], f"members to {kind}")


@test
async def as_often_as_there_are_attempts():
    wanted = await whole_text()
    twice = ["openai_chat/cut-after=3", "anthropic_messages/claude-3-5-haiku", "openai_chat/text"]
    config = config_of(twice[:1] + ["gemini/text", "openai_responses/text"] + twice[2:])
    async with await Weir.start(config) as weir:
        # Who cannot go on is not asked.
        events, comments = payloads("openai_chat", (await ask(weir, "openai_chat")).body)
        check_equal(text_of("openai_chat", events), wanted, "text")
        check_equal([c for c in comments if c != ":"], [": x-weir-attempts: openai_chat/cut-after=3 upstream_closed, openai_chat/text"], "mark")
    config = config_of(["gemini/cut-after=3", "openai_chat/cut-after=4", "openai_chat/error=503", "anthropic_messages/claude-haiku-4-5"],
                       model={"attempts": 4})
    async with await Weir.start(config) as weir:
        answer = await ask(weir, "anthropic_messages")
        events, comments = payloads("anthropic_messages", answer.body)
        check_equal(text_of("anthropic_messages", events), wanted, "text")
        check_equal(len([e for e in events if e["type"] == "message_start"]), 1, "beginnings")
        trail = ("gemini/cut-after=3 upstream_closed, openai_chat/cut-after=4 upstream_closed, openai_chat/error=503 503, "
                 "anthropic_messages/claude-haiku-4-5")
        check_equal([c for c in comments if c != ":"][-1], ": x-weir-attempts: " + trail, "the trail")
        line = await last_line(weir)
        check_equal((line["attempts"], line["stitched"]), (4, 2), "attempts and parts")


@test
async def what_a_provider_reports_is_a_reason_too():
    wanted = await whole_text()
    for items, goes_on in (("error-mid-stream=3,error=503", True), ("error-mid-stream=3,error=429", True), ("no-finish", False),
                           ("error-mid-stream=3,blocked", False), ("error-mid-stream=3,error=400", False)):
        config = config_of([f"anthropic_messages/{items}", "openai_chat/text"])
        async with await Weir.start(config) as weir:
            events, _ = payloads("openai_chat", (await ask(weir, "openai_chat")).body)
            if goes_on:
                check_equal(text_of("openai_chat", events), wanted, f"text with {items}")
                check(not failed("openai_chat", events), f"no error with {items}")
            elif items != "no-finish":
                check_equal((failed("openai_chat", events), finishes("openai_chat", events)), (True, []), f"an error with {items}")
                check_equal((await last_line(weir))["attempts"], 1, f"attempts with {items}")
            else:
                check_equal(text_of("openai_chat", events), wanted, "nothing was left to be said")
    config = config_of(["openai_chat/stall-after=3", "anthropic_messages/claude-haiku-4-5"], timeouts={"idle_ms": 300})
    async with await Weir.start(config) as weir:
        events, comments = payloads("gemini", (await ask(weir, "gemini")).body)
        check_equal(text_of("gemini", events), wanted, "text behind a pause")
        check("idle_timeout" in comments[-1], f"why: {comments}")


@test
async def what_cannot_be_continued_fails_as_ever():
    cases = {
        "nobody is known to go on": (["gemini/cut-after=3", "openai_responses/text", "anthropic_messages/claude-opus-4-6"], {}),
        "a call": (["openai_chat/tool-calls=1,cut-after=2", "openai_chat/text"], {}),
        "one attempt": (["openai_chat/cut-after=3", "openai_chat/text"], {"attempts": 1}),
        "fail": (["openai_chat/cut-after=3", "openai_chat/text"], {"after_commit": "fail"}),
    }
    for why, (deployments, model) in cases.items():
        async with await Weir.start(config_of(deployments, model=model)) as weir:
            for number, client in enumerate(("openai_chat", "anthropic_messages")):
                events, comments = payloads(client, (await ask(weir, client)).body)
                check_equal((failed(client, events), finishes(client, events)), (True, []), f"{why}: {client}")
                check_equal([c for c in comments if c != ":"], [], f"{why}: {client}")
                line = await last_line(weir, number + 1)
                check_equal((line["attempts"], line.get("stitched"), line["fault"]), (1, None, "upstream_closed"), f"{why}: the log")
    # A grammar would begin anew, and a provider keeps what it stores.
    async with await Weir.start(config_of(["openai_chat/cut-after=1", "openai_chat/text"])) as weir:
        events, _ = payloads("openai_chat", (await ask(weir, "openai_chat", response_format={"type": "json_object"})).body)
        check(failed("openai_chat", events), "structured output")
    async with await Weir.start(config_of(["openai_responses/cut-after=3", "openai_chat/text"])) as weir:
        events, _ = payloads("openai_responses", (await ask(weir, "openai_responses", store=True)).body)
        check(failed("openai_responses", events), "stored")


@test
async def when_all_have_failed_the_stream_ends_with_its_error():
    async with await Weir.start(config_of(["gemini/cut-after=3", "openai_chat/error=503"])) as weir:
        for number, client in enumerate(("openai_chat", "openai_responses", "anthropic_messages", "gemini")):
            events, _ = payloads(client, (await ask(weir, client)).body)
            check_equal((failed(client, events), finishes(client, events)), (True, []), client)
            line = await last_line(weir, number + 1)
            check(line["attempts"] >= 2 and "stitched" not in line and line["fault"] == "upstream_closed", f"the log: {line}")


@test
async def usage_and_cost_are_those_of_both_parts():
    facts = {"anthropic_messages/cut-after=5": {"price": {"input": 1, "output": 10}},
             "openai_chat/text": {"price": {"input": 2, "output": 20}}}
    config = config_of(["anthropic_messages/cut-after=5", "openai_chat/text"], model_facts=facts)
    async with await Weir.start(config) as weir:
        answer = await ask(weir, "openai_chat")
        events, _ = payloads("openai_chat", answer.body)
        told = [e["usage"] for e in events if e.get("usage")][-1]
        line = await last_line(weir)
        check_equal((told["prompt_tokens"], told["completion_tokens"]), (line["usage"]["input"], line["usage"]["output"]), "told and logged")
        # (A simulated provider tells its usage at the end, so nothing is known of the first part.)
        check(line["usage"]["input"] == 3 + 5, f"the words of the question, and those of the first part: {line['usage']}")
        check_equal(line["cost_nano_usd"], line["usage"]["input"] * 2000 + line["usage"]["output"] * 20000, "cost")
        metrics = await weir.metrics()
        check_equal([metrics[f'weir_cost_nano_usd_total{{deployment="{name}"}}'] for name in facts], [0, line["cost_nano_usd"]], "by deployment")


@test
async def a_stream_that_does_not_break_off_is_told_as_it_was():
    async with await Weir.start(config_of(["openai_chat/text"])) as stitching, \
            await Weir.start(config_of(["openai_chat/text"], model={"after_commit": "fail"})) as passing:
        for client in CLIENTS:
            seen = [payloads(client, (await ask(weir, client)).body) for weir in (stitching, passing)]
            check_equal(text_of(client, seen[0][0]), text_of(client, seen[1][0]), f"text: {client}")
            check_equal(finishes(client, seen[0][0]), finishes(client, seen[1][0]), f"finish: {client}")
            check_equal(seen[0][1], seen[1][1], f"comments: {client}")
