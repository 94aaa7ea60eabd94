"""That the judge of tools/chaos finds what it is there to find."""
import json
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "live")]

from harness.wire import Message  # noqa: E402
from judge import CUT, FAILED, LOST, WHOLE, WRONG, Outcome, judge_document, judge_stream  # noqa: E402
from main import Span, excuse  # noqa: E402

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

    def test_a_cut_needs_a_fault_of_its_provider(self):
        def cut(deployment, began, ended):
            return Outcome(CUT, "stream", began=began, ended=ended, deployment=deployment)

        spans = [Span("a", "kill", 10, 20)]
        excused, other, early, late = cut("a/m", 9, 11), cut("b/m", 9, 11), cut("a/m", 5, 9), cut("a/m", 30, 31)
        self.assertEqual(excuse([excused, other, early, late], spans), [excused])
        self.assertEqual([o.verdict for o in (excused, other, early, late)], [CUT, LOST, LOST, LOST])


if __name__ == "__main__":
    unittest.main()
