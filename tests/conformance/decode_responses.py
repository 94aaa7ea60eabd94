"""Reads OpenAI Responses answers: documents, streams, errors."""
import json

from . import sse
from .answers import Answer, Call, make_error, make_usage

TERMINAL = ("response.completed", "response.incomplete", "response.failed")


def usage(value):
    if not isinstance(value, dict):
        return None
    read, wrote = value.get("input_tokens_details") or {}, value.get("output_tokens_details") or {}
    return make_usage(input_tokens=value.get("input_tokens"), output_tokens=value.get("output_tokens"),
                      cached_read_tokens=read.get("cached_tokens"), cache_write_tokens=read.get("cache_write_tokens"),
                      reasoning_tokens=wrote.get("reasoning_tokens"))


def status_word(response):
    """completed, or incomplete/max_output_tokens: status and reason in one word, as the finish table has them."""
    reason = (response.get("incomplete_details") or {}).get("reason")
    return f"{response.get('status')}/{reason}" if reason else response.get("status")


def add_item(choice, item):
    kind = item.get("type")
    if kind == "message":
        for part in item.get("content") or []:
            choice.text += part.get("text") or "" if part.get("type") in ("output_text", "text") else ""
            choice.refusal += part.get("refusal") or "" if part.get("type") == "refusal" else ""
    elif kind == "reasoning":
        summary = "".join(p.get("text") or "" for p in item.get("summary") or [])
        choice.reasoning += summary or "".join(p.get("text") or "" for p in item.get("content") or [])
    elif kind == "function_call":
        choice.calls.append(Call(item.get("call_id") or item.get("id") or "", item.get("name") or "",
                                 item.get("arguments") or ""))
    elif kind == "custom_tool_call":
        choice.calls.append(Call(item.get("call_id") or "", item.get("name") or "", json.dumps(item.get("input") or "")))


def document(value):
    answer = Answer(id=value.get("id") or "", model=value.get("model") or "", usage=usage(value.get("usage")), ended=True)
    if "status" not in value and value.get("error") or value.get("status") == "failed":
        answer.error = make_error(value) if value.get("error") else {"message": "failed"}
    choice = answer.choice()
    for item in value.get("output") or []:
        add_item(choice, item)
    choice.finish = status_word(value)
    if value.get("object") != "response":
        answer.fault(f"object is {value.get('object')!r}")
    for key in ("id", "created_at", "model", "output", "status"):
        if key not in value:
            answer.fault(f"the response has no {key}")
    return answer


class _Stream:
    """Deltas are joined per item; the terminal event's response is held against them."""

    def __init__(self):
        self.answer, self.items, self.order, self.number = Answer(), {}, [], -1

    def event(self, value, name):
        answer, kind = self.answer, value.get("type") or name
        if answer.ended:
            return answer.fault(f"{kind} after the end")
        if name != kind:
            answer.fault(f"event: {name!r} over type {kind!r}")
        if value.get("sequence_number") != self.number + 1:
            answer.fault(f"{kind} has sequence_number {value.get('sequence_number')} after {self.number}")
        self.number = value.get("sequence_number", self.number + 1)
        if answer.events == 1 and kind != "response.created":
            answer.fault(f"the first event is {kind}")
        if kind == "error":
            answer.error = make_error(value)
        elif kind in TERMINAL:
            self.end(kind, value.get("response") or {})
        elif kind == "response.output_item.added":
            self.open(value.get("output_index"), value.get("item") or {})
        elif kind == "response.output_item.done":
            self.close(value.get("output_index"), value.get("item") or {})
        elif kind == "response.created":
            response = value.get("response") or {}
            answer.id, answer.model = response.get("id") or "", response.get("model") or ""
        elif kind.endswith(".delta"):
            self.delta(kind, value)

    def open(self, index, item):
        if index != len(self.order):
            self.answer.fault(f"output_index {index} after {len(self.order)} items")
        self.order.append(index)
        self.items[index] = {"added": item, "text": "", "refusal": "", "reasoning": "", "arguments": "", "done": None}

    def close(self, index, item):
        if index not in self.items:
            self.answer.fault(f"item {index} is done that was never added")
            self.open(index, item)
        self.items[index]["done"] = item

    def delta(self, kind, value):
        entry = self.items.get(value.get("output_index"))
        if entry is None:
            return self.answer.fault(f"{kind} outside an item")
        piece = value.get("delta")
        if not isinstance(piece, str):
            return
        if value.get("item_id") and entry["added"].get("id") not in (None, value["item_id"]):
            self.answer.fault(f"{kind} names item {value['item_id']}, which is not {entry['added'].get('id')}")
        for word, key in (("output_text", "text"), ("refusal", "refusal"), ("reasoning", "reasoning"),
                          ("function_call_arguments", "arguments"), ("custom_tool_call_input", "arguments")):
            if kind.startswith("response." + word):
                entry[key] += piece

    def end(self, kind, response):
        answer = self.answer
        answer.ended = True
        answer.usage = usage(response.get("usage"))
        if kind == "response.failed":
            answer.error = make_error(response) if response.get("error") else {"message": "failed"}
        choice = answer.choice()
        for index in self.order:
            entry = self.items[index]
            item, alone = entry["done"] or entry["added"], Answer().choice()
            if entry["done"] is None:
                if not answer.error:
                    answer.fault(f"item {index} was never done")
                self.undone(choice, entry)
                continue
            add_item(alone, item)
            if item.get("type") == "message" and (alone.text, alone.refusal) != (entry["text"], entry["refusal"]):
                answer.fault(f"item {index}: its deltas do not make its text")
            if item.get("type") == "function_call" and item.get("arguments") != entry["arguments"]:
                answer.fault(f"item {index}: its deltas do not make its arguments")
            if item.get("type") == "reasoning" and alone.reasoning != entry["reasoning"]:
                answer.fault(f"item {index}: its deltas do not make its reasoning")
            add_item(choice, item)
        if not answer.error and [i.get("id") for i in response.get("output") or []] != \
                [(self.items[i]["done"] or self.items[i]["added"]).get("id") for i in self.order]:
            answer.fault("the items of the terminal response are not those that were streamed")
        choice.finish = status_word(response)

    def cut(self):
        """The stream ended, or failed, before its terminal event: what the deltas say so far."""
        choice = self.answer.choice()
        for index in self.order:
            self.undone(choice, self.items[index])

    @staticmethod
    def undone(choice, entry):
        choice.text, choice.refusal = choice.text + entry["text"], choice.refusal + entry["refusal"]
        choice.reasoning += entry["reasoning"]
        if entry["added"].get("type") == "function_call":
            choice.calls.append(Call(entry["added"].get("call_id") or "", entry["added"].get("name") or "", entry["arguments"]))


def stream(body):
    reader = _Stream()
    for event in sse.events(body):
        reader.answer.events += 1
        if event.data.strip() == "[DONE]":
            reader.answer.fault("[DONE] in a Responses stream")
            continue
        reader.event(json.loads(event.data), event.name)
    if not reader.answer.ended:
        reader.cut()
    return reader.answer
