"""Recordings, request assertions, the peers' requests and the usage objects through the pure functions: pure.cpp as a
child of this program, one command and one answer per line."""
import json
import subprocess
from pathlib import Path

from . import answers, asking, decoders, disagreements, judge, minimal, peers, recordings, request_assertions, sse
from .assertions import Seen, fails
from .decoders import CHAT, DIALECTS, GEMINI, MESSAGES, RESPONSES
from .gateway import WORDS
from .results import SEPARATOR
from .truth import truth
from .upstream import Request

SUITE = "pure"


class Program:
    def __init__(self, path):
        self.child = subprocess.Popen([str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **command):
        self.child.stdin.write(json.dumps(command).encode() + b"\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line:
            raise SystemExit(f"conformance: the program of the pure functions ended at {json.dumps(command)[:500]}")
        return json.loads(line)

    def end(self):
        self.child.stdin.close()
        return self.child.wait(10)

    def answer(self, provider, client, stream, body):
        """Bytes of a provider's answer -> (bytes for the client, whether it failed)."""
        if not stream:
            payloads = [body.decode("utf-8", "replace")]
        elif body.lstrip()[:1] == b"[":
            payloads = [json.dumps(value, ensure_ascii=False) for value in sse.array_elements(body)[0]]
        else:
            payloads = [event.data for event in sse.events(body)]
        found = self.ask(op="answer", provider=WORDS[provider], client=WORDS[client], stream=stream, payloads=payloads)
        return found["body"].encode(), found["failed"]


def run(program, data, table, results, only, suites):
    """`suites`: those of the real binary, which hold the cases."""
    for suite in suites:
        if isinstance(suite, recordings.Suite):
            through_recordings(program, suite, table, results)
        elif isinstance(suite, request_assertions.Suite):
            through_assertions(program, suite, results)
        elif isinstance(suite, peers.Suite):
            through_requests(program, suite, results)
    usages(program, data, results, only)
    results.judged(SUITE, "ends well", [] if program.end() == 0 else ["the program did not end with 0"])


def through_recordings(program, suite, table, results):
    for recording in suite.recordings:
        wanted = truth(recording.expect, recording.dialect, recording.body, recording.stream, table)
        for client in DIALECTS:
            kind = suite.kind_of_no(recording, client, wanted)
            name = f"recordings/{recording.id}"
            labels = recording.labels(client)
            if client == recording.dialect:
                continue  # the bytes pass, which only the real binary does
            if kind:
                results.not_applicable(SUITE, name, kind, **labels)
                continue
            faults, shown = recorded(program, recording, client, wanted, table)
            results.judged(SUITE, name, faults, detail=shown, **labels)


def recorded(program, recording, client, wanted, table):
    if recording.response["status"] >= 400:
        found = program.ask(op="error", client=WORDS[client], status=recording.response["status"],
                            body=recording.body.decode("utf-8", "replace"))
        message = asking.made(found["status"], found["body"].encode())
        try:
            got = asking.read(client, message, False)
        except decoders.Unreadable as why:
            return [f"unreadable: {why}"], found["body"]
        return judge.error(recording.expect_error, got, message, client, recording.body) if recording.expect_error else [], found["body"]
    body, failed = program.answer(recording.dialect, client, recording.stream, recording.body)
    shown = body.decode("utf-8", "replace")
    if recording.expect_error or wanted.native is None or not recording.expect and wanted.native.faults:
        return [] if failed else ["an error came out as an answer"], shown
    if wanted.failed:
        return [] if failed else ["the error inside the answer was not seen"], shown
    if failed:
        return ["the answer failed"], shown
    try:
        got = decoders.decode(client, body, recording.stream)
    except decoders.Unreadable as why:
        return [f"unreadable: {why}"], shown
    return judge.answer(wanted, got, client, recording.stream, table), shown


def through_assertions(program, suite, results):
    for case in suite.cases:
        if case.client == case.dialect:
            continue  # the bytes pass with edits, which only the real binary does
        found = program.ask(op="write", **{"from": WORDS[case.client], "to": WORDS[case.dialect]}, model=case.model,
                            stream=case.stream, body=json.dumps(case.input))
        requests = [Request("", {}, found["body"].encode())] if "body" in found else []
        checks = [a for a in case.assertions if a["op"] not in ("url_matches", "header_present", "fan_out")]
        faults = [f for f in (fails(a, Seen(400 if not requests else 200, requests)) for a in checks) if f]
        if checks:
            results.judged(SUITE, f"{request_assertions.SUITE}/{case.id}", faults, dialect=case.to, detail=json.dumps(found))


def through_requests(program, suite, results):
    for case in suite.cases:
        if case.expected_request is None or case.client == case.dialect or not isinstance(case.body, dict):
            continue
        found = program.ask(op="write", **{"from": WORDS[case.client], "to": WORDS[case.dialect]}, model=case.model,
                            stream=case.stream, body=json.dumps(case.body))
        case.requests = [Request("", {}, found["body"].encode())] if "body" in found else []
        got = answers.Answer(error={"param": found.get("refused"), "message": found.get("why")})
        faults, sentences = case.request_faults(asking.made(400, json.dumps(found).encode()), got)
        results.judged(SUITE, f"{case.suite}/{case.name}", faults, client=case.client, note=SEPARATOR.join(dict.fromkeys(sentences)),
                       detail=json.dumps(found))


# ---- Usage objects.

EXTRACTED = {"input_tokens": "input_tokens", "output_tokens": "output_tokens", "cached_read_tokens": "cache_read_tokens",
             "cache_write_tokens": "cache_write_tokens"}


def dialect_of(usage, flavours):
    """Which dialect's usage object this is; None for others."""
    if "promptTokenCount" in usage or "candidatesTokenCount" in usage:
        return GEMINI if ("google", "default") in flavours else None
    if "prompt_tokens" in usage:
        return CHAT if ("openai", "chat") in flavours else None
    if "input_tokens_details" in usage or "output_tokens_details" in usage and "cache_read_input_tokens" not in usage:
        return RESPONSES if ("openai", "responses") in flavours else None
    if "cache_read_input_tokens" in usage or "cache_creation_input_tokens" in usage:
        return MESSAGES if ("anthropic", "default") in flavours else None
    return None


FLAVOUR = {GEMINI: ("google", "default"), CHAT: ("openai", "chat"), RESPONSES: ("openai", "responses"),
           MESSAGES: ("anthropic", "default")}


def document_with(dialect, usage):
    whole = minimal.document(dialect)
    whole["usageMetadata" if dialect == GEMINI else "usage"] = usage
    return json.dumps(whole).encode()


def usages(program, data, results, only):
    path = Path(data) / "conformance/metering/usages.jsonl"
    if not path.exists():
        return
    for number, line in enumerate(path.read_text().splitlines()):
        name = f"metering/{number + 1}"
        if only and only not in f"{SUITE}/{name}":
            continue
        value = json.loads(line)
        body = value["body"]
        usage = body.get("usage") or body.get("usageMetadata") or {}
        told = {(x["provider_id"], x["api_flavor"]): e["usage"] for e in value["extracted"] for x in e["extractors"]}
        dialect = dialect_of(usage, told)
        if dialect is None:
            unspoken = "inputTokens" in usage or "billed_units" in usage
            results.not_applicable(SUITE, name, "dialect not spoken" if unspoken else "other endpoint")
            continue
        client = CHAT if dialect != CHAT else RESPONSES
        got, failed = program.answer(dialect, client, False, document_with(dialect, usage))
        expected = told[FLAVOUR[dialect]]
        try:
            found = {} if failed else decoders.decode(client, got, False).usage or {}
        except decoders.Unreadable as why:
            results.judged(SUITE, name, [f"unreadable: {why}"], dialect=dialect)
            continue
        faults = [f"{mine} is {found.get(mine) or 0}, {expected.get(theirs) or 0} extracted" for mine, theirs in EXTRACTED.items()
                  if (found.get(mine) or 0) != (expected.get(theirs) or 0)]
        results.judged(SUITE, name, faults, dialect=dialect, detail=json.dumps(usage))
