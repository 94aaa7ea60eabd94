"""One way in to the decoders. They are written from the vendors' formats and share nothing with weir."""
import json

from . import decode_anthropic, decode_chat, decode_gemini, decode_responses

CHAT, RESPONSES, MESSAGES, GEMINI = "openai-chat", "openai-responses", "anthropic-messages", "gemini"
DIALECTS = (CHAT, RESPONSES, MESSAGES, GEMINI)
MODULES = {CHAT: decode_chat, RESPONSES: decode_responses, MESSAGES: decode_anthropic, GEMINI: decode_gemini}


class Unreadable(Exception):
    """The bytes are no answer of that dialect at all."""


def decode(dialect, body, stream):
    """Bytes of an answer -> Answer. `stream`: as the dialect streams; a document all the same is read as one."""
    try:
        module = MODULES[dialect]
        if stream and body.lstrip()[:1] != b"{":
            return module.stream(body)
        value = json.loads(body)
        if not isinstance(value, (dict, list)):
            raise Unreadable(f"JSON, but no object: {body[:80]!r}")
        return module.document(value)
    except (ValueError, KeyError, AttributeError, TypeError) as why:
        raise Unreadable(f"{type(why).__name__}: {why}") from why
