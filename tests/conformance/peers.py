"""The cases of two peers, agentgateway (translation) and Envoy AI Gateway (e2e), through the real binary.

Answers are held against this program's own reading of the provider's bytes first; where the peer's golden says
something else, a row of disagreements.py must say why. Requests are compared by what they ask for.
"""
import asyncio
import gzip
import json
from pathlib import Path

from . import asking, decoders, disagreements, judge, minimal, neutral_request
from .cases import load
from .decoders import CHAT, GEMINI, MESSAGES, RESPONSES
from .recordings import SPOKEN, why_not
from .results import SEPARATOR
from .truth import truth
from .upstream import Script

TRANSLATION, E2E = "translation", "e2e"


def dialect_named(name, other=None):
    """The dialect of a peer's name, as in `openai-chat (Gemini OpenAI-compat endpoint)`; `openai`: the client's own."""
    word = name.split(" ")[0]
    return other if word == "openai" else SPOKEN.get(word)


class Case:
    """One exchange: what the client sends, what the provider answers, what is expected of both."""

    def __init__(self, suite, name):
        self.suite, self.name = suite, name
        self.client = self.dialect = self.body = self.answer = None
        self.stream, self.model = False, "m"
        self.expected_request = self.expected_answer = self.expected_status = None
        self.requests, self.why_not, self.path = [], None, None

    def request_faults(self, message, got):
        """-> (faults, sentences)."""
        if not self.requests:
            said = (got.error or {}).get("param") or (got.error or {}).get("message") if got else None
            sentence = disagreements.refused(self.client, self.dialect, said) if message.status == 400 else None
            return ([], [sentence]) if sentence else \
                ([f"status {message.status}, nothing reached the provider: {message.body[:200].decode('utf-8', 'replace')}"], [])
        if self.expected_request is None:
            return [], []
        faults, sentences = [], []
        for field, wanted, found in neutral_request.differences(self.dialect, self.expected_request, self.requests[0].json()):
            sentence = disagreements.in_request(self.client, self.dialect, field, self.body, wanted, found)
            if sentence:
                sentences.append(sentence)
            else:
                faults.append(f"request {field}: {judge.short(found, 160)} in place of {judge.short(wanted, 160)}")
        return faults, sentences


def comparable(answer, usage):
    choice = answer.first()
    return {"text": choice.text, "reasoning": judge.squeezed(choice.reasoning), "refusal": choice.refusal,
            "calls": [(c.name, json.dumps(c.value(), sort_keys=True)) for c in choice.calls], "finish": choice.finish,
            "usage": {k: v for k, v in (answer.usage or {}).items() if v} if usage else None}


