"""How clients of three dialects ask for an answer, and how they read it: no more than is needed to compare every byte of text."""
import json
from dataclasses import dataclass
from typing import Callable

from harness.client import request_bytes


@dataclass(frozen=True)
class Said:
    """What one event of a stream, or a document, says."""
    text: str = ""
    finish: str | None = None
    done: bool = False         # nothing may follow
    error: object = None


@dataclass(frozen=True)
class Dialect:
    name: str
    request: Callable    # (model, stream, text, key) -> bytes
    document: Callable   # JSON -> Said
    event: Callable      # JSON -> Said
    finish: str          # of an answer that is whole
    end_marker: bool     # a stream ends with something behind its finish
    done: str | None = None  # that is no JSON


def request_of_chat(model, stream, text, key):
    body = {"model": model, "messages": [{"role": "user", "content": text}], **({"stream": True} if stream else {})}
    return request_bytes(body=json.dumps(body).encode(), key=key)


def request_of_anthropic(model, stream, text, key):
    body = {"model": model, "max_tokens": 4096, "messages": [{"role": "user", "content": text}], "stream": stream}
    return request_bytes(path="/v1/messages", body=json.dumps(body).encode(),
                         headers=[("x-api-key", key), ("anthropic-version", "2023-06-01")])


def request_of_gemini(model, stream, text, key):
    body = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return request_bytes(path=f"/v1beta/models/{model}:{method}", body=json.dumps(body).encode(),
                         headers=[("x-goog-api-key", key)])


def chat_document(value):
    choice = value["choices"][0]
    return Said(choice["message"]["content"], choice["finish_reason"])


def chat_event(value):
    if "error" in value:
        return Said(error=value["error"])
    choices = value.get("choices", [])
    return Said("".join(choice.get("delta", {}).get("content") or "" for choice in choices),
                next((choice["finish_reason"] for choice in choices if choice.get("finish_reason")), None))


def anthropic_document(value):
    return Said("".join(block["text"] for block in value["content"]), value["stop_reason"])


def anthropic_event(value):
    if value["type"] == "error":
        return Said(error=value["error"])
    if value["type"] == "content_block_delta":
        return Said(value["delta"]["text"])
    if value["type"] == "message_delta":
        return Said(finish=value["delta"]["stop_reason"])
    return Said(done=value["type"] == "message_stop")


def gemini_part(value):
    if "error" in value:
        return Said(error=value["error"])
    candidates = value.get("candidates", [])
    return Said("".join(part.get("text", "") for candidate in candidates
                        for part in candidate.get("content", {}).get("parts", [])),
                next((candidate["finishReason"] for candidate in candidates if candidate.get("finishReason")), None))


CHAT = Dialect("openai_chat", request_of_chat, chat_document, chat_event, "stop", True, "[DONE]")
ANTHROPIC = Dialect("anthropic_messages", request_of_anthropic, anthropic_document, anthropic_event, "end_turn", True)
GEMINI = Dialect("gemini", request_of_gemini, gemini_part, gemini_part, "STOP", False)
DIALECTS = (CHAT, ANTHROPIC, GEMINI)
