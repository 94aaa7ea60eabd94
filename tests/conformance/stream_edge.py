"""Difficult streams: the exact bytes in the exact segments, through the real binary, to every client dialect."""
import asyncio
import base64
import copy
import json
from pathlib import Path

from . import asking, decoders, judge, phrases
from .cases import load
from .decoders import CHAT, DIALECTS, MESSAGES, RESPONSES
from .phrases import Outcome
from .recordings import SPOKEN, why_not
from .truth import truth
from .upstream import Script

SUITE = "stream-edge"
TEXT_KEYS = ("must", "client", "openai_client", "anthropic", "gemini", "note")
ANSWER_KEYS = {"text", "tool_calls", "finish_reason_openai", "usage_normalised", "reasoning_text", "choices", "refusal"}
# Whose words are only for clients of one dialect.
FOR = {"openai_client": CHAT, "anthropic": MESSAGES, "gemini": "gemini"}


def script(upstream):
    segments = [base64.b64decode(s) for s in upstream["segments_b64"]]
    if upstream["split"].startswith("every-byte"):
        segments = [bytes([b]) for b in b"".join(segments)]
    headers = [(n, v) for n, v in upstream["headers"].items() if n != "content-length"]
    is_error = upstream["status"] >= 400
    return Script(upstream["status"], headers, segments, gap=0.05 if "ms between" in upstream["split"] else 0.0,
                  framing="length" if is_error else "chunked", reset=upstream["close"] == "reset")


def read_case(path):
    case = json.loads(path.read_text())
    case.setdefault("id", path.stem)
    script(case["upstream"])
    return {**case, "upstream_dialect": case["upstream_dialect"], "expect": case.get("expect") or {}}


