"""Server-sent events by the rules of the SSE standard, and the JSON array that Gemini streams without alt=sse."""
import json
from dataclasses import dataclass


@dataclass
class Event:
    name: str   # of the event: line; "" without one
    data: str


def events(body):
    """Bytes -> events with data. Lines end in LF, CRLF or CR; an unfinished last event counts."""
    if body.startswith(b"\xef\xbb\xbf"):
        body = body[3:]
    found, name, data = [], "", []
    for line in body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n") + [b""]:
        if not line:
            if any(data):
                found.append(Event(name, b"\n".join(data).decode("utf-8")))
            name, data = "", []
            continue
        key, _, value = line.partition(b":")
        if value.startswith(b" "):
            value = value[1:]
        if key == b"data":
            data.append(value)
        elif key == b"event":
            name = value.decode("utf-8")
    return found


def array_elements(body):
    """The elements of one JSON array, which may have been cut: those that are whole."""
    decoder, text, found = json.JSONDecoder(), body.decode("utf-8"), []
    at = text.index("[") + 1
    while True:
        while at < len(text) and text[at] in ", \t\r\n":
            at += 1
        if at >= len(text) or text[at] == "]":
            return found, at < len(text)
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            return found, False
        found.append(value)
