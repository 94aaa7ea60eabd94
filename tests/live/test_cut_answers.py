"""A provider that dies at every single byte of its answer, orderly and by a reset. Whatever the byte, the client learns
that the answer is cut: never a silent truncation, never a made-up finish, never half an event."""
import asyncio
import json
from collections import Counter

from harness.client import chat
from harness.provider import Answer, Provider, json_answer, sse_answer
from harness.registry import Failure, check, check_equal, test
from harness.weir import Weir, configuration
from test_curl import DOCUMENT, DONE, STREAM

AT_ONCE = 24
DONE = DONE.encode()
FINISH = STREAM[2].encode()


class Whole:
    """An answer as the provider would send all of it, and what of it a prefix of so many bytes says."""

    def __init__(self, answer):
        self.framing = answer.framing
        pieces = answer.writes()
        self.bytes = b"".join(pieces)
        self.head = len(pieces[0])

    def body_of(self, size):
        """What of the body stands in the first `size` bytes."""
        sent = self.bytes[self.head:size]
        if self.framing != "chunked":
            return sent
        body = b""
        while b"\r\n" in sent:
            line, _, sent = sent.partition(b"\r\n")
            length = int(line, 16)
            body += sent[:length]
            sent = sent[length + 2:]
        return body

    def place_of(self, size):
        """The class of a position, for the census: a position says where the *next* byte would have been."""
        body = self.body_of(size)
        events = body[:body.rfind(b"\n\n") + 2] if b"\n\n" in body else b""
        if size == 0:
            return "nothing sent"
        if size < self.head:
            return "in the head"
        if size == self.head:
            return "behind the head"
        if self.framing == "chunked" and not self.bytes.startswith(body[-8:], size - 8) and body == events:
            return "in chunk framing"
        if DONE in events:
            return "behind [DONE]"
        if b"[DO" in body:
            return "inside [DONE]"
        if FINISH in events:
            return "between the finish and [DONE]"
        if body == events:
            return "between events"
        return "in the first event" if not events else "in a later event"


class Cut:
    """A provider whose every request names, as its text, the position where the answer ends."""

    def __init__(self, whole, close, tls=None):
        self.whole, self.close = whole, close
        self.provider = Provider(self.respond, tls=tls)

    def respond(self, message):
        size = int(json.loads(message.body)["messages"][0]["content"])
        return Answer(raw=self.whole.bytes[:size], close=self.close, hold_before_close=0.02 if self.close == "fin" else 0)


async def at_every_byte(weir, sizes, stream, judge, tls=None):
    """Asks once per position, AT_ONCE at a time; `judge(size, answer)` names what it saw or raises Failure."""
    wrong, seen, waiting = [], Counter(), list(sizes)

    async def work():
        while waiting:
            size = waiting.pop()
            try:
                seen[judge(size, await weir.ask(chat(stream=stream, text=str(size))))] += 1
            except Failure as failure:
                wrong.append(f"cut at byte {size}: {failure}")
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    check(not wrong, f"{len(wrong)} of {len(sizes)} positions:\n      " + "\n      ".join(sorted(wrong)[:12]))
    return seen


def error_in(text):
    error = json.loads(text)["error"]
    check(error["message"] and error["type"], f"an OpenAI error: {error}")


def events_of(body):
    """-> (whole events, the last one if only its blank line is missing, its line ends left out)"""
    events = body[:body.rfind(b"\n\n") + 2] if b"\n\n" in body else b""
    last = body[len(events):].rstrip(b"\n")
    try:
        if last != DONE.strip():
            json.loads(last.removeprefix(b"data: "))
    except ValueError:
        last = b""
    return events, last


