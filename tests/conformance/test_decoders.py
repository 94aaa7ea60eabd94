"""The decoders: what they read, and that they see a broken order."""
import json
import unittest

from . import decoders, sse
from .decoders import CHAT, GEMINI, MESSAGES, RESPONSES
from .minimal import document, events, script


def stream_of(values, named=True):
    return b"".join((f"event: {v['type']}\n" if named else "").encode() + b"data: " + json.dumps(v).encode() + b"\n\n" for v in values)


class Sse(unittest.TestCase):
    def test_line_ends_comments_fields_and_a_last_event_without_its_blank_line(self):
        body = b"\xef\xbb\xbf: hi\r\ndata:{\r\ndata: }\r\rid: 3\nevent: x\ndata: 1\n\ndata:\n\ndata: last"
        self.assertEqual([(e.name, e.data) for e in sse.events(body)], [("", "{\n}"), ("x", "1"), ("", "last")])

    def test_an_array_and_one_that_was_cut(self):
        self.assertEqual(sse.array_elements(b'[{"a": "]"}\r\n,\r\n{"b":1}]'), ([{"a": "]"}, {"b": 1}], True))
        self.assertEqual(sse.array_elements(b'[{"a":1},{"b"'), ([{"a": 1}], False))


class Minimal(unittest.TestCase):
    def test_document_and_stream_of_every_dialect_say_the_same_without_a_fault(self):
        for dialect in decoders.DIALECTS:
            for stream in (False, True):
                answer = decoders.decode(dialect, b"".join(script(dialect, stream).segments), stream)
                self.assertEqual((answer.first().text, answer.ended, answer.faults), ("ok", True, []), (dialect, stream))


class Order(unittest.TestCase):
    def test_anthropic_blocks_that_interleave(self):
        values = [value for _, value in events(MESSAGES)]
        values.insert(2, {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}})
        self.assertTrue(decoders.decode(MESSAGES, stream_of(values), True).faults)

    def test_responses_whose_numbers_jump_or_whose_deltas_are_not_the_text(self):
        values = [value for _, value in events(RESPONSES)]
        jumped = [{**v, "sequence_number": v["sequence_number"] * 2} for v in values]
        self.assertTrue(decoders.decode(RESPONSES, stream_of(jumped), True).faults)
        values[2]["delta"] = "other"
        self.assertTrue(decoders.decode(RESPONSES, stream_of(values), True).faults)

    def test_chat_after_done(self):
        body = b"".join(script(CHAT, True).segments)
        self.assertTrue(decoders.decode(CHAT, body + body, True).faults)


class Chat(unittest.TestCase):
    def calls(self, *fragments):
        chunks = [{"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"tool_calls": [f]}}]} for f in fragments]
        return [(c.id, c.name, c.arguments) for c in decoders.decode(CHAT, stream_of(chunks, named=False), True).first().calls]

    def test_a_new_id_under_a_known_index_is_a_new_call(self):
        a, b = ({"index": 0, "id": i, "function": {"name": "f", "arguments": "{}"}} for i in "ab")
        self.assertEqual(self.calls(a, b), [("a", "f", "{}"), ("b", "f", "{}")])

    def test_a_repeated_name_is_not_joined(self):
        whole = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{"}}
        self.assertEqual(self.calls(whole, {**whole, "function": {"name": "f", "arguments": "}"}}), [("a", "f", "{}")])


class Usage(unittest.TestCase):
    def test_anthropic_totals_overwrite_and_include_the_cache(self):
        values = [value for _, value in events(MESSAGES)]
        values[0]["message"]["usage"] = {"input_tokens": 8849, "output_tokens": 1}
        values[4]["usage"] = {"input_tokens": 18, "cache_read_input_tokens": 8831, "output_tokens": 426}
        usage = decoders.decode(MESSAGES, stream_of(values), True).usage
        self.assertEqual((usage["input_tokens"], usage["cached_read_tokens"], usage["output_tokens"]), (8849, 8831, 426))

    def test_gemini_thoughts_are_output(self):
        whole = document(GEMINI)
        whole["usageMetadata"] = {"promptTokenCount": 8, "candidatesTokenCount": 3, "thoughtsTokenCount": 20}
        usage = decoders.decode(GEMINI, json.dumps(whole).encode(), False).usage
        self.assertEqual((usage["output_tokens"], usage["reasoning_tokens"]), (23, 20))


if __name__ == "__main__":
    unittest.main()
