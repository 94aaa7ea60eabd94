"""Where weir knowingly does otherwise than a peer, by kind of case: WIREFORMATS.md wins over a golden of a peer's.

A row says in which direction and which field it may differ, and how: a test of both values, so that another difference
in the same field still fails. What no row explains fails the case.
"""
import json
import re

from .decoders import CHAT, GEMINI, MESSAGES, RESPONSES

ANY = None


def no_limit_given(body, theirs, mine):
    return not {"max_tokens", "max_completion_tokens", "max_output_tokens"} & body.keys() and isinstance(mine, int) and mine > 0


def format_is_json_object(body, theirs, mine):
    return (body.get("response_format") or {}).get("type") == "json_object" and theirs is None


def schema_is_emulated(body, theirs, mine):
    return (body.get("response_format") or {}).get("type") == "json_schema" and "structured_output" in json.dumps(mine)


def references_kept(body, theirs, mine):
    return "$ref" in json.dumps(mine) and "$ref" not in json.dumps(theirs)


def peer_has_none(body, theirs, mine):
    return theirs is None


def weir_has_none(body, theirs, mine):
    return mine is None


def images_moved(body, theirs, mine):
    """The results differ in their pictures alone, which mine holds behind them, and theirs not at all."""
    def flat(messages, but):
        return [part for role, parts in messages or [] for part in parts if part[0] not in but]
    pictures = [p for p in flat(mine, ()) if p[0] in ("image", "file")]
    notes = [p for p in flat(mine, ("image", "file")) if p not in flat(theirs, ())]
    return bool(pictures) and len(pictures) > len([p for p in flat(theirs, ()) if p[0] in ("image", "file")]) and \
        all(p[0] in ("text", "result") for p in notes)


def policy_of_the_peer(body, theirs, mine):
    return any(f"{word} {role}" in json.dumps(theirs) and f"{word} {role}" not in json.dumps(body)
               for word in ("prepend", "append") for role in ("system", "user", "assistant"))


def system_alone(body, theirs, mine):
    return all(m.get("role") in ("system", "developer") for m in body.get("messages") or [])


# (from, to, field in which the request differs, how, sentence)
IN_REQUESTS = [
    (ANY, MESSAGES, "max_tokens", no_limit_given,
     "Anthropic requires max_tokens: for a client that gave none weir writes the model's own default (16.1), the peer another number or 0."),
    (CHAT, MESSAGES, "system", format_is_json_object, "Anthropic has no json_object: it is asked for in the system text (16.1)."),
    (CHAT, MESSAGES, "tools", schema_is_emulated, "A forced tool emulates a schema where the model has no output_config.format (17)."),
    (CHAT, MESSAGES, "tool_choice", schema_is_emulated, "A forced tool emulates a schema where the model has no output_config.format (17)."),
    (ANY, GEMINI, "format", references_kept, "A schema with $ref goes into responseJsonSchema as it is (5); the peer resolves it for responseSchema."),
    (MESSAGES, CHAT, "effort", peer_has_none, "output_config.effort becomes reasoning_effort (16.1); the peer drops it."),
    (MESSAGES, CHAT, "top_k", weir_has_none, "OpenAI chat has no top_k (16.1)."),
    (MESSAGES, CHAT, "messages", images_moved, "Images in tool results go into a following user message (17); the peer drops them."),
    (ANY, CHAT, "user", peer_has_none, "metadata.user_id becomes user (16.1)."),
    (ANY, RESPONSES, "user", peer_has_none, "metadata.user_id becomes user (16.1); the peer keeps it in metadata."),
    (RESPONSES, RESPONSES, "messages", policy_of_the_peer, "The peer's test adds messages by a policy of its own."),
    (RESPONSES, RESPONSES, "system", policy_of_the_peer, "The peer's test adds messages by a policy of its own."),
    (CHAT, GEMINI, "messages", system_alone, "Gemini refuses a request without contents: system text alone is asked as the user's."),
    (CHAT, GEMINI, "system", system_alone, "Gemini refuses a request without contents: system text alone is asked as the user's."),
]
# (from, to, what weir's 400 says: the field, or where the client's dialect names none, the sentence; our sentence)
REFUSED = [
    (ANY, MESSAGES, r"^n$", "n > 1 to Anthropic is refused (17); the peer drops it."),
    (ANY, RESPONSES, r"^n$", "n > 1 to Responses is refused (17)."),
    (ANY, ANY, r"^tools|does not run tools itself", "Hosted tools are not portable: 400 (17); the peer drops them silently."),
    (ANY, ANY, r"file_id|uploaded to one vendor", "Files of one vendor are not known to another: 400 (16.2)."),
    (ANY, GEMINI, r"image_url|fetche?s? ", "Gemini fetches no plain image addresses: 400 (16.2)."),
    (CHAT, ANY, r"^functions?$|^function_call$", "The functions field, deprecated for tools, has no place in another dialect: 400 (17)."),
]


def cached_left_out(theirs, mine):
    cached = (theirs.get("cached_read_tokens") or 0) + (theirs.get("cache_write_tokens") or 0)
    return cached > 0 and {**theirs, "input_tokens": theirs["input_tokens"] + cached} == mine


def reasoning_left_out(theirs, mine):
    return "reasoning_tokens" not in theirs and {**mine, "reasoning_tokens": 0} == {**theirs, "reasoning_tokens": 0}


def other_word_for_length(theirs, mine):
    return (theirs, mine) == ("incomplete/max_tokens", "incomplete/max_output_tokens")


def arguments_no_object(theirs, mine):
    return [name for name, _ in theirs] == [name for name, _ in mine] and \
        any(not isinstance(json.loads(a), dict) and isinstance(json.loads(b), dict) for (_, a), (_, b) in zip(theirs, mine))


def empty_twins(theirs, mine):
    return theirs == "" and mine != ""


def peer_says_nothing(theirs, mine):
    return theirs == ""


# (from, to, field in which the answers differ, how, sentence)
IN_ANSWERS = [
    (MESSAGES, CHAT, "usage", cached_left_out, "prompt_tokens includes cached tokens (16.3); the peer leaves them out."),
    (ANY, ANY, "usage", reasoning_left_out, "Reasoning tokens are told where the dialect has a place for them; the peer loses them."),
    (RESPONSES, MESSAGES, "reasoning", peer_says_nothing, "Reasoning text is exposed (17); the peer drops that of open models."),
    (CHAT, RESPONSES, "finish", other_word_for_length, "incomplete_details.reason is max_output_tokens (2.2); the peer's word is none of OpenAI's."),
    (CHAT, MESSAGES, "calls", arguments_no_object, "The input of a call is an object (16.2): arguments that were cut are wrapped in one."),
    (ANY, RESPONSES, "text", empty_twins, "The .done twins hold the full text (16.4); the peer leaves them empty."),
]


def _rows(rows, source, target, field):
    return [row for row in rows if row[0] in (ANY, source) and row[1] in (ANY, target) and row[2] == field]


def in_request(source, target, field, body, theirs, mine):
    """-> the sentence, or None. `body`: the client's."""
    return next((row[-1] for row in _rows(IN_REQUESTS, source, target, field) if row[3](body, theirs, mine)), None)


def in_answer(source, target, field, theirs, mine):
    return next((row[-1] for row in _rows(IN_ANSWERS, source, target, field) if row[3]({} if theirs is None else theirs, {} if mine is None else mine)), None)


def refused(source, target, said):
    """`said`: the field that weir's 400 names, else its message."""
    return next((row[-1] for row in REFUSED if row[0] in (ANY, source) and row[1] in (ANY, target) and re.search(row[2], said or "")), None)
