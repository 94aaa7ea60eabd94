"""Reads a provider's request of any of the four dialects into one plain form, so that two bodies can be compared by what
they ask for and not by how they are written. Independent of weir's own neutral request."""
import json

from .decoders import CHAT, GEMINI, MESSAGES, RESPONSES


def parsed(text):
    """Arguments and results: the JSON value a string holds, or the string itself."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text) if text.strip() else {}
    except ValueError:
        return text


def listed(content, kind="text"):
    return [{"type": kind, "text": content}] if isinstance(content, str) else content or []


def plain(value):
    """Without nulls."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if v is not None}
    return [plain(v) for v in value] if isinstance(value, list) else value


class Turns:
    """Messages; neighbours of one role are one, which is how Anthropic and Gemini read them."""

    def __init__(self):
        self.system, self.turns = [], []

    def add(self, role, parts):
        role = "system" if role == "developer" else role
        parts = [p for p in parts if p is not None]
        if role == "system" and not self.turns:
            self.system += [p[1] for p in parts]
        elif parts and self.turns and self.turns[-1][0] == role:
            self.turns[-1][1].extend(parts)
        elif parts:
            self.turns.append((role, list(parts)))

    def put_into(self, found):
        found["system"] = " ".join(" ".join(self.system).split())  # blocks are joined by what each writer likes
        found["messages"] = [[role, joined(parts)] for role, parts in self.turns]


def joined(parts):
    """Neighbouring texts of a turn are one, where a dialect or a provider takes a single string."""
    found = []
    for part in parts:
        if part[0] == "text" and found and found[-1][0] == "text":
            found[-1] = ["text", f"{found[-1][1]}\n\n{part[1]}"]
        else:
            found.append(part)
    return found


def chat_part(part):
    kind = part.get("type")
    if kind in ("text", "refusal"):
        return ["text", part.get("text") or part.get("refusal") or ""]
    if kind == "image_url":
        return ["image", part["image_url"]["url"] if isinstance(part["image_url"], dict) else part["image_url"]]
    if kind == "file":
        return ["file", part["file"].get("file_data") or part["file"].get("file_id")]
    return [kind, plain(part.get(kind))]


def tool(name, description, schema):
    return {"name": name, "description": description, "schema": plain(schema) if schema else None}


def effort_word(value):
    return value.lower() if isinstance(value, str) else value


def chat(body):
    found, turns = {}, Turns()
    for message in body.get("messages") or []:
        parts = [chat_part(p) for p in listed(message.get("content"))]
        if message.get("role") == "tool":
            turns.add("tool", [["result", message.get("tool_call_id"), parsed("".join(p[1] for p in parts if p[0] == "text"))]])
            continue
        for call in message.get("tool_calls") or []:
            parts.append(["call", call.get("id"), call["function"]["name"], parsed(call["function"].get("arguments"))])
        turns.add(message.get("role"), parts)
    turns.put_into(found)
    found["tools"] = [tool(t["function"]["name"], t["function"].get("description"), t["function"].get("parameters"))
                      if t.get("type") == "function" else {"hosted": t.get("type")} for t in body.get("tools") or []]
    choice = body.get("tool_choice")
    found["tool_choice"] = ["named", choice["function"]["name"]] if isinstance(choice, dict) and "function" in choice else \
        "required" if choice == "any" else choice
    form = body.get("response_format") or {}
    found["format"] = ["schema", plain(form["json_schema"].get("schema"))] if form.get("type") == "json_schema" else \
        form.get("type")
    found["max_tokens"] = body.get("max_completion_tokens", body.get("max_tokens"))
    found["stop"] = listed_stop(body.get("stop"))
    found["effort"] = body.get("reasoning_effort")
    found["user"] = body.get("user") or body.get("safety_identifier")
    for key in ("temperature", "top_p", "n", "seed", "presence_penalty", "frequency_penalty", "parallel_tool_calls", "stream"):
        found[key] = body.get(key)
    return found


def listed_stop(value):
    return [value] if isinstance(value, str) else value


