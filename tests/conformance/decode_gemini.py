"""Reads Gemini answers: documents, streams (events or one array), errors."""
import json

from . import sse
from .answers import Answer, Call, make_error, make_usage


def usage(value):
    """candidatesTokenCount leaves the thoughts out; counts of zero are not written."""
    if not isinstance(value, dict):
        return None
    thoughts = value.get("thoughtsTokenCount")
    return make_usage(input_tokens=(value.get("promptTokenCount") or 0) + (value.get("toolUsePromptTokenCount") or 0),
                      output_tokens=(value.get("candidatesTokenCount") or 0) + (thoughts or 0),
                      cached_read_tokens=value.get("cachedContentTokenCount"), reasoning_tokens=thoughts)


class _Reader:
    def __init__(self):
        self.answer, self.partial = Answer(), None

    def response(self, value):
        """One response object: the document, or one event of a stream, which holds new parts only."""
        answer = self.answer
        if value.get("error"):
            answer.error = make_error(value)
            return
        answer.id, answer.model = answer.id or value.get("responseId") or "", value.get("modelVersion") or answer.model
        if isinstance(value.get("usageMetadata"), dict):
            answer.usage = usage(value["usageMetadata"])
        answer.block_reason = (value.get("promptFeedback") or {}).get("blockReason") or answer.block_reason
        for item in value.get("candidates") or []:
            choice = answer.choice(item.get("index") or 0)
            for part in (item.get("content") or {}).get("parts") or []:
                self.part(choice, part)
            choice.finish = item.get("finishReason") or choice.finish
        if choice_ended(answer) or answer.block_reason:
            answer.ended = True

    def part(self, choice, part):
        if "text" in part:
            if part.get("thought"):
                choice.reasoning += part["text"]
            else:
                choice.text += part["text"]
        elif "functionCall" in part:
            value = part["functionCall"]
            if self.partial is not None:  # Vertex streams arguments: a call goes on until willContinue is missing
                return self.more(value)
            if value.get("willContinue"):
                self.partial = {}
            if not isinstance(value.get("args", {}), dict) or not value.get("name"):
                self.answer.fault(f"a functionCall without a name or an object: {json.dumps(value)[:120]}")
            choice.calls.append(Call(value.get("id") or "", value.get("name") or "", json.dumps(value.get("args") or {})))


    def more(self, value):
        """The next pieces of a call's arguments: values at JSON paths like $.city; strings grow."""
        for piece in value.get("partialArgs") or []:
            key = piece.get("jsonPath", "$.")[2:]
            kind = next((k for k in ("stringValue", "numberValue", "boolValue", "nullValue") if k in piece), None)
            if kind == "stringValue":
                self.partial[key] = self.partial.get(key, "") + piece[kind]
            elif kind:
                self.partial[key] = None if kind == "nullValue" else piece[kind]
        self.answer.choices[0].calls[-1].arguments = json.dumps(self.partial)
        if not value.get("willContinue"):
            self.partial = None


def choice_ended(answer):
    return bool(answer.choices) and all(choice.finish for choice in answer.choices)


def document(value):
    reader = _Reader()
    if isinstance(value, list):
        value = value[0] if value else {}
    reader.response(value)
    reader.answer.choice()
    if not value.get("candidates") and not reader.answer.block_reason and not reader.answer.error:
        reader.answer.fault("neither candidates nor a block reason")
    reader.answer.ended = True
    return reader.answer


def stream(body):
    reader = _Reader()
    if body.lstrip()[:1] == b"[":
        values, whole = sse.array_elements(body)
        if not whole:
            reader.answer.fault("the array was not closed")
    else:
        values = [json.loads(event.data) for event in sse.events(body)]
    for value in values:
        reader.answer.events += 1
        reader.response(value)
        if reader.answer.error:
            break
    reader.answer.choice()
    return reader.answer
