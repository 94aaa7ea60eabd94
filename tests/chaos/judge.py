"""What came of one request: every answer is compared with the words that were asked for, which no other request has."""
import json
from dataclasses import dataclass, field

from dialects import CHAT

WHOLE = "whole"      # all of the text, once, with its proper end
CUT = "cut"          # some of the text, then an error event: it was committed when its provider broke
FAILED = "failed"    # an error status, or no answer
LOST = "lost"        # text is missing, and nobody said so
WRONG = "wrong"      # text that nobody asked for: twice, altered, or of another request


@dataclass
class Outcome:
    verdict: str
    kind: str                  # stream, document
    note: str = ""             # why it is not whole
    began: float = 0.0
    first: float = 0.0         # when the first byte of the body came
    ended: float = 0.0
    dialect: str = ""          # the client's
    model: str = ""
    deployment: str = ""
    trail: str = ""            # x-weir-attempts: others were asked before
    text: str = field(default="", repr=False)

    @property
    def rescued(self):
        return self.verdict == WHOLE and bool(self.trail)

    @property
    def seconds(self):
        return self.first - self.began


def compare(text, wanted):
    """-> None when they are the same, or (verdict, note)."""
    if text == wanted:
        return None
    if wanted.startswith(text):
        return LOST, f"{len(text)} of {len(wanted)} bytes"
    at = next((i for i, (a, b) in enumerate(zip(text, wanted)) if a != b), min(len(text), len(wanted)))
    return WRONG, f"from byte {at} on {text[at:at + 60]!r}, wanted {wanted[at:at + 60]!r}"


def judge_document(message, wanted, dialect=CHAT):
    """-> (verdict, note, text). `message`: a harness.wire.Message, or None when the connection ended before one."""
    if message is None:
        return FAILED, "no answer", ""
    if message.status != 200:
        return FAILED, f"{message.status} {message.body[:200]!r}", ""
    if not message.complete:
        return FAILED, "the body was cut, and says so by its framing", ""
    try:
        said = dialect.document(json.loads(message.body))
    except (ValueError, LookupError, TypeError) as error:
        return WRONG, f"{error!r} in {message.body[:200]!r}", ""
    if bad := compare(said.text, wanted):
        return *bad, said.text
    return (WHOLE, "", said.text) if said.finish == dialect.finish else (WRONG, f"finish {said.finish!r}", said.text)


def judge_stream(message, wanted, dialect=CHAT):
    if message is None:
        return FAILED, "no answer", ""
    if message.status != 200:
        return FAILED, f"{message.status} {message.body[:200]!r}", ""
    text, error, finish, done = "", None, None, False
    for frame in message.body.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n"):
        data = "\n".join(line[5:].removeprefix(" ") for line in frame.split("\n") if line.startswith("data:"))
        if not data:
            continue
        if done or error:
            return WRONG, f"{data[:100]!r} behind the end", text
        if data == dialect.done:
            done = True
            continue
        try:
            said = dialect.event(json.loads(data))
        except (ValueError, LookupError, TypeError):
            return WRONG, f"an event that cannot be read: {data[:100]!r}", text
        text += said.text
        finish = said.finish or finish
        error, done = said.error, said.done
    bad = compare(text, wanted)
    if bad and bad[0] == WRONG:
        return *bad, text
    if error is not None:
        # Without any text the client had nothing: it should have been rescued.
        return (CUT if text else FAILED), f"{len(text)} of {len(wanted)} bytes, then {json.dumps(error)[:160]}", text
    if bad:
        return *bad, text
    if not message.complete or (dialect.end_marker and not done) or finish != dialect.finish:
        return LOST, f"the end: complete {message.complete}, end marker {done}, finish {finish!r}", text
    return WHOLE, "", text
