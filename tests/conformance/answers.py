"""What an answer says, whichever dialect said it: what the decoders make and the judges compare."""
import json
from dataclasses import dataclass, field

USAGE_KEYS = ("input_tokens", "output_tokens", "cached_read_tokens", "cache_write_tokens", "reasoning_tokens")


@dataclass
class Call:
    id: str = ""
    name: str = ""
    arguments: str = ""  # the JSON text as it came; "" is a call without arguments

    def value(self):
        """The arguments as a JSON value; None if the text is no JSON."""
        try:
            return json.loads(self.arguments) if self.arguments.strip() else {}
        except ValueError:
            return None


@dataclass
class Choice:
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list = field(default_factory=list)
    finish: str = None  # the dialect's own word
    reasoning_or: str = None  # of a truth: what the reasoning may be as well


@dataclass
class Answer:
    id: str = ""
    model: str = ""
    choices: list = field(default_factory=list)
    usage: dict = None      # normal form of tables/usage_fields.json: input includes cache, output includes reasoning
    error: dict = None      # {"status", "type", "code", "message"}, whatever of it was there
    ended: bool = False     # the dialect's own end was seen
    events: int = 0
    faults: list = field(default_factory=list)  # breaches of the dialect's own order; judged in translated answers only
    block_reason: str = None

    def choice(self, index=0):
        while len(self.choices) <= index:
            self.choices.append(Choice())
        return self.choices[index]

    def fault(self, text):
        if len(self.faults) < 5:
            self.faults.append(text)

    def first(self):
        return self.choices[0] if self.choices else Choice()


def make_usage(**tokens):
    """The normal form; what is not known (None) is left out."""
    return {key: value for key, value in tokens.items() if value is not None}


def make_error(value):
    """An error object of any provider -> {"status", "type", "code", "message"}."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return {"message": str(value)}
    inner = value.get("error", value)
    if isinstance(inner, str):
        return {"message": inner, "code": value.get("code")}
    if not isinstance(inner, dict):
        inner = value
    message = inner.get("message", inner.get("detail", value.get("message", value.get("detail"))))
    if not isinstance(message, str):
        message = json.dumps(message)
    return {"message": message, "type": inner.get("type"), "code": inner.get("code"), "param": inner.get("param"),
            "status": inner.get("status")}
