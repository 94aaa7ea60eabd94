"""Where weir knowingly does otherwise than a peer, by kind of case: WIREFORMATS.md wins over a golden of a peer's.

A difference that no row explains fails the case.
"""
import re

from .decoders import CHAT, GEMINI, MESSAGES, RESPONSES

ANY = None
# (from, to, field in which the request differs, sentence)
IN_REQUESTS = [
    (ANY, MESSAGES, "messages", r"\"tool\"", "Results of one turn stand together in one user message (section 4); the peer sends one message each."),
    (ANY, MESSAGES, "max_tokens", "", "Anthropic requires max_tokens: weir writes the model's own default, the peer another number or 0."),
    (CHAT, MESSAGES, "format", "", "A response_format is output_config.format on models that have it, else a forced tool (section 16.1); "
                                   "json_object has no Anthropic form, so weir asks in words."),
    (CHAT, MESSAGES, "system", "", "json_object and emulated schemas are asked for in the system text (section 16.1)."),
    (CHAT, MESSAGES, "tool_choice", "", "A forced tool emulates a schema on models without output_config.format (section 17)."),
    (CHAT, MESSAGES, "tools", "structured_output", "A forced tool emulates a schema on models without output_config.format (section 17)."),
    (ANY, GEMINI, "format", "", "JSON Schema goes into responseJsonSchema unharmed (section 5); the peer rewrites it for responseSchema."),
    (MESSAGES, CHAT, "effort", "", "output_config.effort becomes reasoning_effort (section 16.1); the peer drops it."),
    (MESSAGES, CHAT, "top_k", "", "OpenAI chat has no top_k (section 16.1)."),
    (MESSAGES, CHAT, "messages", r"image|aGVsbG8", "Images in tool results go to a following user message (section 17); the peer drops them."),
    (ANY, CHAT, "user", "", "metadata.user_id becomes user (section 16.1)."),
    (ANY, RESPONSES, "user", "", "metadata.user_id becomes user (section 16.1); the peer keeps it in metadata."),
    (RESPONSES, RESPONSES, "messages", "prepend|append", "The peer's test adds messages of a policy of its own."),
    (RESPONSES, RESPONSES, "system", "prepend|append", "The peer's test adds messages of a policy of its own."),
]
# (from, to, the field that weir's 400 names, sentence)
REFUSED = [
    (ANY, MESSAGES, r"^n$", "n > 1 to Anthropic is refused (section 17); the peer drops it."),
    (ANY, RESPONSES, r"^n$", "n > 1 to Responses is refused (section 17)."),
    (ANY, ANY, r"^tools", "Hosted tools are not portable: 400 (section 17); the peer drops them silently."),
    (ANY, ANY, r"file_id|source", "Files of one vendor are not known to another: 400 (section 16.2)."),
    (ANY, GEMINI, r"image_url|messages|url", "Gemini fetches no plain image addresses: 400 (section 16.2)."),
    (ANY, ANY, r"^functions?$|function_call", "The deprecated functions field has no place elsewhere."),
    (ANY, ANY, r"^tool_choice", "A tool_choice that names no declared tool is refused."),
]
# (from, to, field in which the answers differ, sentence)
IN_ANSWERS = [
    (MESSAGES, ANY, "usage", "", "prompt_tokens includes cached tokens (section 16.3); agentgateway leaves them out."),
    (ANY, MESSAGES, "usage", "", "input_tokens leaves both cache numbers out (section 16.3)."),
    (ANY, ANY, "usage", "", "Usage in the normal form of tables/usage_fields.json; the peer counts otherwise or loses classes."),
    (ANY, ANY, "reasoning", "", "Reasoning is exposed in every dialect (section 17); the peer loses it or keeps it elsewhere."),
    (ANY, ANY, "finish", "", "The finish table (tables/finish_reasons.json) decides; the peer's word is another."),
    (ANY, ANY, "calls", "", "A call whose arguments were cut, or a hosted tool's, is told otherwise by the peer."),
    (ANY, ANY, "refusal", "", "A refusal has a place of its own in OpenAI's dialects (section 16.3)."),
    (ANY, ANY, "text", "", "A refusal is text in dialects without a field for it (section 16.2), which the peer drops."),
]


def explained(rows, source, target, field, values=""):
    """-> the sentence, or None."""
    for row in rows:
        pattern = row[3] if len(row) == 5 else ""
        if row[0] in (ANY, source) and row[1] in (ANY, target) and row[2] == field and re.search(pattern, values):
            return row[-1]
    return None


def refused(source, target, param):
    for row in REFUSED:
        if row[0] in (ANY, source) and row[1] in (ANY, target) and re.search(row[2], param or ""):
            return row[-1]
    return None
