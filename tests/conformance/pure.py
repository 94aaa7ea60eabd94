"""Recordings, request assertions, the peers' requests and the usage objects through the pure functions: pure.cpp as a
child of this program, one command and one answer per line."""
import json
import subprocess
from pathlib import Path

from . import answers, asking, costs, decoders, disagreements, judge, minimal, peers, recordings, request_assertions, sse
from .assertions import Seen, fails
from .decoders import CHAT, DIALECTS, GEMINI, MESSAGES, RESPONSES
from .gateway import WORDS
from .results import SEPARATOR
from .truth import oddities, truth
from .upstream import Request

SUITE = "pure"


class Died(Exception):
    """The program ended at a command; the text is what it said."""


class Program:
    def __init__(self, path):
        self.path, self.child, self.abilities = str(path), None, {}

    def ask(self, **command):
        if self.child is None:
            self.child = subprocess.Popen([self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.child.stdin.write(json.dumps(command).encode() + b"\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            pass  # the reading below says why
        line = self.child.stdout.readline()
        if not line:
            said = self.child.communicate()[1].decode("utf-8", "replace").strip()
            self.child = None
            raise Died(said or "without a word")
        return json.loads(line)

    def end(self):
        if self.child is None:
            return 0
        self.child.stdin.close()
        return self.child.wait(10)

    def can(self, op, source, target):
        """Whether this build has both dialects in these places, tried once with the shortest text there is."""
        if (op, source, target) not in self.abilities:
            try:
                if op == "write":
                    self.ask(op=op, **{"from": WORDS[source], "to": WORDS[target]}, model="m", stream=False,
                             body=json.dumps(asking.plain_body(source, "m", False)))
                else:
                    self.answer(source, target, False, json.dumps(minimal.document(source)).encode())
                self.abilities[op, source, target] = True
            except Died as why:
                self.abilities[op, source, target] = "this dialect is not" not in str(why)
        return self.abilities[op, source, target]

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
    costs.run(program, data, results, only)
    results.judged(SUITE, "ends well", [] if program.end() == 0 else ["the program did not end with 0"])


def through_recordings(program, suite, table, results):
    for recording in suite.recordings:
        wanted = truth(recording.expect, recording.dialect, recording.body, recording.stream, table)
        for client in DIALECTS:  # its own among them: decoded and encoded again it must say the same
            kind = suite.kind_of_no(recording, client, wanted, bytes_pass=False)
            name = f"recordings/{recording.id}"
            labels = recording.labels(client)
            if not kind and not program.can("answer", recording.dialect, client):
                kind = "not in the pure functions"
            if kind:
                results.not_applicable(SUITE, name, kind, **labels)
                continue
            try:
                faults, shown = recorded(program, recording, client, wanted, table)
            except Died as why:
                faults, shown = [f"the program died: {why}"], ""
            results.judged(SUITE, name, faults, detail=shown, facts=wanted.facts, **labels)


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
    if wanted.says_nothing() and not recording.expect_error and wanted.native is not None:
        return [], shown
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
        name = f"{request_assertions.SUITE}/{case.id}"
        found = written(program, results, name, case, case.input)
        if found is None:
            continue
        requests = [Request("", {}, found["body"].encode())] if "body" in found else []
        checks = [a for a in case.assertions if a["op"] not in ("url_matches", "header_present", "fan_out")]
        faults = [f for f in (fails(a, Seen(400 if not requests else 200, requests)) for a in checks) if f]
        if checks:
            results.judged(SUITE, name, faults, dialect=case.to, detail=json.dumps(found))


def written(program, results, name, case, body):
    """The provider's request of a client's body; None where it was settled already."""
    if not program.can("write", case.client, case.dialect):
        return results.not_applicable(SUITE, name, "not in the pure functions", client=case.client)
    try:
        return program.ask(op="write", **{"from": WORDS[case.client], "to": WORDS[case.dialect]}, kind=case.kind, model=case.model,
                           stream=case.stream, body=json.dumps(body))
    except Died as why:
        return results.judged(SUITE, name, [f"the program died: {why}"], client=case.client)


def through_requests(program, suite, results):
    for case in suite.cases:
        if case.expected_request is None or case.client == case.dialect or not isinstance(case.body, dict):
            continue
        name = f"{case.suite}/{case.name}"
        found = written(program, results, name, case, case.body)
        if found is None:
            continue
        case.requests = [Request("", {}, found["body"].encode())] if "body" in found else []
        got = answers.Answer(error={"param": found.get("refused"), "message": found.get("why")})
        faults, sentences = case.request_faults(asking.made(400, json.dumps(found).encode()), got)
        results.judged(SUITE, name, faults, client=case.client, note=SEPARATOR.join(dict.fromkeys(sentences)),
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
        if not program.can("answer", dialect, client):
            client = dialect  # its own will do until then
        if not program.can("answer", dialect, client):
            results.not_applicable(SUITE, name, "not in the pure functions")
            continue
        got, failed = program.answer(dialect, client, False, document_with(dialect, usage))
        expected = told[FLAVOUR[dialect]]
        try:
            found = {} if failed else decoders.decode(client, got, False).usage or {}
        except decoders.Unreadable as why:
            results.judged(SUITE, name, [f"unreadable: {why}"], dialect=dialect)
            continue
        # What the peer did not extract is taken from this program's own reading.
        own = decoders.decode(dialect, document_with(dialect, usage), False).usage or {}
        wanted = {mine: expected.get(theirs, own.get(mine)) or 0 for mine, theirs in EXTRACTED.items()}
        faults = [f"{key} is {found.get(key) or 0} in place of {value}" for key, value in wanted.items()
                  if (found.get(key) or 0) != value]
        results.judged(SUITE, name, faults, dialect=dialect, detail=json.dumps(usage), facts=oddities(usage))
