"""The conformance cases of difficult streams (stream-edge), as far as they concern a client and a provider of the same
dialect: clean streams come out byte for byte, broken ones end in an error and never in a made-up finish."""
import base64
import json

from harness import places
from harness.client import chat
from harness.provider import Answer, Provider
from harness.registry import Failure, Skip, check, check_equal, test
from harness.weir import Weir, configuration

DONE = b"data: [DONE]\n\n"
WAYS = ("chunked", "close", "together")


def cases():
    data = places.shared()
    if not data:
        raise Skip("the shared conformance cases are not here (WEIR_SHARED or ../shared)")
    found = {}
    for path in sorted((data / "conformance/stream-edge").glob("*.json")):
        case = json.loads(path.read_text())
        if case["upstream_dialect"] == "openai-chat":
            found[case["id"]] = case
    check(found, "there is not one case of the OpenAI chat dialect")
    return found


def bytes_of(case):
    return b"".join(segments(case))


def segments(case):
    return [base64.b64decode(s) for s in case["upstream"]["segments_b64"]]


def upstream_answer(case, way):
    """`way`: "chunked" and "close" as the case cuts it; "together": chunked, from head to end in one write."""
    framing = "close" if way == "close" else "chunked"
    upstream = case["upstream"]
    headers = [(n, v) for n, v in upstream["headers"].items() if n != "content-length"]
    split = "every-byte" if upstream["split"] == "every-byte" else "as-given"
    gap = 0.1 if "ms between" in upstream["split"] else 0.0  # a second in the case; the law does not depend on it
    reset = upstream["close"] == "reset"
    if reset:
        framing = "chunked"
    if way == "together":
        split, gap = "together", 0.0
    return Answer(upstream["status"], headers, segments(case), framing, split, gap, end=not reset,
                  close="reset" if reset else "fin")


async def play(wanted, body, judge):
    """Plays each case in three ways. `judge(case, answer, log_line)` raises Failure."""
    chosen = [c for c in cases().values() if wanted(c)]
    check(chosen, "no case fits")
    now, answers, failures = {}, [], []
    async with Provider(lambda message: now["answer"]) as provider:
        # One shard, so that the lines of the access log are in the order of the requests.
        async with await Weir.start(configuration(provider.port, shards=1)) as weir:
            for case in chosen:
                for way in WAYS:
                    now["answer"] = upstream_answer(case, way)
                    answer = await weir.ask(body)
                    check(answer, case["id"] + ": no answer at all")
                    answers.append((case, way, answer))
    lines = weir.log_lines()
    check_equal(len(lines), len(answers), "lines in the access log")
    for (case, way, answer), line in zip(answers, lines):
        try:
            judge(case, answer, line)
        except Failure as failure:
            failures.append(f"{case['id']} ({way}): {failure}")
    check(not failures, "\n      ".join([f"{len(failures)} of {len(WAYS) * len(chosen)}"] + failures))
    return f"{len(chosen)} cases, each chunked, until close, and all in one write"


# ---- An independent reading of a stream, enough to see what it says.

def events(body):
    """The data of each event, by the rules of the SSE standard; an unfinished last event counts."""
    text = body.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    found = []
    for block in text.split("\n\n"):
        data = [line[5:].removeprefix(" ") for line in block.split("\n") if line.startswith("data:")]
        data += ["" for line in block.split("\n") if line == "data"]
        if data:
            found.append("\n".join(data))
    return found


def read_stream(body):
    said = {"text": "", "finish": None, "done": False, "error": None, "usage": None, "pure_usage": 0}
    for data in events(body):
        if data.strip() == "[DONE]":
            said["done"] = True
        elif data.strip():
            value = json.loads(data)
            if "error" in value:
                said["error"] = value["error"]
                continue
            for choice in value.get("choices", []):
                if choice["index"] == 0:
                    said["text"] += choice["delta"].get("content") or ""
                    said["finish"] = choice.get("finish_reason") or said["finish"]
            said["usage"] = value.get("usage") or said["usage"]
            said["pure_usage"] += bool(value.get("usage")) and not value["choices"]
    return said


# ---- Clean streams.

SPECIAL = {"openai-eof-before-finish", "openai-reset-mid-event", "openai-reset-before-first-byte",
           "openai-error-first-event", "openai-json-error-200", "openai-json-answer-to-stream-request",
           "openai-data-after-done", "openai-done-missing", "openai-error-chunk-mid-stream",
           "framing-no-final-blank"}