class Suite:
    """Both peers' cases."""

    def __init__(self, data, gateway, upstream, table, results, only):
        self.table, self.results, self.cases = table, results, []
        root = Path(data) / "conformance"
        found = load(sorted((root / TRANSLATION).glob("*.json")), translation, TRANSLATION, results, only)
        found += load(sorted((root / E2E).glob("*.json")), end_to_end, E2E, results, only)
        for number, case in enumerate(found):
            if only and only not in f"{case.suite}/{case.name}":
                continue
            kind = gateway.kind("plain", case.dialect) if not case.why_not else None
            if case.why_not or kind is None:
                results.not_applicable(case.suite, case.name, case.why_not or "provider kind unknown", client=case.client or "")
                continue
            case.provider, case.kind = f"peer-{number}", kind
            gateway.add(case.provider, case.dialect, upstream.port, kind)
            upstream.routes[case.provider] = self.keeper(case)
            self.cases.append(case)

    @staticmethod
    def keeper(case):
        def serve(request):
            case.requests.append(request)
            return case.answer or minimal.script(case.dialect, case.stream)
        return serve

    async def run(self, http, gate, served):
        async def one(case):
            if case.client not in served:
                return self.results.not_applicable(case.suite, case.name, "client dialect not served", client=case.client)
            async with gate:
                await self.play(http, case)
        await asyncio.gather(*map(one, self.cases))

    async def play(self, http, case):
        model = f"{case.provider}/{case.model}"
        body = case.body
        if isinstance(body, dict) and case.client != GEMINI:
            body = {**body, "model": model}
        sent = asking.body_of(body) if body is None or isinstance(body, dict) else body
        if body is None:
            sent = asking.body_of(asking.plain_body(case.client, model, case.stream))
        try:
            message = await http.ask(asking.path(case.client, model, case.stream), sent, asking.HEADERS.get(case.client, []))
        except asyncio.TimeoutError:
            return self.results.judged(case.suite, case.name, ["no answer in time"], client=case.client)
        try:
            got = asking.read(case.client, message, case.stream)
        except decoders.Unreadable as why:
            return self.results.judged(case.suite, case.name, [f"unreadable: {why}"], client=case.client,
                                       detail=message.body.decode("utf-8", "replace"))
        if case.suite == E2E and case.expected_status == 400 and case.answer is None:
            faults, sentences = ([] if message.status == 400 and got.error else [f"status {message.status} in place of 400"]), []
        else:
            faults, sentences = case.request_faults(message, got)
            if case.requests and (case.expected_answer is not None or case.answer is not None):
                more, why = self.answer_faults(case, message, got)
                faults, sentences = faults + more, sentences + why
        self.results.judged(case.suite, case.name, faults, client=case.client, note=SEPARATOR.join(dict.fromkeys(sentences)),
                            detail=message.body.decode("utf-8", "replace") if not case.expected_request or not case.requests
                            else case.requests[0].body.decode("utf-8", "replace"))

    def answer_faults(self, case, message, got):
        body = case.plain_answer
        if case.answer is not None and case.answer.status >= 400:
            faults = [] if message.status == (case.expected_status or case.answer.status) and got.error else \
                [f"status {message.status} in place of {case.expected_status}, or no error"]
            words = judge.error_message(body)
            if words and words not in ((got.error or {}).get("message") or ""):
                faults.append(f"the provider's message was not kept: {judge.short((got.error or {}).get('message') or '')}")
            return faults, []
        wanted = truth({}, case.dialect, body, case.stream, self.table)
        for choice, native in zip(wanted.choices, wanted.native.choices if wanted.native else []):
            choice.finish = neutral_finish(case.dialect, native, self.table)
        wanted.usage = wanted.native.usage if wanted.native else None
        asked = case.client != CHAT or not case.stream or not isinstance(case.body, dict) or case.body.get("stream_options")
        if not asked:
            wanted.usage = None
        if message.status != 200:
            return [f"status {message.status}: {judge.short(got.error or '', 200)}"], []
        if case.client == case.dialect:
            if message.body == body:
                return [], []
            for choice in wanted.choices:
                choice.finish = None
        faults = judge.answer(wanted, got, case.client, case.stream, self.table, strict=case.client != case.dialect)
        if faults or case.expected_answer is None:
            return faults, []
        try:
            peer = decoders.decode(case.client, case.expected_answer, case.stream)
        except decoders.Unreadable:
            return [], []
        sentences = []
        mine, theirs = comparable(got, wanted.usage is not None), comparable(peer, wanted.usage is not None)
        for field in mine:
            if mine[field] != theirs[field]:
                sentence = disagreements.in_answer(case.dialect, case.client, field, theirs[field], mine[field])
                if sentence:
                    sentences.append(sentence)
                else:
                    faults.append(f"answer {field}: {judge.short(mine[field])}, the peer has {judge.short(theirs[field])}")
        return faults, sentences


def neutral_finish(dialect, choice, table):
    """The neutral word of a native one, by the columns of the table, the odd words and Gemini's filters."""
    from .finish import ALSO, COLUMN
    for neutral, words in table.words.items():
        word = words[COLUMN[dialect]]
        if neutral in ("stop", "length", "content_filter", "tool_calls") and \
                (choice.finish == word or choice.finish in ALSO.get((dialect, word), ())):
            return "tool_calls" if choice.calls and neutral == "stop" else neutral
    return table.neutral(None, choice.finish)


