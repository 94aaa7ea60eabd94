"""Each recorded answer, served by the test provider, asked for in every client dialect through the real binary."""
import asyncio
import base64
import itertools
import json
import re
from pathlib import Path

from . import asking, counting, decoders, judge
from .cases import load, provider_name
from .decoders import CHAT, DIALECTS, GEMINI, MESSAGES, RESPONSES
from .truth import truth
from .upstream import asked_model, recorded

SUITE = "recordings"
SPOKEN = {"openai-chat": CHAT, "openai-responses": RESPONSES, "anthropic-messages": MESSAGES, "gemini-generate": GEMINI,
          "gemini-stream": GEMINI}
OTHER_ENDPOINTS = ("embed", "images", "audio", "moderations", "rerank", "count-tokens", "models", "completions", "aux", "predict")
UNSPOKEN = ("bedrock", "cohere", "tgi", "vertex")
ENDPOINT = {CHAT: "/chat/completions$", RESPONSES: "/responses$", MESSAGES: "/messages$", GEMINI: ":(stream)?[gG]enerateContent$"}


class Way:
    """How a recording is asked for: as it was recorded, or in another mode than the provider answers in."""

    def __init__(self, suite, turned):
        self.suite, self.turned = suite, turned

    def stream(self, recording):
        return recording.stream != self.turned


AS_RECORDED = Way(SUITE, False)
CROSSED = Way("crossed", True)        # a client that streams gets a recorded document, and the other way round
ARRAY = Way("array", False)           # Gemini's stream without alt=sse


def ways(recording):
    """Errors come out alike in every mode; an array is a way to stream."""
    if recording.expect_error or recording.response["status"] >= 300:
        return [AS_RECORDED]
    return [AS_RECORDED, CROSSED] + ([ARRAY] if recording.stream else [])


def why_not(dialect):
    """The kind of not-applicable of a dialect that is none of the four."""
    if any(word in dialect for word in OTHER_ENDPOINTS):
        return "other endpoint"
    return "dialect not spoken" if any(word in dialect for word in UNSPOKEN) else "dialect unknown"


def files(data):
    """Every recording of a folder, whether or not its index lists it."""
    return sorted((Path(data) / SUITE).rglob("*.json"))


class Recording:
    def __init__(self, path, number):
        value = json.loads(path.read_text())
        self.id = value.get("id") or path.stem
        self.provider, self.name = value.get("provider") or "unknown", value.get("dialect") or "unknown"
        self.dialect, self.stream = SPOKEN.get(self.name), bool(value.get("stream"))
        self.features = list(value.get("features") or [])
        self.request, self.response = value.get("request"), value["response"]
        self.expect, self.expect_error = value.get("expect") or {}, value.get("expect_error")
        body = self.response["body"]
        self.body = base64.b64decode(body) if self.response.get("body_encoding") == "base64" else body.encode()
        self.model, self.is_count = f"r{number}", counting.spoken(value) is not None

    def labels(self, client):
        return {"client": client, "provider": self.provider, "dialect": self.name, "features": self.features}


