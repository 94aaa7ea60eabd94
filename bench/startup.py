"""How fast a gateway is there, and what it holds then: from exec to the first right answer, and its resident memory two
seconds later without any load.
"""
import socket
import time

import rulers
import workloads

REQUEST = (b'{"model":"gpt-4o-mini","max_tokens":1,"messages":[{"role":"user","content":"Are you there?"}]}')


def measure(place, gateway, idle_s):
    """{"start_ms", "idle_mib", "idle_anon_mib"} of one start; without `idle_s` memory is not looked at."""
    with rulers.Site(place) as site:
        ruler = site.begin(gateway)
        answered_ns = first_answer(ruler, gateway.patience_s)
        figures = {"start_ms": (answered_ns - ruler.process.begun_ns) / 1e6}
        if idle_s is not None:
            time.sleep(idle_s)
            figures["idle_mib"], figures["idle_anon_mib"] = (kib / 1024 for kib in ruler.process.memory_kib())
    return figures


def first_answer(ruler, patience_s):
    """The monotonic clock when a whole 200 had come, ns; asks again and again until then."""
    head = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {rulers.CLIENT_KEY}\r\n"
            f"{ruler.headers}Content-Type: application/json\r\nContent-Length: {len(REQUEST)}\r\n\r\n").encode()
    end, said = time.monotonic() + patience_s, b""
    while time.monotonic() < end:
        if ruler.process.popen.poll() is not None:
            raise workloads.Failed(f"{ruler.name} ended at once: {ruler.process.last_words()}")
        try:
            with socket.create_connection(("127.0.0.1", ruler.port), 5) as s:
                s.sendall(head + REQUEST)
                said = s.recv(65536)
                if said.startswith(b"HTTP/1.1 200"):
                    return time.monotonic_ns()
        except OSError:
            pass
        time.sleep(0.0002)
    raise workloads.Failed(f"{ruler.name} gave no 200 in {patience_s} s: {said[:200]!r}")