def anthropic_block(block):
    kind = block.get("type")
    if kind == "text":
        return ["text", block.get("text")]
    if kind in ("image", "document"):
        source = block.get("source") or {}
        where = f"data:{source.get('media_type')};base64,{source.get('data')}" if source.get("type") == "base64" else \
            source.get("url") or source.get("file_id") or source.get("data")
        return ["image" if kind == "image" else "file", where]
    if kind == "tool_use":
        return ["call", block.get("id"), block.get("name"), block.get("input") or {}]
    if kind == "tool_result":
        inner = [anthropic_block(b) for b in listed(block.get("content"))]
        texts = "".join(p[1] for p in inner if p[0] == "text")
        return ["result", block.get("tool_use_id"), parsed(texts)] + [p for p in inner if p[0] != "text"]
    return [kind, plain({k: v for k, v in block.items() if k != "cache_control"})]


def messages(body):
    found, turns = {}, Turns()
    turns.add("system", [anthropic_block(b) for b in listed(body.get("system"))])
    for message in body.get("messages") or []:
        parts = [anthropic_block(b) for b in listed(message.get("content"))]
        turns.add("tool", [p for p in parts if p[0] == "result"])
        turns.add(message.get("role"), [p for p in parts if p[0] != "result"])
    turns.put_into(found)
    found["tools"] = [tool(t["name"], t.get("description"), t.get("input_schema")) if t.get("type") in (None, "custom") else
                      {"hosted": t["type"]} for t in body.get("tools") or []]
    choice = body.get("tool_choice") or {}
    found["tool_choice"] = {"any": "required", "tool": ["named", choice.get("name")], None: None}.get(choice.get("type"), choice.get("type"))
    found["parallel_tool_calls"] = False if choice.get("disable_parallel_tool_use") else None
    form = (body.get("output_config") or {}).get("format") or {}
    found["format"] = ["schema", plain(form.get("schema"))] if form else None
    found["effort"] = (body.get("output_config") or {}).get("effort")
    found["thinking"] = plain(body.get("thinking"))
    found["user"] = (body.get("metadata") or {}).get("user_id")
    found["stop"] = body.get("stop_sequences")
    for key in ("max_tokens", "temperature", "top_p", "top_k", "stream"):
        found[key] = body.get(key)
    return found


def gemini_part(part):
    if "text" in part:
        return ["text", part["text"]]
    media = part.get("inlineData") or part.get("inline_data")
    if media:
        kind = media.get("mimeType", "").split("/")[0]
        return [kind if kind in ("image", "audio", "video") else "file", f"data:{media.get('mimeType')};base64,{media.get('data')}"]
    if "fileData" in part:
        return ["image" if part["fileData"].get("mimeType", "image").startswith("image") else "file", part["fileData"].get("fileUri")]
    if "functionCall" in part:
        return ["call", None, part["functionCall"]["name"], part["functionCall"].get("args") or {}]
    if "functionResponse" in part:
        response = part["functionResponse"].get("response")
        if isinstance(response, dict) and len(response) == 1 and next(iter(response)) in ("content", "result", "output"):
            response = next(iter(response.values()))
        return ["result", part["functionResponse"]["name"], parsed(response)]
    return ["other", plain(part)]


def gemini_schema(schema):
    """The OpenAPI subset writes types in capitals, or not."""
    if isinstance(schema, dict):
        return {k: v.lower() if k == "type" and isinstance(v, str) else gemini_schema(v) for k, v in schema.items()}
    return [gemini_schema(s) for s in schema] if isinstance(schema, list) else schema