def judge_stream(whole, orderly_end_may_end_the_body):
    def judge(size, answer):
        events, last = events_of(whole.body_of(size))
        check(answer is not None, "no answer at all")
        check(answer.complete, f"the answer's framing broke off after {answer.body!r}; an event was to say why")
        if answer.status != 200:
            check_equal(answer.status, 502, "status")
            check_equal(events, b"", "events that the client never saw")
            error_in(answer.body)
            return "502"
        check(answer.body.startswith(events), f"events were lost or changed: {answer.body!r} for {events!r}")
        rest = answer.body[len(events):]
        if orderly_end_may_end_the_body and last and rest.startswith(last):
            events += last + b"\n\n"
            rest = rest[len(last):].lstrip(b"\n")
        if DONE in events:
            check_equal(rest, b"", "behind [DONE]")
            return "whole"
        if rest == DONE:
            check(FINISH in events, "an end was made up")
            check(orderly_end_may_end_the_body, "a cut was taken for an end")
            return "whole, [DONE] added"
        check(rest.startswith(b"data: {") and rest.endswith(b"\n\n") and rest.count(b"\n\n") == 1, f"not one event: {rest!r}")
        error_in(rest[6:])
        return "error event"
    return judge


def judge_document(whole):
    def judge(size, answer):
        check(answer is not None and answer.complete, "no whole answer")
        if answer.status == 200:
            check_equal(answer.body, DOCUMENT.encode(), "body")
            needed = len(whole.bytes) if whole.framing == "length" else len(whole.bytes) - 2
            check(size >= needed, "a cut document was passed on as whole")
            return "whole"
        check_equal(answer.status, 502, "status")
        error_in(answer.body)
        return "502"
    return judge


async def cut_streams(closes, framings=("chunked", "close"), step=1, tls=None, providers=None):
    """Every `step`-th position and all within the framing's turning points; each with each kind of end."""
    notes, places = [], Counter()
    for framing in framings:
        answer = sse_answer(*STREAM, framing=framing)
        whole = Whole(answer)
        for close in closes:
            if framing == "close" and close == "reset" and step > 1:
                continue
            sizes = range(0, len(whole.bytes) + (0 if framing == "chunked" else 1), step)
            cut = Cut(whole, close, tls)
            async with cut.provider as provider:
                config = configuration(provider.port, shards=1)
                if providers:
                    config["providers"] = providers(provider.port)
                async with await Weir.start(config) as weir:
                    seen = await at_every_byte(weir, sizes, True, judge_stream(whole, framing == "close" or close == "fin"))
                    samples = await weir.metrics()
                    for name in ("weir_exchanges_in_flight", 'weir_memory_reserved_bytes{use="request"}',
                                 'weir_provider_connections{state="used"}', 'weir_provider_connections{state="idle"}'):
                        check_equal(samples[name], 0, f"{framing}, {close}: {name} afterwards")
                failed = [line for line in weir.log_lines() if "fault" in line]
                check_equal(len(failed), len(sizes) - sum(n for s, n in seen.items() if s.startswith("whole")),
                            f"{framing}, {close}: log lines with a fault")
            places.update(whole.place_of(size) for size in sizes)
            notes.append(f"{framing}/{close}: " + ", ".join(f"{n} {s}" for s, n in sorted(seen.items())))
    check(len(places) >= 8, f"position classes that never came: only {sorted(places)}")
    return "; ".join(notes)


@test
async def a_stream_that_ends_at_any_byte():
    return await cut_streams(("fin",))


@test
async def a_stream_that_is_reset_at_any_byte():
    return await cut_streams(("reset",))


@test
async def a_document_that_ends_or_is_reset_at_any_byte():
    notes = []
    for framing in ("length", "chunked"):
        whole = Whole(json_answer(DOCUMENT, framing=framing))
        for close in ("fin", "reset"):
            async with Cut(whole, close).provider as provider:
                async with await Weir.start(configuration(provider.port, shards=1)) as weir:
                    seen = await at_every_byte(weir, range(len(whole.bytes)), False, judge_document(whole))
            notes.append(f"{framing}/{close}: " + ", ".join(f"{n} {s}" for s, n in sorted(seen.items())))
    return "; ".join(notes)
