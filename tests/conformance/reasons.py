"""Why a case fails that is known to fail: one sentence each. A failure without one is unexplained, and fails the run."""
import re

# (pattern in the full name, pattern in what was wrong, fact of the provider's bytes or "", sentence)
REASONS = [
    ("", r"^usage output_tokens is \d+ in place of \d+$", "reasoning beside output",
     "The provider (xAI) counts reasoning beside completion_tokens, as its total says; weir's output includes it, the data's "
     "reading takes completion_tokens as they stand."),
    ("", r"^usage input_tokens is \d+ in place of \d+$", "details beside input",
     "Cached or audio tokens are more than prompt_tokens, so they stand beside them; weir's input includes them, the data's "
     "reading takes prompt_tokens as they stand."),
    (r"stream-edge/tools-id-empty as openai-chat", r"ids of the calls are empty", "",
     "Same dialect on both sides: the bytes pass, and no id is made for a call that its provider gave none."),
]


def reason(result):
    for name, why, fact, sentence in REASONS:
        if re.search(name, result.full_name) and re.search(why, result.why) and (not fact or fact in result.facts):
            return sentence
    return None
