"""That the judge of tools/chaos finds what it is there to find."""
import json
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "live")]

from dialects import ANTHROPIC, GEMINI  # noqa: E402
from harness.wire import Message  # noqa: E402
from judge import CUT, FAILED, LOST, WHOLE, WRONG, Outcome, judge_document, judge_stream  # noqa: E402
from main import Span, asked_again, excuse  # noqa: E402

WANTED = "one two three four"


def event(text=None, finish=None):
    return "data: " + json.dumps({"choices": [{"delta": {"content": text} if text else {}, "finish_reason": finish}]}) + "\n\n"


ERROR = 'data: {"error":{"message":"It broke."}}\n\n'
DONE = "data: [DONE]\n\n"
TEXT = event("one two ") + event("three four")
END = event(finish="stop") + DONE


def stream(*parts, status=200, complete=True):
    return judge_stream(Message(line=f"HTTP/1.1 {status} X", body="".join(parts).encode(), complete=complete), WANTED)[0]


def document(text, finish="stop", status=200, complete=True):
    body = json.dumps({"choices": [{"message": {"content": text}, "finish_reason": finish}]}).encode()
    return judge_document(Message(line=f"HTTP/1.1 {status} X", body=body, complete=complete), WANTED)[0]


class Judge(unittest.TestCase):
    def test_streams(self):
        self.assertEqual(stream(TEXT, END), WHOLE)
        self.assertEqual(stream(": keep-alive\n\n", TEXT, END), WHOLE)
        self.assertEqual(stream(event("one two "), ERROR), CUT)
        self.assertEqual(stream(TEXT, ERROR), CUT)
        self.assertEqual(stream(ERROR), FAILED, "before its first content it should have been rescued")
        self.assertEqual(stream("", status=502), FAILED)
        self.assertEqual(judge_stream(None, WANTED)[0], FAILED)

    def test_streams_that_lose_text(self):
        self.assertEqual(stream(event("one two "), END), LOST)
        self.assertEqual(stream(event("one two "), complete=False), LOST)
        self.assertEqual(stream(event("one two ")), LOST)
        self.assertEqual(stream(TEXT, event(finish="stop")), LOST, "the end marker is missing")
        self.assertEqual(stream(TEXT, DONE), LOST, "the finish is missing")
        self.assertEqual(stream(TEXT, END, complete=False), LOST)
        self.assertEqual(stream(), LOST)

    def test_streams_with_wrong_text(self):
        self.assertEqual(stream(TEXT, TEXT, END), WRONG)
        self.assertEqual(stream(event("one two "), event("one two "), ERROR), WRONG, "twice, and then cut")
        self.assertEqual(stream(event("one two "), event("four"), END), WRONG)
        self.assertEqual(stream(event("five"), END), WRONG)
        self.assertEqual(stream(TEXT, END, event("five")), WRONG)
        self.assertEqual(stream(event("one two "), ERROR, event("three four")), WRONG)
        self.assertEqual(stream("data: {\n\n", END), WRONG)

    def test_documents(self):
        self.assertEqual(document(WANTED), WHOLE)
        self.assertEqual(document("one"), LOST)
        self.assertEqual(document(WANTED * 2), WRONG)
        self.assertEqual(document(WANTED, finish="length"), WRONG)
        self.assertEqual(document(WANTED, status=503), FAILED)
        self.assertEqual(document(WANTED, complete=False), FAILED)
        self.assertEqual(judge_document(None, WANTED)[0], FAILED)

    def test_anthropic(self):
        def event(value):
            return f"event: {value['type']}\ndata: {json.dumps(value)}\n\n"

        def verdict(*events):
            body = "".join(map(event, events)).encode()
            return judge_stream(Message(line="HTTP/1.1 200 X", body=body, complete=True), WANTED, ANTHROPIC)[0]

        start = {"type": "message_start", "message": {}}
        one, two = ({"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}}
                    for text in ("one two ", "three four"))
        finish = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
        stop, error = {"type": "message_stop"}, {"type": "error", "error": {"message": "It broke."}}
        self.assertEqual(verdict(start, one, two, finish, stop), WHOLE)
        self.assertEqual(verdict(start, one, error), CUT)
        self.assertEqual(verdict(start, error), FAILED)
        self.assertEqual(verdict(start, one, two, finish), LOST, "the end marker is missing")
        self.assertEqual(verdict(start, one, one, two, finish, stop), WRONG)
        self.assertEqual(verdict(start, one, two, finish, stop, two), WRONG)
        body = json.dumps({"content": [{"type": "text", "text": WANTED}], "stop_reason": "end_turn"}).encode()
        self.assertEqual(judge_document(Message(line="HTTP/1.1 200 X", body=body, complete=True), WANTED, ANTHROPIC)[0], WHOLE)

    def test_gemini(self):
        def part(text, finish=None):
            candidate = {"content": {"parts": [{"text": text}]}, **({"finishReason": finish} if finish else {})}
            return {"candidates": [candidate]}

        def verdict(*parts):
            body = "".join(f"data: {json.dumps(value)}\r\n\r\n" for value in parts).encode()
            return judge_stream(Message(line="HTTP/1.1 200 X", body=body, complete=True), WANTED, GEMINI)[0]

        error = {"error": {"code": 502, "message": "It broke.", "status": "UNAVAILABLE"}}
        self.assertEqual(verdict(part("one two "), part("three four", "STOP")), WHOLE)
        self.assertEqual(verdict(part("one two "), part("three four")), LOST, "the finish is missing")
        self.assertEqual(verdict(part("one two "), error), CUT)
        self.assertEqual(verdict(error), FAILED)
        self.assertEqual(verdict(part("one two "), part("one two ", "STOP")), WRONG)
        body = json.dumps(part(WANTED, "MAX_TOKENS")).encode()
        self.assertEqual(judge_document(Message(line="HTTP/1.1 200 X", body=body, complete=True), WANTED, GEMINI)[0], WRONG)

    def test_who_has_healed_is_asked_again(self):
        def whole(provider, began):
            return Outcome(WHOLE, "document", began=began, first=began + 1, ended=began + 2, deployment=provider + "/m")

        spans = [Span("a", "kill", 10, 20), Span("b", "kill", 10, 20), Span("a", "reset", 30, 40)]
        outcomes = [whole("a", 19), whole("a", 23), whole("a", 25), whole("b", 45), whole("c", 21)]
        self.assertEqual(asked_again(outcomes, spans), {0: 4, 1: 26, 2: None})

    def test_a_cut_needs_a_fault_of_its_provider(self):
        def cut(deployment, began, ended):
            return Outcome(CUT, "stream", began=began, ended=ended, deployment=deployment)

        spans = [Span("a", "kill", 10, 20)]
        excused, other, early, late = cut("a/m", 9, 11), cut("b/m", 9, 11), cut("a/m", 5, 9), cut("a/m", 30, 31)
        self.assertEqual(excuse([excused, other, early, late], spans), [excused])
        self.assertEqual([o.verdict for o in (excused, other, early, late)], [CUT, LOST, LOST, LOST])


if __name__ == "__main__":
    unittest.main()