class Suite:
    def __init__(self, data, gateway, upstream, table, results, only):
        self.table, self.results, self.cases = table, results, {}
        errors = Path(data) / "conformance/tables/error_classes.json"
        self.classes = json.loads(errors.read_text())["classes"] if errors.exists() else {}
        for case in load(sorted((Path(data) / "conformance" / SUITE).glob("*.json")), read_case, SUITE, results, only):
            if only and only not in f"{SUITE}/{case['id']}":
                continue
            dialect = SPOKEN.get(case["upstream_dialect"])
            kind = gateway.kind("plain", dialect) if dialect else None
            if kind is None:
                results.not_applicable(SUITE, case["id"], why_not(case["upstream_dialect"]) if dialect is None else
                                       "provider kind unknown", dialect=case["upstream_dialect"])
                continue
            case["dialect"] = dialect
            # Of gemini-generate there is no stream to ask for.
            case["stream"] = case["upstream_dialect"] != "gemini-generate"
            # A provider of its own for each case: one that failed shall not be rested at another's expense.
            case["provider"] = f"edge-{len(self.cases)}"
            gateway.add(case["provider"], dialect, upstream.port, kind)
            upstream.routes[case["provider"]] = lambda request, case=case: script(case["upstream"])
            self.cases[case["id"]] = case

    async def run(self, http, gate, served):
        async def one(case):
            for client in DIALECTS:
                labels = {"client": client, "dialect": case["upstream_dialect"]}
                if client not in served:
                    self.results.not_applicable(SUITE, case["id"], "client dialect not served", **labels)
                    continue
                async with gate:
                    await self.play(http, case, client, labels)
        await asyncio.gather(*map(one, self.cases.values()))

    async def play(self, http, case, client, labels):
        expect = case["expect"]
        if len(expect.get("choices") or []) > 1 and client in (MESSAGES, RESPONSES):
            return self.results.not_applicable(SUITE, case["id"], "several choices", **labels)
        model = f"{case['provider']}/{case['id']}"
        body = asking.plain_body(client, model, case["stream"])
        if client == CHAT and "did not send stream_options" in case.get("client_request_note", ""):
            body.pop("stream_options", None)
        try:
            message = await asking.ask(http, client, model, case["stream"], body)
        except asyncio.TimeoutError:
            return self.results.judged(SUITE, case["id"], ["no answer in time"], **labels)
        try:
            outcome = Outcome(message, asking.read(client, message, case["stream"]))
        except decoders.Unreadable as why:
            outcome = Outcome(message, None, str(why))
        faults, checked = self.judged(case, client, outcome)
        if not checked:
            faults = ["nothing checked: the case asks for nothing that this program understands"]
        self.results.judged(SUITE, case["id"], faults, detail=message.body.decode("utf-8", "replace"), **labels)

    def judged(self, case, client, outcome):
        """-> (what is wrong, how many things were looked at)."""
        expect, faults, checked = case["expect"], [], 0
        if "http_status" in expect or "class" in expect:
            faults += self.error(case, client, outcome)
            checked += 1
        elif ANSWER_KEYS & expect.keys() or expect.get("stream_error"):
            faults += self.answer(case, client, outcome)
            checked += 1
        for number, key in enumerate(("text_length_chars", "text_if_passthrough", "openai_tool_indexes", "prompt_block_reason")):
            if key in expect:
                faults += getattr(self, key)(expect, client, outcome)
                checked += 1
        for key in TEXT_KEYS:
            if isinstance(expect.get(key), str) and client == FOR.get(key, client):
                found, understood = phrases.checks(expect[key])
                checked += understood
                for check in found:
                    faults += check(outcome, client, case) or []
            elif isinstance(expect.get(key), str):
                checked += 1  # said of another client
        return list(dict.fromkeys(faults)), checked

    def error(self, case, client, outcome):
        expect, message = case["expect"], outcome.message
        body = b"".join(base64.b64decode(s) for s in case["upstream"]["segments_b64"])
        if outcome.answer is None:
            return [f"unreadable: {outcome.unreadable}"]
        faults = []
        row = self.classes.get(expect.get("class"))
        if row:
            openai, anthropic = row["openai"], row["anthropic"]
            faults += judge.error({"class": expect["class"], "openai_client": dict(zip(("status", "type", "code"), openai)),
                                   "anthropic_client": {"type": anthropic[1], "status": anthropic[0]},
                                   "message_must_be_kept": True}, outcome.answer, message, client, body) \
                if client != case["dialect"] or message.body != body else []
        elif "http_status" in expect and message.status not in (
                expect["http_status"], {502: 500, 503: 529}.get(expect["http_status"]) if client == MESSAGES else 0):
            faults.append(f"status {message.status} in place of {expect['http_status']}")
        wait = expect.get("retry_after_ms", 1000 * expect.get("retry_after_s", 0))
        if wait:
            seconds = message.headers.get("retry-after", "")
            exact = message.headers.get("retry-after-ms", "")
            if not (seconds.isdigit() and wait <= int(seconds) * 1000 < wait + 1000) and exact != str(wait):
                faults.append(f"retry-after is {seconds or 'missing'} where {wait} ms were said")
        return faults

    def answer(self, case, client, outcome):
        if outcome.answer is None:
            return [f"unreadable: {outcome.unreadable}"]
        expect = copy.deepcopy(case["expect"])
        for call in expect.get("tool_calls") or []:
            if call.get("id", "").startswith("<"):
                call["id"] = ""
        body = b"".join(base64.b64decode(s) for s in case["upstream"]["segments_b64"])
        wanted = truth(expect, case["dialect"], body, case["stream"], self.table)
        wanted.failed = bool(expect.get("stream_error")) or phrases.in_band_error in phrases.checks(str(expect.get("must", "")))[0]
        if "text" not in expect and "choices" not in expect:
            for mine, theirs in zip(wanted.choices, outcome.answer.choices):
                mine.text = theirs.text if expect.get("must") else mine.text
        if wanted.failed and outcome.message.status >= 400 and not wanted.choices[0].text:
            return []
        if client == CHAT and "did not send stream_options" in case.get("client_request_note", ""):
            wanted.usage = None
        if client == case["dialect"]:
            for choice in wanted.choices:
                choice.finish = None if "pass through" in str(expect.get("client")) else choice.finish
        if not wanted.failed and outcome.message.status != 200:
            return [f"status {outcome.message.status}: {judge.short(outcome.answer.error, 200)}"]
        if not outcome.message.complete and not wanted.failed:
            return ["the answer did not end properly"]
        return judge.answer(wanted, outcome.answer, client, case["stream"], self.table, strict=client != case["dialect"])

    @staticmethod
    def text_length_chars(expect, client, outcome):
        length = len(outcome.answer.first().text) if outcome.answer else 0
        return [] if length == expect["text_length_chars"] else [f"{length} characters in place of {expect['text_length_chars']}"]

    @staticmethod
    def text_if_passthrough(expect, client, outcome):
        got = outcome.answer.first() if outcome.answer else None
        ways = [(expect["text_if_passthrough"], "")]
        if "text_if_extracted" in expect:
            ways.append((expect["text_if_extracted"], expect.get("reasoning_text_if_extracted", "")))
        return [] if got and (got.text, got.reasoning) in ways else [f"neither passed nor extracted: {got and got.text!r}"]

    @staticmethod
    def openai_tool_indexes(expect, client, outcome):
        if client != CHAT or outcome.answer is None:
            return []
        count = len(outcome.answer.first().calls)
        return [] if list(range(count)) == expect["openai_tool_indexes"] else [f"{count} calls"]

    @staticmethod
    def prompt_block_reason(expect, client, outcome):
        if outcome.answer is None or outcome.message.status == 400:
            return []
        if client == "gemini":
            return [] if outcome.answer.block_reason or outcome.answer.first().finish else ["no block reason"]
        return []