def gemini(body):
    found, turns = {}, Turns()
    turns.add("system", [gemini_part(p) for p in (body.get("systemInstruction") or {}).get("parts") or []])
    for content in body.get("contents") or []:
        parts = [gemini_part(p) for p in content.get("parts") or []]
        turns.add("tool", [p for p in parts if p[0] == "result"])
        turns.add("assistant" if content.get("role") == "model" else "user", [p for p in parts if p[0] != "result"])
    turns.put_into(found)
    found["tools"] = [tool(f["name"], f.get("description"), gemini_schema(f.get("parametersJsonSchema") or f.get("parameters")))
                      for t in body.get("tools") or [] for f in t.get("functionDeclarations") or []]
    found["tools"] += [{"hosted": k} for t in body.get("tools") or [] for k in t if k != "functionDeclarations"]
    config = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    mode, names = config.get("mode"), config.get("allowedFunctionNames") or []
    found["tool_choice"] = ["named", names[0]] if mode == "ANY" and len(names) == 1 else \
        {"ANY": "required", "NONE": "none", "AUTO": "auto"}.get(mode)
    settings = body.get("generationConfig") or {}
    schema = settings.get("responseJsonSchema") or settings.get("responseSchema")
    found["format"] = ["schema", gemini_schema(schema)] if schema else \
        "json_object" if settings.get("responseMimeType") == "application/json" else None
    thinking = settings.get("thinkingConfig") or {}
    found["effort"] = effort_word(thinking.get("thinkingLevel")) or thinking.get("thinkingBudget")
    for mine, theirs in (("max_tokens", "maxOutputTokens"), ("temperature", "temperature"), ("top_p", "topP"), ("top_k", "topK"),
                         ("n", "candidateCount"), ("seed", "seed"), ("presence_penalty", "presencePenalty"),
                         ("frequency_penalty", "frequencyPenalty"), ("stop", "stopSequences")):
        found[mine] = settings.get(theirs)
    for key in ("safetySettings", "cachedContent", "labels"):
        found[key] = body.get(key)
    return found


def responses_part(part):
    kind = part.get("type")
    if kind in ("input_text", "output_text", "text", "refusal"):
        return ["text", part.get("text") or part.get("refusal") or ""]
    if kind == "input_image":
        return ["image", part.get("image_url") or part.get("file_id")]
    if kind == "input_file":
        return ["file", part.get("file_data") or part.get("file_url") or part.get("file_id")]
    return [kind, plain(part)]


def responses(body):
    found, turns = {}, Turns()
    if body.get("instructions"):
        turns.add("system", [["text", body["instructions"]]])
    items = body.get("input")
    for item in [{"role": "user", "content": items}] if isinstance(items, str) else items or []:
        kind = item.get("type", "message")
        if kind == "message":
            turns.add(item.get("role"), [responses_part(p) for p in listed(item.get("content"))])
        elif kind == "function_call":
            turns.add("assistant", [["call", item.get("call_id"), item.get("name"), parsed(item.get("arguments"))]])
        elif kind == "function_call_output":
            output = item.get("output")
            parts = [responses_part(p) for p in listed(output)]
            turns.add("tool", [["result", item.get("call_id"), parsed("".join(p[1] for p in parts if p[0] == "text"))] +
                               [p for p in parts if p[0] != "text"]])
        else:
            turns.add("assistant", [[kind, plain(item)]])
    turns.put_into(found)
    found["tools"] = [tool(t["name"], t.get("description"), t.get("parameters")) if t.get("type") == "function" else
                      {"hosted": t.get("type")} for t in body.get("tools") or []]
    choice = body.get("tool_choice")
    found["tool_choice"] = ["named", choice["name"]] if isinstance(choice, dict) and choice.get("type") == "function" else choice
    form = (body.get("text") or {}).get("format") or {}
    found["format"] = ["schema", plain(form.get("schema"))] if form.get("type") == "json_schema" else form.get("type")
    found["effort"] = (body.get("reasoning") or {}).get("effort")
    found["user"] = body.get("user") or body.get("safety_identifier")
    found["max_tokens"] = body.get("max_output_tokens")
    for key in ("temperature", "top_p", "parallel_tool_calls", "stream", "previous_response_id"):
        found[key] = body.get(key)
    return found


READERS = {CHAT: chat, MESSAGES: messages, GEMINI: gemini, RESPONSES: responses}
# What says nothing more than its absence.
EMPTY = {"tool_choice": ("auto",), "stream": (False,), "n": (1,), "parallel_tool_calls": (True,), "format": ("text",)}


def read(dialect, body):
    found = READERS[dialect](body)
    return {k: v for k, v in found.items() if v not in (None, [], "", {}) and v not in EMPTY.get(k, ())}


def differences(dialect, wanted, got):
    """-> [(field, wanted, got)] of two bodies of one dialect."""
    a, b = read(dialect, wanted), read(dialect, got)
    return [(key, a.get(key), b.get(key)) for key in sorted(a.keys() | b.keys()) if a.get(key) != b.get(key)]
