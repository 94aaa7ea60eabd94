"""The prose of the stream-edge cases as checks: what a phrase asks of the answer that a client got.

A check gets (outcome, client, case) and gives a list of what is wrong; None where the phrase asks nothing of this client.
A phrase of ASK_NOTHING is understood, but is about something that a client cannot see (metering, timing, logs).
"""
import json
import re

from .decoders import CHAT, GEMINI, MESSAGES, RESPONSES

NORMAL_ENDS = {"stop", "end_turn", "STOP", "completed", "tool_calls", "tool_use"}


class Outcome:
    """What a client got: the HTTP message and, where it is readable, the decoded answer."""

    def __init__(self, message, answer, unreadable=""):
        self.message, self.answer, self.unreadable = message, answer, unreadable

    @property
    def failed(self):
        """A status that is an error, an error inside the answer, or an end that no client takes for one."""
        return self.message.status >= 400 or self.answer is None or bool(self.answer.error) or not self.message.complete


def in_band_error(outcome, client, case):
    faults = []
    if not (outcome.answer and outcome.answer.error):
        faults.append("no error reached the client")
    if outcome.answer and outcome.answer.first().finish in NORMAL_ENDS:
        faults.append(f"a finish was made up: {outcome.answer.first().finish}")
    return faults


def real_status(outcome, client, case):
    return [] if outcome.message.status >= 500 or outcome.message.status in (400, 429) else \
        [f"status {outcome.message.status} in place of a real HTTP error"]


def status_529(outcome, client, case):
    wanted = 529 if client == MESSAGES else 503
    return [] if outcome.message.status == wanted else [f"status {outcome.message.status} in place of {wanted}"]


def is_error(outcome, client, case):
    return [] if outcome.failed else ["it does not look like an error"]


def bad_gateway(outcome, client, case):
    return [] if 500 <= outcome.message.status <= 504 else [f"status {outcome.message.status} in place of 502"]


def utf8(outcome, client, case):
    try:
        outcome.message.body.decode("utf-8")
        return []
    except UnicodeDecodeError as why:
        return [f"not UTF-8: {why}"]


def not_failed(outcome, client, case):
    return ["the answer failed"] if outcome.failed else []


def json_error(outcome, client, case):
    try:
        value = json.loads(outcome.message.body)
    except ValueError:
        return [f"the body is no JSON: {outcome.message.body[:80]!r}"]
    return [] if isinstance(value, dict) and value.get("error") else ["the body holds no error"]


def retry_after(outcome, client, case):
    return [] if "retry-after" in outcome.message.headers else ["no retry-after header"]


def done_marker(outcome, client, case):
    if client != CHAT or outcome.failed:
        return None
    return [] if re.search(rb"data: *\[DONE\]\s*$", outcome.message.body) else ["no [DONE] at the end"]


def digits_kept(outcome, client, case):
    digits = re.search(r"\(([-0-9.]+)\)", case["expect"]["must"])
    if client != CHAT or not digits:
        return None
    return [] if digits[1].encode() in outcome.message.body else [f"{digits[1]} did not come out"]


def content_filter_choice(outcome, client, case):
    if outcome.message.status == 400:
        return []
    if outcome.answer is None or client == CHAT and len(outcome.answer.choices) != 1:
        return ["there is not one choice"]
    return [] if outcome.answer.first().text == "" else ["the blocked answer has text"]


def no_plain_stop(outcome, client, case):
    """The native reason is seen: an error, or the word itself in a side field."""
    if outcome.failed or client == GEMINI:
        return []
    words = re.findall(r'"finishReason":\s*"([A-Z_]+)"', case.get("preview", ""))
    seen = outcome.message.body.decode("utf-8", "replace")
    return [] if any(word in seen for word in words) else [f"nothing tells of {words}"]


def signature_kept(outcome, client, case):
    if client not in (CHAT, GEMINI):
        return None
    signatures = re.findall(r'"thoughtSignature":\s*"([^"]+)"', case.get("preview", ""))
    missing = [s for s in signatures if s.encode() not in outcome.message.body]
    return [f"the signature {missing[0]} is lost"] if missing else []


def max_tokens_stop(outcome, client, case):
    if client != MESSAGES or outcome.answer is None:
        return None
    return [] if outcome.answer.first().finish == "max_tokens" else [f"stop_reason is {outcome.answer.first().finish}"]


def usage_withheld(outcome, client, case):
    if client != CHAT or "did not send stream_options" not in case.get("client_request_note", ""):
        return None
    return [] if outcome.answer is not None and outcome.answer.usage is None else ["usage came that nobody asked for"]


def tool_use_stop(outcome, client, case):
    if client != MESSAGES or outcome.answer is None:
        return None
    return [] if outcome.answer.first().finish == "tool_use" else [f"stop_reason is {outcome.answer.first().finish}"]


PHRASES = [
    (r"in-band error|must not look like success|OpenAI client: forward as data|^data: \{\"error\"", in_band_error),
    (r"real HTTP error|as openai-error-first-event", real_status),
    (r"semantic status 529", status_529),
    (r"treat as error", is_error),
    (r"502 to the client", bad_gateway),
    (r"invalid UTF-8", utf8),
    (r"do not fail the stream", not_failed),
    (r"JSON error", json_error),
    (r"do not forward HTML", json_error),
    (r"Retry-After header|honour Retry-After|forward both headers", retry_after),
    (r"\[DONE\](?!.*documented choice)", done_marker),
    (r"numbers keep their digits", digits_kept),
    (r"one choice with empty content", content_filter_choice),
    (r"expose the native reason", no_plain_stop),
    (r"keep thoughtSignature", signature_kept),
    (r"stop_reason max_tokens", max_tokens_stop),
    (r"withheld from the client", usage_withheld),
    (r"must get stop_reason tool_use", tool_use_stop),
    (r"retryable upstream failure$", is_error),
]
ASK_NOTHING = [r"meter by estimate", r"per-event added delay", r"as soon as its closing brace arrives", r"comments must never be parsed",
               r"first non-empty id/model", r"stop_reason refusal", r"finishReason SAFETY", r"may not interleave", r"Optional"]


def checks(text):
    """The checks of a text; the phrases in it that ask nothing count as understood."""
    found = [check for pattern, check in PHRASES if re.search(pattern, text)]
    return list(dict.fromkeys(found)), bool(found) or any(re.search(p, text) for p in ASK_NOTHING)