def is_clean(case):
    return case["id"] not in SPECIAL and not case["id"].startswith("errors-")


def clean_judge(asked_for_usage):
    def judge(case, answer, line):
        sent = bytes_of(case)
        check_equal(answer.status, 200, "status")
        check(answer.complete, "the answer did not end properly")
        expected = sent if asked_for_usage else without_usage_frame(sent)
        check_equal(answer.body, expected, "the client's bytes")
        check_equal(answer.get("content-type"),
                    case["upstream"]["headers"].get("content-type", "text/event-stream; charset=utf-8"), "content-type")
        expect = case["expect"]
        if "finish_reason_openai" in expect:
            check_equal(line.get("finish"), expect["finish_reason_openai"], "finish in the log line")
        if "usage_normalised" in expect:
            check_tokens(line, expect["usage_normalised"])
        check_equal(line.get("fault"), None, "fault in the log line")
    return judge


def check_tokens(line, wanted):
    usage = line.get("usage") or {}
    got_in = sum(usage.get(k, 0) for k in ("input", "cache_read", "cache_write", "audio_input"))
    got_out = sum(usage.get(k, 0) for k in ("output", "reasoning", "audio_output"))
    check_equal((got_in, got_out), (wanted["input_tokens"], wanted["output_tokens"]), "tokens in the log line")


