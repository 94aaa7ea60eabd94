"""One client request each, sent through the real binary; assertions on what reached the provider."""
import asyncio
import json
from pathlib import Path

from . import asking, minimal
from .assertions import Seen, fails
from .cases import load
from .decoders import CHAT, GEMINI
from .recordings import SPOKEN, why_not

SUITE = "request-assertions"


class Case:
    def __init__(self, path):
        value = json.loads(path.read_text())
        self.id, self.to = value.get("id") or path.stem, value["to"]
        self.client = SPOKEN.get(value["from"])
        self.input, self.assertions = value["input"], value["assertions"]
        self.model = value.get("upstream_model") or (value["input"].get("model") if isinstance(value["input"], dict) else None) or "m"
        self.stream = bool(self.input.get("stream")) if isinstance(self.input, dict) else False
        self.requests = []


class Suite:
    def __init__(self, data, gateway, upstream, table, results, only):
        self.results, self.cases = results, []
        paths = sorted((Path(data) / "conformance" / SUITE).glob("*.json"))
        for number, case in enumerate(load(paths, Case, SUITE, results, only)):
            if only and only not in f"{SUITE}/{case.id}":
                continue
            dialect = SPOKEN.get(case.to, CHAT)  # the name of a provider: it is spoken with in the chat dialect
            named = case.to in SPOKEN
            kind = gateway.kind("plain" if named else case.to, dialect)
            if case.client is None or not named and any(w in case.to for w in ("cohere", "bedrock", "tgi", "vertex")):
                results.not_applicable(SUITE, case.id, why_not(case.to if case.client else "unknown"), dialect=case.to)
                continue
            if kind is None or not named and kind == gateway.kind("plain", dialect) and case.to != kind:
                results.not_applicable(SUITE, case.id, "provider kind unknown", dialect=case.to)
                continue
            case.dialect, case.provider, case.kind = dialect, f"ask-{number}", kind
            gateway.add(case.provider, dialect, upstream.port, kind)
            upstream.routes[case.provider] = self.keeper(case)
            self.cases.append(case)

    @staticmethod
    def keeper(case):
        def serve(request):
            case.requests.append(request)
            return minimal.script(case.dialect, case.stream)
        return serve

    async def run(self, http, gate, served):
        async def one(case):
            if case.client not in served:
                return self.results.not_applicable(SUITE, case.id, "client dialect not served", dialect=case.to)
            async with gate:
                body = dict(case.input)
                if case.client != GEMINI:
                    body["model"] = f"{case.provider}/{case.model}"
                try:
                    message = await asking.ask(http, case.client, f"{case.provider}/{case.model}", case.stream, body)
                except asyncio.TimeoutError:
                    return self.results.judged(SUITE, case.id, ["no answer in time"], dialect=case.to)
            seen = Seen(message.status, case.requests)
            faults = [f for f in (fails(a, seen) for a in case.assertions) if f]
            sent = case.requests[0].body.decode("utf-8", "replace") if case.requests else message.body.decode("utf-8", "replace")
            self.results.judged(SUITE, case.id, faults, dialect=case.to, detail=sent)
        await asyncio.gather(*map(one, self.cases))
