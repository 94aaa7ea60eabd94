"""What weir may change in a request body, said independently of weir: the model's name, the wish for usage, and the name of
the limit where the model refuses the old one."""
import json
import re

ASK_FOR_USAGE = '"stream_options":{"include_usage":true},'


def members(text):
    """Name -> (start, end) of the value, of the top level members of a JSON object."""
    decoder = json.JSONDecoder()
    spans, at = {}, skip(text, text.index("{") + 1)
    while text[at] != "}":
        name, at = decoder.raw_decode(text, at)
        at = skip(text, skip(text, at) + 1)  # behind the colon
        _, end = decoder.raw_decode(text, at)
        spans[name] = (at, end)
        at = skip(text, end)
        if text[at] == ",":
            at = skip(text, at + 1)
    return spans


def skip(text, at):
    while text[at] in " \t\r\n":
        at += 1
    return at


def as_sent_upstream(body, model):
    """The bytes a provider must receive for `body`. A stream that does not ask for usage must have no stream_options."""
    text = body.decode()
    spans = members(text)
    value = json.loads(text)
    start, end = spans["model"]
    text = text[:start] + json.dumps(model) + text[end:]
    if "max_tokens" in value and re.search(r"(^|/)(gpt-5|o\d)", model):
        text = re.sub(r'"max_tokens"(?=\s*:)', '"max_completion_tokens"', text, count=1)
    if value.get("stream") and not (value.get("stream_options") or {}).get("include_usage"):
        assert "stream_options" not in value, "this recording needs a rule of its own"
        first = text.index("{") + 1
        text = text[:first] + ASK_FOR_USAGE + text[first:]
    return text.encode()
