"""What a client of each dialect sends: the address, the body, and how an answer of weir's is read."""
import gzip
import json

from . import decoders
from .http1 import Message
from .decoders import CHAT, GEMINI, MESSAGES, RESPONSES

QUESTION = "What is recorded here?"
PATHS = {CHAT: "/v1/chat/completions", RESPONSES: "/v1/responses", MESSAGES: "/v1/messages"}
HEADERS = {MESSAGES: [("anthropic-version", "2023-06-01")]}


def path(client, model, stream, array=False):
    """`array`: Gemini's stream without alt=sse."""
    if client != GEMINI:
        return PATHS[client]
    method = "generateContent" if not stream else "streamGenerateContent" if array else "streamGenerateContent?alt=sse"
    return f"/v1beta/models/{model}:{method}"


def plain_body(client, model, stream):
    """The shortest question there is in that dialect. Chat asks for usage, which the others always get."""
    if client == GEMINI:
        return {"contents": [{"role": "user", "parts": [{"text": QUESTION}]}]}
    body = {"model": model}
    if client == RESPONSES:
        body["input"] = QUESTION
    else:
        body["messages"] = [{"role": "user", "content": QUESTION}]
    if client == MESSAGES:
        body["max_tokens"] = 1024
    if stream:
        body["stream"] = True
        if client == CHAT:
            body["stream_options"] = {"include_usage": True}
    return body


def body_of(value):
    return json.dumps(value, ensure_ascii=False).encode()


async def ask(http, client, model, stream, body=None, headers=(), array=False):
    """-> Message. `body`: a dictionary to send in place of the plain question."""
    return await http.ask(path(client, model, stream, array), body_of(body or plain_body(client, model, stream)),
                          [*HEADERS.get(client, []), *headers])


def read(client, message, stream):
    """-> Answer, which holds an error if the status says so."""
    try:
        body = gzip.decompress(message.body) if message.headers.get("content-encoding") == "gzip" else message.body
    except (OSError, EOFError) as why:
        raise decoders.Unreadable(f"said to be gzip: {why}") from why
    answer = decoders.decode(client, body, stream and message.status == 200)
    if message.status >= 400 and not answer.error:
        raise decoders.Unreadable(f"status {message.status} without an error in the body: {message.body[:200]!r}")
    return answer


def made(status, body):
    """A message as if it had come from weir: what the pure functions wrote."""
    return Message("made", {}, body, True, status)