def without_usage_frame(body):
    """Cuts out the frame that holds usage and an empty list of choices, with its blank line, whatever its line ends."""
    frames, rest = [], body
    while rest:
        ends = [(rest.find(e), len(e)) for e in (b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n", b"\r\n\n") if e in rest]
        at, size = min(ends, key=lambda e: (e[0], -e[1])) if ends else (len(rest), 0)
        frames.append(rest[:at + size])
        rest = rest[at + size:]
    return b"".join(f for f in frames if not (b'"choices":[],' in f and b'"usage":{' in f))


@test
async def clean_streams_come_out_byte_equal():
    return await play(is_clean, chat(stream=True, stream_options={"include_usage": True}), clean_judge(True))


@test
async def usage_that_was_not_asked_for_is_kept_from_the_client():
    return await play(is_clean, chat(stream=True), clean_judge(False))


@test
async def a_last_event_without_its_blank_line_counts():
    def judge(case, answer, line):
        check_equal(answer.status, 200, "status")
        check_equal(answer.body.rstrip(b"\n"), bytes_of(case), "the client's bytes")
        check(answer.body.endswith(DONE), "the end marker must be a whole event")
        check_tokens(line, case["expect"]["usage_normalised"])
    return await play(lambda c: c["id"] == "framing-no-final-blank",
                      chat(stream=True, stream_options={"include_usage": True}), judge)


@test
async def data_after_the_end_marker_is_dropped():
    def judge(case, answer, line):
        sent = bytes_of(case)
        check_equal(answer.body, sent[:sent.index(DONE) + len(DONE)], "the client's bytes")
        check_equal(line.get("fault"), None, "fault in the log line")
    return await play(lambda c: c["id"] == "openai-data-after-done",
                      chat(stream=True, stream_options={"include_usage": True}), judge)


@test
async def a_missing_end_marker_is_added():
    def judge(case, answer, line):
        check_equal(answer.body, bytes_of(case) + DONE, "the client's bytes")
        check_equal(line.get("fault"), None, "fault in the log line")
    return await play(lambda c: c["id"] == "openai-done-missing",
                      chat(stream=True, stream_options={"include_usage": True}), judge)


# ---- Broken streams.

@test
async def a_truncated_stream_ends_in_an_error_event():
    def judge(case, answer, line):
        sent = bytes_of(case)
        whole = sent[:sent.rindex(b"\n\n") + 2]
        check_equal(answer.status, 200, "status")
        check(answer.complete, "an error event is followed by a proper end")
        check_equal(answer.body[:len(whole)], whole, "the whole events, and no part of a broken one")
        said = read_stream(answer.body)
        check(said["error"], f"no error event: {answer.body[-200:]!r}")
        check(said["finish"] is None and not said["done"], "a finish was made up")
        check_equal(said["text"], case["expect"]["text"], "text")
        check(line.get("fault") in ("upstream_truncated", "upstream_reset", "upstream_closed"), f"fault {line.get('fault')}")
    return await play(lambda c: c["id"] in ("openai-eof-before-finish", "openai-reset-mid-event"),
                      chat(stream=True), judge)


@test
async def an_error_event_in_mid_stream_is_passed_on_and_ends_it():
    def judge(case, answer, line):
        check_equal(answer.body, bytes_of(case), "the client's bytes")
        check(answer.complete, "the answer did not end properly")
        check_equal(line.get("fault"), "upstream_stream_error", "fault in the log line")
    return await play(lambda c: c["id"] == "openai-error-chunk-mid-stream", chat(stream=True), judge)


@test
async def an_error_as_the_first_event_becomes_a_status():
    def judge(case, answer, line):
        check_equal(answer.status, 503, "status (the event's own code)")
        check_equal(answer.get("content-type"), "application/json", "content-type")
        check_equal(json.loads(answer.body)["error"]["message"], "Overloaded", "message")
        check_equal(line.get("fault"), "upstream_stream_error", "fault in the log line")
    return await play(lambda c: c["id"] == "openai-error-first-event", chat(stream=True), judge)


@test
async def an_error_document_inside_a_200_becomes_a_status():
    def judge(case, answer, line):
        check(500 <= answer.status <= 599, f"status {answer.status}")
        check_equal(json.loads(answer.body)["error"]["message"], "model is loading", "message")
        check_equal(line.get("fault"), "upstream_stream_error", "fault in the log line")
    return await play(lambda c: c["id"] == "openai-json-error-200", chat(stream=True), judge)


@test
async def a_reset_before_the_first_byte_becomes_502():
    def judge(case, answer, line):
        check_equal(answer.status, 502, "status")
        error = json.loads(answer.body)["error"]
        check(error["message"] and error["type"], f"an OpenAI error: {error}")
        check_equal(line.get("fault"), "upstream_reset", "fault in the log line")
    return await play(lambda c: c["id"] == "openai-reset-before-first-byte", chat(stream=True), judge)


@test
async def error_statuses_keep_their_status_and_become_json():
    def judge(case, answer, line):
        check_equal(answer.status, case["expect"]["http_status"], "status")
        check_equal(answer.get("content-type"), "application/json", "content-type")
        error = json.loads(answer.body)["error"]
        check(error["message"] and error["type"], f"an OpenAI error: {error}")
        sent = bytes_of(case)
        if sent.startswith(b"{"):
            check_equal(answer.body, sent, "the provider's own error, verbatim")
        for name in ("retry-after", "retry-after-ms", "x-ratelimit-remaining-tokens"):
            check_equal(answer.get(name), case["upstream"]["headers"].get(name), name)
    return await play(lambda c: c["id"].startswith("errors-"), chat(stream=True), judge)


@test
async def a_json_answer_to_a_stream_request_becomes_a_stream():
    def judge(case, answer, line):
        check_equal(answer.status, 200, "status")
        check(answer.get("content-type").startswith("text/event-stream"), "content-type")
        payloads = [frame.removeprefix("data: ") for frame in answer.body.decode().split("\n\n") if frame]
        check_equal(payloads.pop(), "[DONE]", "the end marker")
        choices = [choice for payload in payloads for choice in json.loads(payload)["choices"]]
        check_equal("".join(c["delta"].get("content") or "" for c in choices), case["expect"]["text"], "text")
        check_equal([c["finish_reason"] for c in choices if c["finish_reason"]], ["stop"], "finish")
        check_tokens(line, case["expect"]["usage_normalised"])
    await play(lambda c: c["id"] == "openai-json-answer-to-stream-request", chat(stream=True), judge)


@test
async def every_case_of_the_dialect_is_played():
    played = [c for c in cases() if is_clean(cases()[c]) or c in SPECIAL or c.startswith("errors-")]
    check_equal(sorted(played), sorted(cases()), "cases")
    return f"{len(played)} cases"


@test
async def each_event_is_passed_on_at_once():
    """A stream with pauses: no event waits for the next one, but for what comes before the first content: it waits for that,
    because until then another deployment could answer."""
    case = cases()["openai-slow-drip"]
    answer = upstream_answer(case, "chunked")
    answer.gap = 0.4
    async with Provider(lambda message: answer) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            got = await weir.ask(chat(stream=True))
    times = [at for at, _ in got.arrivals]
    check_equal(len(times), len(answer.segments), "chunks")
    gaps = [b - a for a, b in zip(times, times[1:])]
    check(gaps[0] < 0.2, f"the role waits for the content: {gaps}")
    check(all(0.2 < g < 0.6 for g in gaps[1:]), f"the pauses between events are {gaps}")
