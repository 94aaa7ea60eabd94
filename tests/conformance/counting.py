"""Each recorded token count, served by the test provider and asked for at the counting endpoint of every client dialect
that has one."""
import asyncio
import itertools
import json
from pathlib import Path

from . import asking, judge
from .answers import make_error
from .cases import load, provider_name
from .decoders import GEMINI, MESSAGES, RESPONSES
from .upstream import asked_model, recorded

SUITE = "token counts"
NAMES = {"anthropic-count-tokens": MESSAGES, "gemini-count-tokens": GEMINI, "openai-responses-aux": RESPONSES}
FIELD = {MESSAGES: "input_tokens", RESPONSES: "input_tokens", GEMINI: "totalTokens"}


def spoken(value):
    """The dialect of a recorded count; None of anything else. Of Responses' other endpoints only the count is one."""
    dialect = NAMES.get(value.get("dialect"))
    return dialect if dialect != RESPONSES or '"response.input_tokens"' in value["response"]["body"] else None


class Count:
    def __init__(self, path, number):
        value = json.loads(path.read_text())
        self.id, self.provider, self.name = value.get("id") or path.stem, value.get("provider") or "unknown", value.get("dialect")
        self.dialect, self.response = spoken(value), value["response"]
        self.expect_error, self.model = value.get("expect_error"), f"c{number}"
        self.body = self.response["body"].encode()


class Suite:
    def __init__(self, data, gateway, upstream, table, results, only):
        self.results, self.by_model, self.counts = results, {}, []
        numbers = itertools.count()
        paths = [p for p in sorted((Path(data) / "recordings").rglob("*.json")) if p.parent.name in NAMES]
        for count in load(paths, lambda path: Count(path, next(numbers)), SUITE, results, only):
            kind = gateway.kind(count.provider, count.dialect) if count.dialect else None
            if kind is None or only and only not in f"{SUITE}/{count.id}":
                continue
            count.weir_provider = provider_name("count", count.provider, count.dialect)
            if count.weir_provider not in gateway.providers:
                gateway.add(count.weir_provider, count.dialect, upstream.port, kind)
                upstream.routes[count.weir_provider] = lambda request: recorded(self.by_model[asked_model(request).rpartition("/")[2]].response)
            self.by_model[count.model] = count
            self.counts.append(count)

    async def run(self, http, gate, served):
        async def one(count):
            for client in FIELD:
                if client in served:
                    async with gate:
                        await self.play(http, count, client)
        await asyncio.gather(*map(one, self.counts))

    async def play(self, http, count, client):
        model = f"{count.weir_provider}/{count.model}"
        path = {MESSAGES: "/v1/messages/count_tokens", RESPONSES: "/v1/responses/input_tokens",
                GEMINI: f"/v1beta/models/{model}:countTokens"}[client]
        body = asking.plain_body(client, model, False)
        body.pop("max_tokens", None)
        labels = {"client": client, "provider": count.provider, "dialect": count.name}
        try:
            message = await http.ask(path, asking.body_of(body), asking.HEADERS.get(client, []))
            value = json.loads(message.body)
        except (asyncio.TimeoutError, ValueError) as why:
            return self.results.judged(SUITE, count.id, [f"no answer, or none in JSON: {why!r}"], **labels)
        self.results.judged(SUITE, count.id, self.faults(count, client, message, value),
                            detail=message.body.decode("utf-8", "replace"), **labels)

    @staticmethod
    def faults(count, client, message, value):
        if count.expect_error:
            got = type("Got", (), {"error": make_error(value) if "error" in value else None})
            return judge.error(count.expect_error, got, message, client, count.body)
        if message.status != 200:
            return [f"status {message.status}"]
        if client == count.dialect:
            return [] if message.body == count.body else ["the bytes are not the provider's"]
        wanted, got = json.loads(count.body).get(FIELD[count.dialect]), value.get(FIELD[client])
        return [] if wanted == got and "x-weir-estimated" not in message.headers else [f"{got} tokens in place of {wanted}"]
