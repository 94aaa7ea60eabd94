"""The shortest proper answer of each dialect, where only the request matters."""
import json

from .decoders import CHAT, GEMINI, MESSAGES, RESPONSES
from .upstream import Script

JSON, EVENTS = [("content-type", "application/json")], [("content-type", "text/event-stream")]


def document(dialect):
    if dialect == CHAT:
        return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
    if dialect == MESSAGES:
        return {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "ok"}],
                "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
    if dialect == RESPONSES:
        return {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": "completed", "output": [
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
             "content": [{"type": "output_text", "text": "ok", "annotations": []}]}],
            "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}}
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": "ok"}]}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}, "modelVersion": "m",
            "responseId": "r1"}


def events(dialect):
    """-> [(name, value)]"""
    whole = document(dialect)
    if dialect == CHAT:
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        return [("", {**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "ok"}, "finish_reason": None}]}),
                ("", {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})]
    if dialect == MESSAGES:
        values = [{"type": "message_start", "message": {**whole, "content": [], "stop_reason": None}},
                  {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                  {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ok"}},
                  {"type": "content_block_stop", "index": 0},
                  {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
                  {"type": "message_stop"}]
        return [(value["type"], value) for value in values]
    if dialect == RESPONSES:
        item = whole["output"][0]
        values = [{"type": "response.created", "response": {**whole, "status": "in_progress", "output": []}},
                  {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
                  {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "msg_1", "delta": "ok"},
                  {"type": "response.output_item.done", "output_index": 0, "item": item},
                  {"type": "response.completed", "response": whole}]
        return [(value["type"], {**value, "sequence_number": n}) for n, value in enumerate(values)]
    return [("", whole)]


def script(dialect, stream):
    if not stream:
        return Script(200, JSON, [json.dumps(document(dialect)).encode()])
    frames = [(f"event: {name}\n" if name else "") + f"data: {json.dumps(value)}\n\n" for name, value in events(dialect)]
    if dialect == CHAT:
        frames.append("data: [DONE]\n\n")
    return Script(200, EVENTS, [frame.encode() for frame in frames], framing="chunked")
