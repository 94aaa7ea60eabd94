"""What a check came to, counting, and the table."""
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from . import kinds

SEPARATOR = " | "  # between the sentences of a note
PASSED, FAILED, NOT_APPLICABLE = "passed", "failed", "n/a"


@dataclass
class Result:
    suite: str          # recordings, pure, request-assertions, ...
    name: str           # of the case: the file's id
    verdict: str
    why: str = ""       # failed: what was wrong; n/a: the kind
    client: str = ""    # the client's dialect; "" where a case has no client
    provider: str = ""
    dialect: str = ""   # the provider's
    features: list = field(default_factory=list)
    detail: str = ""
    facts: list = field(default_factory=list)  # oddities of the provider's bytes, for reasons.py
    note: str = ""      # passed: where it knowingly differs from a peer

    @property
    def full_name(self):
        return f"{self.suite}/{self.name}" + (f" as {self.client}" if self.client else "")


class Results:
    def __init__(self):
        self.all = []

    def add(self, suite, name, verdict, why="", **more):
        self.all.append(Result(suite, name, verdict, why, **more))

    def judged(self, suite, name, faults, **more):
        """`faults`: what was wrong, nothing being a pass."""
        self.add(suite, name, FAILED if faults else PASSED, "; ".join(faults), **more)

    def not_applicable(self, suite, name, kind, **more):
        self.add(suite, name, NOT_APPLICABLE, kinds.check(kind), **more)

    def of(self, verdict):
        return [r for r in self.all if r.verdict == verdict]

    def counts(self):
        counted = Counter(r.verdict for r in self.all)
        return counted[PASSED], counted[FAILED], counted[NOT_APPLICABLE]

    def last_line(self):
        return "{} passed, {} failed, {} not applicable".format(*self.counts())


CLIENTS = ("openai-chat", "openai-responses", "anthropic-messages", "gemini")


def cell(results):
    """12, or 11 of 12 where one failed, or - where nothing applies."""
    passed, failed = (sum(r.verdict == v for r in results) for v in (PASSED, FAILED))
    if passed + failed == 0:
        return "–" if results else ""
    return str(passed) if not failed else f"{passed} of {passed + failed}"


def grid(results, key):
    """-> {row: {client: [results]}}; `key(result)` gives the rows a result stands in."""
    rows = defaultdict(lambda: defaultdict(list))
    for result in results:
        for row in key(result):
            rows[row][result.client].append(result)
    return rows


def text_table(head, rows, markdown=False):
    lines = [head] + rows
    if markdown:
        return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + ["| " + " | ".join(row) + " |" for row in rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
    return ["  ".join(word.ljust(width) if n == 0 else word.rjust(width)
                      for n, (word, width) in enumerate(zip(line, widths))).rstrip() for line in lines]


def tables(results, markdown=False):
    """The three tables: by provider and dialect, by feature, by suite."""
    through = [r for r in results.all if r.suite == "recordings"]
    head = list(CLIENTS)
    found = []
    for title, key in (("provider, dialect", lambda r: [f"{r.provider}, {r.dialect}"]),
                       ("feature", lambda r: r.features or ["(none)"])):
        rows = grid([r for r in through if r.client], key)
        if rows:
            found.append(text_table([title] + head, [[row] + [cell(rows[row].get(c, [])) for c in CLIENTS]
                                                     for row in sorted(rows)], markdown))
    suites = defaultdict(list)
    for result in results.all:
        suites[result.suite].append(result)
    rows = [[name] + [str(sum(r.verdict == v for r in of)) for v in (PASSED, FAILED, NOT_APPLICABLE)]
            for name, of in suites.items()]
    found.append(text_table(["suite", "passed", "failed", "not applicable"], rows, markdown))
    return found
