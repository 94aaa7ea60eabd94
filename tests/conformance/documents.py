"""docs/conformance.md: the tables and lists between two marks."""
from collections import Counter
from pathlib import Path

from . import kinds as sentences
from . import reasons, results as outcome
from .results import SEPARATOR

BEGIN, END = "<!-- conformance: begin, made by tools/conformance --write-docs -->", "<!-- conformance: end -->"


def kinds(found):
    """-> [(kind, how often)], the most frequent first."""
    return Counter(r.why for r in found.of(outcome.NOT_APPLICABLE)).most_common()


def text(found):
    lines = []
    for table in outcome.tables(found, markdown=True):
        lines += table + [""]
    lines += [f"**{found.last_line()}.**", "", "### Failures", ""]
    failed = sorted(found.of(outcome.FAILED), key=lambda r: r.full_name)
    for result in failed:
        lines.append(f"- `{result.full_name}`: {reasons.reason(result) or 'unexplained: ' + result.why[:300]}")
    lines += [] if failed else ["None."]
    lines += ["", "### Not applicable", "", "| kind | how often | why |", "|---|---|---|"]
    lines += [f"| {kind} | {count} | {sentences.KINDS[kind]} |" for kind, count in kinds(found)]
    notes = Counter(sentence for r in found.all for sentence in split_notes(r.note))
    lines += ["", "### Known disagreements with peers", ""]
    lines += [f"- {sentence} ({count} cases)" for sentence, count in sorted(notes.items())] or ["None."]
    return "\n".join(lines)


def split_notes(note):
    return [s.strip() for s in note.split(SEPARATOR) if s.strip()]


def write(path, found):
    path = Path(path)
    before, _, rest = path.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(before + BEGIN + "\n" + text(found) + "\n" + END + after)
