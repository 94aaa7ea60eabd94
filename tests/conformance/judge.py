"""Holds what a client got against what it should have got. Every judge gives a list of what is wrong."""
import json
import re

from . import decoders
from .decoders import CHAT, GEMINI, MESSAGES, RESPONSES

ID_ANTHROPIC = re.compile(r"^[a-zA-Z0-9_-]+$")
WHOLE = {"cached_read_tokens": "input_tokens", "reasoning_tokens": "output_tokens"}
GENERATED = re.compile(r"^<.*generated.*>$")
# The status words of Gemini's errors, by HTTP status.
GEMINI_STATUS = {400: {"INVALID_ARGUMENT", "FAILED_PRECONDITION"}, 401: {"UNAUTHENTICATED"}, 403: {"PERMISSION_DENIED"},
                 404: {"NOT_FOUND"}, 413: {"INVALID_ARGUMENT"}, 429: {"RESOURCE_EXHAUSTED"}, 500: {"INTERNAL"},
                 502: {"INTERNAL", "UNAVAILABLE"}, 503: {"UNAVAILABLE"}, 504: {"DEADLINE_EXCEEDED"}}


def short(value, most=90):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return repr(text if len(text) <= most else text[:most] + "…")


def squeezed(text):
    """Parts of a reasoning are joined by nothing, a line end or two, as each reader likes."""
    return re.sub(r"\s+", "", text)


def same_text(what, wanted, got):
    if wanted == got:
        return []
    at = next((n for n, (a, b) in enumerate(zip(wanted, got)) if a != b), min(len(wanted), len(got)))
    return [f"{what} differs at {at}: {short(wanted[at:], 50)} wanted, got {short(got[at:], 50)} "
            f"({len(wanted)} and {len(got)} characters)"]


def same_value(a, b):
    """JSON values; 1 and 1.0 are the same number, true is none."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_value(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same_value, a, b))
    return a == b


def calls(wanted, got, client, stream):
    faults = []
    if [c.name for c in wanted] != [c.name for c in got]:
        return [f"calls {[c.name for c in wanted]} wanted, got {[c.name for c in got]}"]
    ids = [c.id for c in got]
    if client != GEMINI and (any(not i for i in ids) or len(set(ids)) != len(ids)):
        faults.append(f"the ids of the calls are empty or not unique: {ids}")
    for number, (a, b) in enumerate(zip(wanted, got)):
        carried = client != MESSAGES or ID_ANTHROPIC.match(a.id)
        if a.id and not GENERATED.match(a.id) and carried and b.id != a.id and [c.id for c in wanted].count(a.id) == 1:
            faults.append(f"call {number} has the id {short(b.id)} in place of {short(a.id)}")
        value = a.value()
        if value is None:
            if client in (CHAT, RESPONSES) or client == MESSAGES and stream:
                faults += same_text(f"the broken arguments of call {number}", a.arguments, b.arguments)
        elif not same_value(value, b.value()):
            faults.append(f"call {number} has the arguments {short(b.arguments)} in place of {short(a.arguments)}")
    return faults


def usage(wanted, got, client):
    if wanted is None:
        return []
    if got is None:
        return ["no usage"] if any(wanted.values()) else []
    keys = ["input_tokens", "output_tokens", "cached_read_tokens"]
    if client != GEMINI:
        keys.append("cache_write_tokens")
    if client != MESSAGES or got.get("reasoning_tokens") is not None:
        keys.append("reasoning_tokens")
    faults = []
    for key in keys:
        said, mine = wanted.get(key) or 0, got.get(key) or 0
        # A part is inside its whole (README of the data): one that was said to be more may be cut to it.
        whole = wanted.get(WHOLE[key]) if key in WHOLE else None
        if mine != said and not (whole is not None and said > whole and mine == whole):
            faults.append(f"usage {key} is {mine} in place of {said}")
    return faults


def choice(wanted, got, client, stream, table, block_reason=None):
    """One choice of a translated answer."""
    faults = []
    text, refusal = got.text, got.refusal
    if wanted.refusal and client in (MESSAGES, GEMINI):  # a refusal is text there
        faults += same_text("text with refusal", wanted.text + wanted.refusal, text)
    else:
        faults += same_text("text", wanted.text, text) + same_text("refusal", wanted.refusal, refusal)
    if squeezed(got.reasoning) not in (squeezed(wanted.reasoning), wanted.reasoning_or):
        faults += same_text("reasoning", wanted.reasoning, got.reasoning)
    named = [c for c in got.calls if c.name]  # some providers pad their lists with calls without a name
    faults += calls(wanted.calls, named, client, stream)
    allowed = table.allowed(client, wanted.finish, wanted.calls)
    if allowed and len(named) != len(got.calls):
        allowed = allowed | table.allowed(client, "tool_calls", [])
    if wanted.refusal and allowed:
        allowed = allowed | table.allowed(client, "content_filter", [])
    if allowed and got.finish not in allowed and not (block_reason and wanted.finish == "content_filter"):
        faults.append(f"finish is {got.finish!r}, {' or '.join(sorted(allowed))} wanted")
    return faults


def answer(truth, got, client, stream, table, strict=True):
    """A whole answer. `strict`: it was made by weir, so the dialect's own order must hold too."""
    faults = []
    if truth.failed:
        if not got.error:
            faults.append("the error inside the answer did not come out")
        first = truth.choices[0]
        return faults + same_text("text before the error", first.text, got.first().text)
    if got.error:
        return [f"an error in place of an answer: {short(got.error, 200)}"]
    if len(truth.choices) != max(1, len(got.choices)):
        faults.append(f"{len(truth.choices)} choices wanted, got {len(got.choices)}")
    for number, wanted in enumerate(truth.choices[:max(1, len(got.choices))]):
        mine = got.choices[number] if number < len(got.choices) else decoders.decode_chat.Answer().choice()
        faults += choice(wanted, mine, client, stream, table, got.block_reason)
    faults += usage(truth.usage, got.usage, client)
    if not got.ended and truth.choices[0].finish is not None:
        faults.append("the stream has no end of its dialect")
    return faults + ([f"order: {fault}" for fault in got.faults] if strict else [])


