"""Reads OpenAI chat answers: documents, streams, errors. Lenient where providers are; faults name what OpenAI never does."""
import json

from . import sse
from .answers import Answer, Call, make_error, make_usage


def usage(value):
    if not isinstance(value, dict):
        return None
    read, wrote = value.get("prompt_tokens_details") or {}, value.get("completion_tokens_details") or {}
    cached = read.get("cached_tokens")
    if cached is None:
        cached = next((value[k] for k in ("prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens") if k in value), None)
    return make_usage(input_tokens=value.get("prompt_tokens"), output_tokens=value.get("completion_tokens"),
                      cached_read_tokens=cached, cache_write_tokens=read.get("cache_write_tokens"),
                      reasoning_tokens=wrote.get("reasoning_tokens", value.get("reasoning_tokens")))


def add_content(choice, content):
    """`content` is a string, null or a list of parts (Mistral)."""
    if isinstance(content, str):
        choice.text += content
    for part in content if isinstance(content, list) else []:
        if part.get("type") == "text":
            choice.text += part.get("text") or ""
        elif part.get("type") == "thinking":
            inner = part.get("thinking")
            choice.reasoning += inner if isinstance(inner, str) else "".join(p.get("text") or "" for p in inner or [])
        elif part.get("type") == "refusal":
            choice.refusal += part.get("refusal") or ""


def add_reasoning(choice, message):
    """-> what the details say. One of several fields, never two of them: providers repeat the same text under a second
    name, and in reasoning_details once more; these count in an answer that has nothing else."""
    key = next((key for key in ("reasoning_content", "reasoning") if isinstance(message.get(key), str) and message[key]), None)
    choice.reasoning += message[key] if key else ""
    return "".join(d.get("text") or d.get("summary") or "" for d in message.get("reasoning_details") or [])


def call_of(value):
    function = value.get("function") or value.get("custom") or {}
    arguments = function.get("arguments", function.get("input"))
    if arguments is not None and not isinstance(arguments, str):
        arguments = json.dumps(arguments)
    return Call(value.get("id") or "", function.get("name") or "", arguments or "")


def document(value):
    answer = Answer(id=value.get("id") or "", model=value.get("model") or "", usage=usage(value.get("usage")), ended=True)
    if value.get("error"):
        answer.error = make_error(value)
    for position, item in enumerate(value.get("choices") or []):
        choice, message = answer.choice(position), item.get("message") or item.get("delta") or {}
        add_content(choice, message.get("content"))
        details = add_reasoning(choice, message)
        choice.reasoning = choice.reasoning or details
        choice.refusal += message.get("refusal") or ""
        choice.calls = [call_of(c) for c in message.get("tool_calls") or []]
        old = message.get("function_call")
        if isinstance(old, dict) and not choice.calls and old.get("name"):
            choice.calls = [call_of({"function": old})]
        choice.finish = item.get("finish_reason")
    if value.get("object") != "chat.completion":
        answer.fault(f"object is {value.get('object')!r}")
    return answer


class _Stream:
    def __init__(self):
        self.answer, self.keys = Answer(), {}  # keys: choice -> the index each of its calls was sent under
        self.details = {}                      # choice -> the text of its reasoning_details

    def chunk(self, value, name):
        answer = self.answer
        if value.get("error"):
            answer.error = make_error(value)
            return
        if answer.ended:
            return answer.fault("a chunk after [DONE]")
        answer.id, answer.model = answer.id or value.get("id") or "", answer.model or value.get("model") or ""
        if value.get("usage"):
            answer.usage = usage(value["usage"])
        if value.get("object") != "chat.completion.chunk":
            answer.fault(f"object is {value.get('object')!r}")
        for item in value.get("choices") or []:
            choice = answer.choice(item.get("index") or 0)
            for place in (item, value.get("x_groq") or {}):  # Moonshot and Groq
                answer.usage = usage(place.get("usage")) or answer.usage
            delta = item.get("delta") or {}
            add_content(choice, delta.get("content"))
            number = item.get("index") or 0
            self.details[number] = self.details.get(number, "") + add_reasoning(choice, delta)
            choice.refusal += delta.get("refusal") or ""
            calls = delta.get("tool_calls") or []
            for position, fragment in enumerate([calls] if isinstance(calls, dict) else calls):
                self.fragment(item.get("index") or 0, choice, position, fragment)
            if item.get("finish_reason"):
                choice.finish = item["finish_reason"]

    def fragment(self, number, choice, position, value):
        """The index names the call; a new id under a known index is a new call all the same."""
        part, keys = call_of(value), self.keys.setdefault(number, [])
        index = value.get("index")
        at = None
        if index is not None and index in keys:
            at = len(keys) - 1 - keys[::-1].index(index)
        elif index is None:
            at = next((n for n, call in enumerate(choice.calls) if part.id and call.id == part.id), None)
            if at is None and not part.id and position < len(choice.calls):
                at = position
        if at is not None and part.id and choice.calls[at].id and part.id != choice.calls[at].id:
            at = None
        if at is None:
            if index != len(choice.calls) or not part.id or not part.name:
                self.answer.fault(f"a call begins without id, name or the next index: {json.dumps(value)[:120]}")
            choice.calls.append(part)
            keys.append(index)
            return
        call = choice.calls[at]
        call.id, call.name, call.arguments = call.id or part.id, call.name or part.name, call.arguments + part.arguments


def stream(body):
    reader = _Stream()
    for event in sse.events(body):
        reader.answer.events += 1
        if event.data.strip() == "[DONE]":
            reader.answer.ended = True
            continue
        value = json.loads(event.data)
        if isinstance(value, dict):
            reader.chunk({"error": value} if event.name == "error" and "error" not in value else value, event.name)
        if reader.answer.error or reader.answer.ended and not reader.answer.faults:
            break
    for number, details in reader.details.items():
        choice = reader.answer.choice(number)
        choice.reasoning = choice.reasoning or details
    return reader.answer
