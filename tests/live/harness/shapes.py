"""Reads tests/smuggling/shapes.txt, whose head describes it; and the table of faults, whose sentences weir answers with."""
import re
from dataclasses import dataclass, field

from . import places

ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "s": b" ", "\\": b"\\"}
TOKEN = re.compile(r"\\x([0-9a-f]{2})|\\([rnt0s\\])|\{(\d+)\*(.)\}|\{(\w+)\}")


@dataclass
class Shape:
    name: str
    is_request: bool
    data: bytes = b""
    verdict: list = field(default_factory=list)


def words(key, body, evil, json):
    """What stands in braces."""
    all_ = {"post": b"POST /v1/chat/completions HTTP/1.1", "host": b"Host: weir.test",
            "auth": b"Authorization: Bearer " + key.encode(), "body": body, "json": json,
            "length": b"%d" % len(body), "hex": b"%x" % len(body), "HEX": b"%X" % len(body),
            "chunks": b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body),
            "json_length": b"%d" % len(json), "json_hex": b"%x" % len(json)}
    all_["start"] = b"\r\n".join([all_["post"], all_["host"], all_["auth"]])
    all_["evil"] = all_["start"] + b"\r\nContent-Length: %d\r\n\r\n%s" % (len(evil), evil)
    all_["evil_length"] = b"%d" % len(all_["evil"])
    return all_


def expand(text, known):
    def value(match):
        byte, escape, count, char, word = match.groups()
        if byte is not None:
            return chr(int(byte, 16))
        if escape is not None:
            return ESCAPES[escape].decode("latin-1")
        if count is not None:
            return char * int(count)
        return known[word].decode("latin-1")
    return TOKEN.sub(value, text).encode("latin-1")


def read(known):
    shapes = []
    path = places.ROOT / "tests" / "smuggling" / "shapes.txt"
    for number, line in enumerate(path.read_text(encoding="ascii").split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        if match := re.match(r"(request|answer): (.*)", line):
            shapes.append(Shape(match[2], match[1] == "request"))
        elif line.startswith("-> "):
            shapes[-1].verdict = line[3:].split("; ")
        elif line == "|" or line.startswith("| "):
            is_open = line.endswith("\\") and not line.endswith("\\\\")
            shapes[-1].data += expand(line[2:-1] if is_open else line[2:], known) + (b"" if is_open else b"\r\n")
        else:
            raise ValueError(f"{path}:{number}: neither a name, a verdict nor bytes")
    return shapes


def faults():
    """{name: (status, sentence)} of base/fault.h."""
    text = (places.ROOT / "include" / "weir" / "base" / "fault.h").read_text()
    rows = re.findall(r'X\((\w+),\s*(\d+),\s*\w+,\s*"([^"]*)"\)', text)
    return {name: (int(status), sentence) for name, status, sentence in rows}
