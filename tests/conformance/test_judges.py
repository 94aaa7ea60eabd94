"""The assertion operators, the request reader, and the judges: each must fail where it should."""
import json
import unittest

from . import disagreements, kinds, neutral_request
from .answers import Answer, Call
from .assertions import Seen, fails
from .decoders import CHAT, GEMINI, MESSAGES, RESPONSES
from .finish import Table
from .judge import answer, same_value
from .phrases import checks
from .truth import Truth
from .upstream import Request

BODY = {"a": {"b": [1, {"t": "x y"}], "s": "END "}, "n": 7, "j": "{\"k\":1}", "z": None,
        "content": [{"type": "text", "text": ""}]}
SEEN = Seen(200, [Request("/v1/x?alt=sse", {"x-key": "1"}, json.dumps(BODY).encode())])


class Operators(unittest.TestCase):
    def test_each_holds_and_fails(self):
        table = [("eq", "/a/b/0", 1, 2), ("eq_ci", "/a/s", "end ", "x"), ("one_of", "/n", [6, 7], [8]), ("contains", "/a", "x", "q"),
                 ("not_contains", "/a", "q", "x"), ("contains_in_order", "/a", ["x", "END"], ["END", "x"]), ("length", "/a/b", 2, 3),
                 ("int_min", "/n", 7, 8), ("has_item", "/a/b", {"t": "x y"}, {"t": "z"}), ("no_key_anywhere", "", "q", "t"),
                 ("json_eq", "/j", {"k": 1}, {"k": 2}), ("matches", "/a/s", "^E", "^F"), ("text_kept_somewhere", "", "x y", "nowhere"),
                 ("url_matches", "", r"\?alt=sse", "other"), ("header_present", "", "X-Key", "y"), ("fan_out", "", 1, 2),
                 ("same_value", "/n", "/n", "/j")]
        for op, pointer, right, wrong in table:
            self.assertIsNone(fails({"op": op, "ptr": pointer, "value": right}, SEEN), op)
            self.assertIsNotNone(fails({"op": op, "ptr": pointer, "value": wrong}, SEEN), op)

    def test_those_without_a_value(self):
        for op, right, wrong in (("present", "/n", "/z"), ("absent", "/q", "/n"), ("not_ends_with_space", "/j", "/a/s"),
                                 ("no_empty_text_block", "/a", "/content")):
            self.assertIsNone(fails({"op": op, "ptr": right}, SEEN), op)
            self.assertIsNotNone(fails({"op": op, "ptr": wrong}, SEEN), op)

    def test_groups_errors_subsets_and_unknown_operators(self):
        refused = {"op": "http_error", "status": [400]}
        self.assertIsNone(fails(refused, Seen(400, [])))
        self.assertIsNotNone(fails(refused, SEEN))
        self.assertIsNone(fails({"op": "any_of", "groups": [[refused], [{"op": "eq", "ptr": "/n", "value": 7}]]}, SEEN))
        self.assertIsNotNone(fails({"op": "any_of", "groups": [[refused], [{"op": "eq", "ptr": "/n", "value": 8}]]}, SEEN))
        self.assertIsNone(fails({"op": "has_item", "ptr": "/content", "value": {"type": "text"}, "subset": True}, SEEN))
        self.assertIsNotNone(fails({"op": "has_item", "ptr": "/content", "value": {"type": "text"}}, SEEN))
        self.assertIsNotNone(fails({"op": "new_one", "ptr": "/n"}, SEEN))

    def test_true_is_not_one(self):
        self.assertFalse(same_value(True, 1))
        self.assertTrue(same_value({"a": 1}, {"a": 1.0}))


class Requests(unittest.TestCase):
    def test_the_same_question_in_four_dialects_reads_the_same(self):
        bodies = {CHAT: {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}], "max_tokens": 5},
                  MESSAGES: {"system": "s", "messages": [{"role": "user", "content": [{"type": "text", "text": "q"}]}], "max_tokens": 5},
                  RESPONSES: {"instructions": "s", "input": "q", "max_output_tokens": 5},
                  GEMINI: {"systemInstruction": {"parts": [{"text": "s"}]}, "contents": [{"role": "user", "parts": [{"text": "q"}]}],
                           "generationConfig": {"maxOutputTokens": 5}}}
        read = [neutral_request.read(dialect, body) for dialect, body in bodies.items()]
        self.assertTrue(all(r == read[0] for r in read), read)

    def test_a_lost_argument_is_seen(self):
        def body(arguments):
            return {"messages": [{"role": "assistant", "tool_calls": [
                {"id": "c", "function": {"name": "f", "arguments": arguments}}]}]}
        self.assertEqual(neutral_request.differences(CHAT, body('{"a": 1}'), body('{"a":1}')), [])
        self.assertEqual([d[0] for d in neutral_request.differences(CHAT, body('{"a":1}'), body("{}"))], ["messages"])