def error_message(body):
    """What the provider says in words; None where its body is no JSON."""
    from .answers import make_error
    try:
        return make_error(json.loads(body)).get("message")
    except ValueError:
        return None


def error(expected, got, message, client, provider_body, own_key=True):
    """`expected`: expect_error of the data; `message`: the HTTP message; `got`: the decoded answer."""
    openai = expected["openai_client"]
    status = openai["status"]
    if client == MESSAGES:
        status = 529 if expected["class"] == "overloaded" else expected["anthropic_client"].get("status", {502: 500}.get(status, status))
    faults = []
    neutral = expected["class"] == "auth" and own_key and message.status in (500, 502)  # a fair choice, says the table
    if message.status != status and not neutral:
        faults.append(f"status {message.status} in place of {status}")
    said = got.error or {}
    if not got.error:
        return faults + ["no error in the body"]
    if client in (CHAT, RESPONSES) and not neutral:
        if said.get("type") != openai["type"] and openai["type"]:
            faults.append(f"error type {said.get('type')!r} in place of {openai['type']!r}")
        if openai["code"] and said.get("code") != openai["code"]:
            faults.append(f"error code {said.get('code')!r} in place of {openai['code']!r}")
    if client == MESSAGES and not neutral and said.get("type") != expected["anthropic_client"]["type"]:
        faults.append(f"error type {said.get('type')!r} in place of {expected['anthropic_client']['type']!r}")
    if client == GEMINI and said.get("status") not in GEMINI_STATUS.get(message.status, {said.get("status")}):
        faults.append(f"error status {said.get('status')!r} with HTTP {message.status}")
    words = error_message(provider_body)
    if expected.get("message_must_be_kept") and words and not neutral and words not in (said.get("message") or ""):
        faults.append(f"the provider's message was not kept: {short(said.get('message') or '')}")
    return faults
