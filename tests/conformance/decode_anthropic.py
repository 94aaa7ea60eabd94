"""Reads Anthropic messages: documents, streams, errors."""
import json

from . import sse
from .answers import Answer, Call, make_error, make_usage


def usage(value):
    """Normal form of the accumulated usage object: input_tokens of Anthropic leaves both cache numbers out."""
    if not isinstance(value, dict) or value.get("input_tokens") is None and value.get("output_tokens") is None:
        return None
    read, wrote = value.get("cache_read_input_tokens"), value.get("cache_creation_input_tokens")
    return make_usage(input_tokens=(value.get("input_tokens") or 0) + (read or 0) + (wrote or 0),
                      output_tokens=value.get("output_tokens"), cached_read_tokens=read, cache_write_tokens=wrote,
                      reasoning_tokens=(value.get("output_tokens_details") or {}).get("thinking_tokens"))


def document(value):
    answer = Answer(id=value.get("id") or "", model=value.get("model") or "", usage=usage(value.get("usage")), ended=True)
    if value.get("type") == "error":
        answer.error = make_error(value)
        return answer
    choice = answer.choice()
    for block in value.get("content") or []:
        kind = block.get("type")
        if kind == "text":
            choice.text += block.get("text") or ""
        elif kind == "thinking":
            choice.reasoning += block.get("thinking") or ""
        elif kind == "tool_use":
            if not isinstance(block.get("input"), dict):
                answer.fault("the input of a tool_use is no object")
            choice.calls.append(Call(block.get("id") or "", block.get("name") or "", json.dumps(block.get("input") or {})))
    choice.finish = value.get("stop_reason")
    if value.get("type") != "message" or value.get("role") != "assistant":
        answer.fault("not a message of the assistant")
    return answer


class _Stream:
    def __init__(self):
        self.answer, self.usage, self.open, self.next, self.begun = Answer(), {}, None, 0, False

    def event(self, value, name):
        answer, kind = self.answer, value.get("type") or name
        if name != kind:
            answer.fault(f"event: {name!r} over type {kind!r}")
        if answer.ended:
            answer.fault(f"{kind} after message_stop")
        if kind == "error":
            answer.error = make_error(value)
        elif kind == "message_start":
            message = value.get("message") or {}
            if self.begun:
                answer.fault("a second message_start")
            self.begun = True
            answer.id, answer.model = message.get("id") or "", message.get("model") or ""
            self.take_usage(message.get("usage"))
        elif kind == "ping":
            pass
        elif not self.begun:
            answer.fault(f"{kind} before message_start")
        if kind == "content_block_start":
            self.start(value)
        elif kind == "content_block_delta":
            self.delta(value)
        elif kind == "content_block_stop":
            if self.open is None or value.get("index") != self.open["index"]:
                answer.fault("content_block_stop of a block that is not open")
            self.close()
        elif kind == "message_delta":
            if self.open is not None:
                answer.fault("message_delta while a block is open")
            delta = value.get("delta") or {}
            if delta.get("stop_reason"):
                answer.choice().finish = delta["stop_reason"]
            self.take_usage(value.get("usage"))
        elif kind == "message_stop":
            answer.ended = True

    def take_usage(self, value):
        """Every number is a total and overwrites; a 0 or null in message_delta does too."""
        self.usage.update({k: v for k, v in (value or {}).items() if v is not None})
        self.answer.usage = usage(self.usage)

    def start(self, value):
        answer, block = self.answer, value.get("content_block") or {}
        if self.open is not None:
            answer.fault("a block begins while another is open")
            self.close()
        if value.get("index") != self.next:
            answer.fault(f"block {value.get('index')} where {self.next} was due")
        self.next += 1
        choice = answer.choice()
        choice.text += block.get("text") or "" if block.get("type") == "text" else ""
        choice.reasoning += block.get("thinking") or "" if block.get("type") == "thinking" else ""
        self.open = {"index": value.get("index"), "type": block.get("type"), "call": None}
        if block.get("type") == "tool_use":
            begun = block.get("input")
            if begun not in ({}, None):
                answer.fault("a tool_use begins with an input that is not empty")
            self.open["call"] = Call(block.get("id") or "", block.get("name") or "", json.dumps(begun) if begun else "")
            choice.calls.append(self.open["call"])

    def delta(self, value):
        answer, delta = self.answer, value.get("delta") or {}
        if self.open is None or self.open["index"] != value.get("index"):
            return answer.fault("a delta of a block that is not open")
        wanted = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "thinking",
                  "input_json_delta": "tool_use", "citations_delta": "text"}.get(delta.get("type"))
        if wanted and wanted != self.open["type"] and not (wanted == "tool_use" and "tool_use" in (self.open["type"] or "")):
            answer.fault(f"{delta.get('type')} in a block of type {self.open['type']}")
        if delta.get("type") == "text_delta":
            answer.choice().text += delta.get("text") or ""
        elif delta.get("type") == "thinking_delta":
            answer.choice().reasoning += delta.get("thinking") or ""
        elif delta.get("type") == "input_json_delta" and self.open["call"]:
            self.open["call"].arguments += delta.get("partial_json") or ""

    def close(self):
        self.open = None


def stream(body):
    reader = _Stream()
    for event in sse.events(body):
        reader.answer.events += 1
        if event.data.strip() == "[DONE]":
            reader.answer.fault("[DONE] in a stream of messages")
            continue
        reader.event(json.loads(event.data), event.name)
    reader.answer.choice()
    return reader.answer