def translation(path):
    value = json.loads(path.read_text())
    case = Case(TRANSLATION, value["id"].rpartition("/")[2])
    source = dialect_named(value["from"])
    if value["kind"] == "request":
        case.client, case.dialect = source, dialect_named(value["to"], source)
        case.body, case.expected_request = value["input"], value["expected"]
        if isinstance(case.body, dict):
            case.stream, case.model = bool(case.body.get("stream")), case.body.get("model") or "m"
    else:
        case.dialect, case.client = source, dialect_named(value["to"], source)
        case.stream = value["kind"] == "response-stream"
        text = value["input"] if isinstance(value["input"], str) else json.dumps(value["input"], ensure_ascii=False)
        case.plain_answer = text.encode()
        expected = value["expected"]
        case.expected_answer = (expected if isinstance(expected, str) else json.dumps(expected)).encode()
        kind = "text/event-stream" if case.stream else "application/json"
        case.answer = Script(200, [("content-type", kind)], [case.plain_answer], framing="chunked" if case.stream else "length")
    if case.client is None or case.dialect is None:
        strange = value["from"] if source is None else value["to"]
        case.why_not = "cloud platform" if strange.startswith("vertex-anthropic") and "count" not in strange else why_not(strange)
    return case


def backend(case):
    """The dialect of an Envoy backend, by its name and the path it expects."""
    name, path = case["backend"], case.get("expPath", case["path"])
    if "mutation" in name or "override" in name:
        return None, "own to the peer"
    if name == "gcp-anthropicai" or name == "anthropic":
        return MESSAGES, None
    if name == "gcp-vertexai":
        return (None, "other endpoint") if "predict" in path.lower() and "generateContent" not in path else (GEMINI, None)
    if name in ("openai", "azure-openai"):
        if "chat/completions" in path:
            return CHAT, None
        return (RESPONSES, None) if path.endswith("/responses") else (None, "other endpoint")
    return None, "cloud platform" if name.startswith("aws") else "dialect unknown"


def end_to_end(path):
    value = json.loads(path.read_text())
    case, told = Case(E2E, path.stem), value["case"]
    case.dialect, case.why_not = backend(told)
    route = told["path"].partition("?")[0]
    case.client = {"/v1/chat/completions": CHAT, "/v1/responses": RESPONSES, "/anthropic/v1/messages": MESSAGES,
                   "/v1/messages": MESSAGES}.get(route)
    if case.client is None and not case.why_not:
        case.why_not = "other endpoint"
    try:
        case.body = json.loads(told["requestBody"])
        case.stream, case.model = bool(case.body.get("stream")), case.body.get("model") or "m"
    except ValueError:
        case.body = told["requestBody"].encode()
    case.expected_status = int(told["expStatus"]) if told.get("expStatus") else None
    if told.get("expRequestBody"):
        case.expected_request = json.loads(told["expRequestBody"])
    if told.get("expResponseBody"):
        case.expected_answer = told["expResponseBody"].encode()
    if "responseBody" in told:
        case.plain_answer, case.answer = served(told)
    return case


def served(told):
    """-> (the bytes without coding, the script)."""
    text, kind = told["responseBody"], told.get("responseType") or ""
    headers = [("content-type", "text/event-stream" if "sse" in kind else "application/json")]
    if "sse" in kind:
        lines = text.strip().split("\n")
        # One payload per line, unless the case wrote the frames itself.
        text = text.strip() + "\n\n" if any(line.startswith(("event:", "data:")) for line in lines) else \
            "".join(f"data: {line}\n\n" for line in lines if line)
    for line in (told.get("responseHeaders") or "").split("\n"):
        name, _, content = line.partition(":")
        if name:
            headers = [(n, v) for n, v in headers if n != name] + [(name, content.strip())]
    body = text.encode()
    wire = gzip.compress(body) if "gzip" in kind else body
    if "gzip" in kind:
        headers.append(("content-encoding", "gzip"))
    return body, Script(int(told.get("responseStatus") or 200), headers, [wire], framing="chunked" if "sse" in kind else "length")