class Suite:
    def __init__(self, data, gateway, upstream, table, results, only):
        self.gateway, self.upstream, self.table, self.results = gateway, upstream, table, results
        self.recordings, self.by_model, self.seen = [], {}, {}
        numbers = itertools.count()
        for recording in load(files(data), lambda path: Recording(path, next(numbers)), SUITE, results, only):
            if only and only not in f"{SUITE}/{recording.id}" or recording.is_count:
                continue
            kind = gateway.kind(recording.provider, recording.dialect) if recording.dialect else None
            if recording.dialect is None or kind is None:
                results.not_applicable(SUITE, recording.id, why_not(recording.name) if recording.dialect is None else
                                       "provider kind unknown", provider=recording.provider, dialect=recording.name,
                                       features=recording.features)
                continue
            self.recordings.append(recording)
            self.by_model[recording.model] = recording
            recording.weir_provider = provider_name("rec", recording.provider, recording.dialect)
            if recording.weir_provider not in gateway.providers:
                gateway.add(recording.weir_provider, recording.dialect, upstream.port, kind)
                upstream.routes[recording.weir_provider] = self.serve

    def serve(self, request):
        """The model in the request, or in Gemini's path, says which recording is wanted."""
        recording = self.by_model[asked_model(request).rpartition("/")[2]]
        self.seen[recording.model] = request
        return recorded(recording.response)

    async def run(self, http, gate, served):
        async def one(recording):
            for client, way in itertools.product(DIALECTS, ways(recording)):
                if way == ARRAY and client != GEMINI:
                    continue
                if client not in served:
                    self.results.not_applicable(way.suite, recording.id, "client dialect not served", **recording.labels(client))
                    continue
                async with gate:
                    await self.play(http, recording, client, way)
        await asyncio.gather(*map(one, self.recordings))

    def kind_of_no(self, recording, client, wanted, bytes_pass=True):
        """The kind of not-applicable of this pair; None where it applies. `bytes_pass`: of one dialect, they do."""
        if client == recording.dialect and bytes_pass:
            return None
        if len(wanted.choices) > 1 and client in (MESSAGES, RESPONSES):
            return "several choices"
        if recording.expect.get("finish_reason_native") in ("queued", "in_progress"):
            return "background answer"
        if any(call.get("custom") for call in recording.expect.get("tool_calls") or []):
            return "custom tool"
        return None

    async def play(self, http, recording, client, way):
        wanted = truth(recording.expect, recording.dialect, recording.body, recording.stream, self.table)
        kind = self.kind_of_no(recording, client, wanted, way == AS_RECORDED)
        if kind:
            return self.results.not_applicable(way.suite, recording.id, kind, **recording.labels(client))
        body = self.own_request(recording) if client == recording.dialect and way == AS_RECORDED else None
        model, stream = f"{recording.weir_provider}/{recording.model}", way.stream(recording)
        self.seen.pop(recording.model, None)
        try:
            message = await asking.ask(http, client, model, stream, body, array=way == ARRAY)
        except asyncio.TimeoutError:
            return self.results.judged(way.suite, recording.id, ["no answer in time"], **recording.labels(client))
        faults = self.judged(recording, client, wanted, message, way)
        self.results.judged(way.suite, recording.id, faults, facts=wanted.facts,
                            detail=message.body.decode("utf-8", "replace"), **recording.labels(client))

    def own_request(self, recording):
        """The recorded request with the model replaced; None where there is none of this endpoint."""
        if not recording.request or recording.request.get("body_encoding") == "base64":
            return None
        try:
            body = json.loads(recording.request["body"])
        except ValueError:
            return None
        if not isinstance(body, dict) or not {"messages", "input", "contents"} & body.keys():
            return None
        if recording.dialect != GEMINI:
            body["model"] = f"{recording.weir_provider}/{recording.model}"
        if recording.dialect == CHAT and recording.stream:
            body["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
        if recording.dialect != GEMINI and recording.stream:
            body["stream"] = True
        elif recording.dialect != GEMINI and body.get("stream"):
            body["stream"] = False
        return body

    def judged(self, recording, client, wanted, message, way):
        request, stream = self.seen.get(recording.model), way.stream(recording)
        if request is None:
            return [f"the provider was never asked: status {message.status}, {judge.short(message.body.decode('utf-8', 'replace'), 200)}"]
        asked_to_stream = ":streamGenerateContent" in request.path if recording.dialect == GEMINI else bool(request.json().get("stream"))
        path = request.path.partition("?")[0]
        if not re.search(ENDPOINT[recording.dialect], path) or stream and not asked_to_stream:
            return [f"the provider was asked at {request.path}, {'a stream' if asked_to_stream else 'a document'}"]
        if not message.complete:
            return ["the answer did not end properly"]
        # The bytes pass where nothing has to be made of them. Where a model only streams, a document has to be.
        if client == recording.dialect and way == AS_RECORDED and asked_to_stream == stream:
            return self.same_dialect(recording, client, wanted, message)
        try:
            got = asking.read(client, message, stream)
        except decoders.Unreadable as why:
            return [f"unreadable: {why}"]
        if recording.expect_error:
            return judge.error(recording.expect_error, got, message, client, recording.body)
        if wanted.native is None or not recording.expect and wanted.native.faults and not recording.stream or wanted.says_nothing():
            return [] if got.error or wanted.says_nothing() else [f"no answer at all came out as status {message.status}"]
        if wanted.failed and message.status >= 400:  # held back until its first event, it could still become a status
            return [] if got.error else ["a status without an error"]
        if message.status != 200:
            return [f"status {message.status}: {judge.short(got.error, 200)}"]
        return judge.answer(wanted, got, client, stream, self.table)

    def same_dialect(self, recording, client, wanted, message):
        """The bytes are the provider's own. A stream may get the blank line and the end marker that its provider left
        out, and loses what stands behind its end; where a provider's error is not of the dialect's shape, a proper one
        comes in its place."""
        faults, body = [], recording.body
        if recording.stream and BEHIND_THE_END.get(client):
            body = BEHIND_THE_END[client].sub(rb"\1", body)
        rest = message.body[len(body):] if message.body.startswith(body) else None
        if rest and recording.stream and rest.strip() in (b"", *END_MARKERS.get(client, ())):
            rest = b""
        if rest != b"":
            if not recording.expect_error and not wanted.failed and wanted.native is not None:
                at = next((n for n, (a, b) in enumerate(zip(body, message.body)) if a != b), min(len(body), len(message.body)))
                faults.append(f"the bytes differ at {at}: {body[at:at + 60]!r} sent, {message.body[at:at + 60]!r} came")
        if message.status != recording.response["status"] and not recording.expect_error and not wanted.failed:
            faults.append(f"status {message.status} in place of {recording.response['status']}")
        try:
            got = asking.read(client, message, recording.stream)
        except decoders.Unreadable as why:
            return faults if rest == b"" or wanted.native is None else faults + [f"unreadable: {why}"]
        if got.error and wanted.says_nothing():
            return []
        if recording.expect_error:
            return [] if rest == b"" else faults + judge.error(recording.expect_error, got, message, client, body)
        if rest == b"" and not recording.expect:
            return faults
        if wanted.failed and message.status >= 400:
            return faults
        return faults + [f for f in judge.answer(loosened(wanted, got), got, client, recording.stream, self.table, strict=False)]


END_MARKERS = {CHAT: [b"data: [DONE]"], MESSAGES: [b'event: message_stop\ndata: {"type":"message_stop"}']}
# A [DONE] behind the end of a Responses stream (OpenRouter): the event before it has ended the answer.
BEHIND_THE_END = {RESPONSES: re.compile(rb"(\n\n)data: \[DONE\]\s*$")}


def loosened(wanted, got):
    """The provider's own finish words pass as they are, and so do calls without names or ids."""
    for mine, theirs in zip(wanted.choices, got.choices):
        mine.finish = None
        if any(not c.name or not c.id for c in theirs.calls):
            mine.calls = theirs.calls = [c for c in theirs.calls if c.name and c.id]
    return wanted
