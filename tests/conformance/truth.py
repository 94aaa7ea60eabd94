"""What an answer should say: the data's `expect`, completed by this program's own reading of the provider's bytes."""
import json
from dataclasses import dataclass, field

from .answers import USAGE_KEYS, Answer, Call
from . import decoders


@dataclass
class Truth:
    choices: list = field(default_factory=list)  # of answers.Choice; finish is a neutral word
    usage: dict = None
    failed: bool = False     # an error inside the answer
    error: dict = None       # what the provider says about it
    facts: list = field(default_factory=list)  # oddities of the provider's bytes that reasons.py knows
    native: Answer = None    # this program's own reading; None where the bytes are no answer

    def says_nothing(self):
        """Neither content nor a finish: it may come out as an empty answer, or as the failure that it is."""
        return self.native is not None and not self.failed and all(c.finish is None and not (c.text or c.reasoning or c.refusal or c.calls) for c in self.choices)


def calls_of(expected):
    """A call without a name is none: some providers pad their lists so."""
    found = []
    for call in expected or []:
        text = call.get("arguments_text")
        if text is None or "arguments" in call:
            text = json.dumps(call.get("arguments", {}))
        if call.get("name"):
            found.append(Call(call.get("id") or "", call["name"], text))
    return found


def oddities(usage):
    """Parts of a chat usage object that its own total counts beside their whole and not in it: what weir then says in
    place of the data's reading, in the judge's words."""
    read, wrote = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    prompt, output, total = (usage.get(key) or 0 for key in ("prompt_tokens", "completion_tokens", "total_tokens"))
    reasoning, audio = wrote.get("reasoning_tokens") or 0, read.get("audio_tokens") or 0
    found = []
    if reasoning and total == prompt + output + reasoning:
        found.append(f"reasoning beside output: usage output_tokens is {output + reasoning} in place of {output}")
    if audio and total == prompt + output + audio:
        found.append(f"audio beside input: usage input_tokens is {prompt + audio} in place of {prompt}")
    return found


def truth(expect, dialect, body, stream, table):
    try:
        native = decoders.decode(dialect, body, stream)
    except decoders.Unreadable:
        native = None
    read = native or Answer()
    found = Truth(native=native, usage=dict(expect["usage_normalised"]) if expect.get("usage_normalised") else None,
                  failed=bool(expect.get("stream_error")) or bool(read.error), error=read.error)
    if found.usage is not None:  # the reading of the data leaves out some providers' own fields
        for key in USAGE_KEYS:
            found.usage.setdefault(key, (read.usage or {}).get(key, 0) or 0)
    found.facts = oddities(expect.get("usage_native") or {})
    for number in range(max(1, len(read.choices), len(expect.get("choices") or []))):
        mine = read.choices[number] if number < len(read.choices) else Answer().choice()
        theirs = (expect.get("choices") or [expect])[number] if number < len(expect.get("choices") or [expect]) else {}
        choice = Answer().choice()
        choice.text = theirs.get("text", mine.text) or ""
        choice.reasoning = theirs.get("reasoning_text") or mine.reasoning
        choice.reasoning_or = None if theirs.get("reasoning_text") or not theirs else ""  # the data saw none where we do
        choice.refusal = theirs.get("refusal") or mine.refusal
        whole = "tool_calls" in theirs and not theirs.get("partial_args_stream") and not any(c.get("custom") for c in theirs["tool_calls"])
        choice.calls = calls_of(theirs["tool_calls"]) if whole else [c for c in mine.calls if c.name]
        word = theirs.get("finish_reason_openai", None)
        choice.finish = table.neutral(word, theirs.get("finish_reason_native", mine.finish if number else None))
        found.choices.append(choice)
    return found