class Judges(unittest.TestCase):
    def setUp(self):
        self.table = Table("/nowhere")
        wanted = Answer().choice()
        wanted.text, wanted.finish, wanted.calls = "hello", "tool_calls", [Call("c1", "f", '{"a":1}')]
        self.truth = Truth(choices=[wanted], usage={"input_tokens": 5, "output_tokens": 2, "cached_read_tokens": 3})

    def got(self, **changes):
        found = Answer(usage={"input_tokens": 5, "output_tokens": 2, "cached_read_tokens": 3}, ended=True)
        choice = found.choice()
        choice.text, choice.finish, choice.calls = "hello", "tool_use", [Call("c1", "f", '{"a": 1}')]
        for key, value in changes.items():
            setattr(found if hasattr(found, key) else choice, key, value)
        return answer(self.truth, found, MESSAGES, True, self.table)

    def test_a_right_answer_passes(self):
        self.assertEqual(self.got(), [])

    def test_every_kind_of_loss_fails(self):
        for change in ({"text": "hell"}, {"finish": "end_turn"}, {"calls": []}, {"calls": [Call("c2", "f", '{"a":1}')]},
                       {"calls": [Call("c1", "f", '{"a":2}')]}, {"usage": None}, {"ended": False}, {"reasoning": "hm"},
                       {"usage": {"input_tokens": 8, "output_tokens": 2, "cached_read_tokens": 3}}, {"error": {"message": "x"}},
                       {"faults": ["order"]}):
            self.assertTrue(self.got(**change), change)

    def test_a_part_may_be_cut_to_its_whole_and_to_nothing_else(self):
        self.truth.usage = {"input_tokens": 5, "output_tokens": 2, "cached_read_tokens": 9}
        for cached, right in ((5, True), (9, True), (4, False), (0, False)):
            found = self.got(usage={"input_tokens": 5, "output_tokens": 2, "cached_read_tokens": cached})
            self.assertEqual(not found, right, cached)

    def test_only_an_answer_without_content_and_finish_says_nothing(self):
        self.assertFalse(self.truth.says_nothing())
        empty = Truth(choices=[Answer().choice()], native=Answer())
        self.assertTrue(empty.says_nothing())
        empty.choices[0].finish = "stop"
        self.assertFalse(empty.says_nothing())
        self.assertFalse(Truth(choices=[Answer().choice()]).says_nothing())  # no answer at all

    def test_an_error_that_became_a_finish_fails(self):
        self.truth.failed = True
        self.assertTrue(self.got())

    def test_odd_finish_words(self):
        self.table.native = {"eos": "stop", "": "stop", "insufficient_system_resource": None}
        self.assertEqual([self.table.neutral(w, w) for w in ("eos", "", "insufficient_system_resource", "unheard-of", "length")],
                         ["stop", "stop", "error", None, "length"])


class Disagreements(unittest.TestCase):
    def test_a_row_excuses_its_own_difference_only(self):
        theirs = {"input_tokens": 3, "output_tokens": 1, "cached_read_tokens": 2}
        right, wrong = {**theirs, "input_tokens": 5}, {**theirs, "input_tokens": 6}
        self.assertTrue(disagreements.in_answer(MESSAGES, CHAT, "usage", theirs, right))
        self.assertFalse(disagreements.in_answer(MESSAGES, CHAT, "usage", theirs, wrong))
        self.assertFalse(disagreements.in_answer(GEMINI, CHAT, "usage", theirs, right))
        self.assertTrue(disagreements.in_request(CHAT, MESSAGES, "max_tokens", {}, 0, 4096))
        self.assertFalse(disagreements.in_request(CHAT, MESSAGES, "max_tokens", {"max_tokens": 7}, 7, 4096))
        self.assertTrue(disagreements.refused(CHAT, MESSAGES, "n"))
        self.assertFalse(disagreements.refused(CHAT, GEMINI, "n"))


class Words(unittest.TestCase):
    def test_phrases(self):
        self.assertEqual([c.__name__ for c in checks("in-band error, as openai-eof-before-finish")[0]], ["in_band_error"])
        self.assertEqual(checks("meter by estimate and mark the figure"), ([], True))
        self.assertEqual(checks("dance on one leg"), ([], False))

    def test_every_kind_needs_a_sentence(self):
        with self.assertRaises(KeyError):
            kinds.check("never heard of")


if __name__ == "__main__":
    unittest.main()
