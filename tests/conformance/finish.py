"""Finish reasons: from a provider's word to a neutral one, and from there to each client dialect's words.

Both ways come from tables/finish_reasons.json; where a folder has no such table, from the copy of its rules here.
"""
import json
from pathlib import Path

from .decoders import CHAT, GEMINI, MESSAGES, RESPONSES

NEUTRAL = ("stop", "length", "tool_calls", "content_filter")
FALLBACK = {"stop": ["stop", "end_turn", "STOP", "completed"], "length": ["length", "max_tokens", "MAX_TOKENS", "incomplete/max_output_tokens"],
            "tool_calls": ["tool_calls", "tool_use", "STOP", "completed"],
            "content_filter": ["content_filter", "refusal", "SAFETY", "incomplete/content_filter"]}
COLUMN = {CHAT: 0, MESSAGES: 1, GEMINI: 2, RESPONSES: 3}
# Words that say the same as the table's: a provider's filter has several names, and Anthropic tells which stop it was.
ALSO = {(GEMINI, "SAFETY"): {"PROHIBITED_CONTENT", "BLOCKLIST", "RECITATION", "SPII", "LANGUAGE", "MODEL_ARMOR", "IMAGE_SAFETY",
                              "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"},
        (MESSAGES, "end_turn"): {"stop_sequence", "pause_turn"},
        (MESSAGES, "max_tokens"): {"model_context_window_exceeded"}}


class Table:
    def __init__(self, data):
        path = Path(data) / "conformance/tables/finish_reasons.json"
        table = json.loads(path.read_text()) if path.exists() else {}
        self.words = {key.rstrip("*"): words for key, words in table.get("openai-chat", FALLBACK).items()}
        self.native = {}  # an odd word of a compatible provider -> the neutral one; None: it is an error
        for name, rows in table.items():
            for word, meanings in rows.items() if isinstance(rows, dict) else []:
                word = word.rstrip("*").strip('"')
                meaning = meanings[0]
                self.native.setdefault(word, meaning and meaning.split(" ")[0].rstrip(","))

    def neutral(self, openai, native):
        """-> a word of NEUTRAL, "error", or None where nobody can tell."""
        if openai in NEUTRAL:
            return openai
        if openai == "function_call":
            return "tool_calls"
        for word in (openai, native):
            if word is not None and word in self.native:
                return self.native[word] if self.native[word] in NEUTRAL else "error"
        return None

    def allowed(self, client, neutral, calls):
        """The words this client may get. A turn with calls ends in the word for calls, unless it was cut or filtered."""
        if neutral is None or neutral == "error":
            return None
        if calls and neutral == "stop":
            neutral = "tool_calls"
        word = self.words[neutral][COLUMN[client]]
        return {word} | ALSO.get((client, word), set())
