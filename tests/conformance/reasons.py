"""Why a case fails that is known to fail: one sentence each. A failure without one is unexplained, and fails the run."""
import re

# (pattern in the full name, what was wrong: a pattern, or the name of an oddity of the provider's bytes (truth.py) that
# says exactly what, sentence)
REASONS = [
    ("", "reasoning beside output",
     "xAI counts reasoning beside completion_tokens, as its own total_tokens says. tables/usage_fields.json has output_tokens "
     "include reasoning, so weir tells the sum; the data's reading takes completion_tokens alone."),
    ("", "audio beside input",
     "Mistral counts audio beside prompt_tokens, as its own total_tokens says. weir's input includes it; the data's reading "
     "takes prompt_tokens alone."),
    (r"stream-edge/tools-id-empty as openai-chat", re.compile(r"^the ids of the calls are empty or not unique: \[''\]$"),
     "Same dialect on both sides: the bytes pass, and no id is made for a call that its provider gave none."),
]


def reason(result):
    for name, wrong, sentence in REASONS:
        said = wrong.search(result.why) if isinstance(wrong, re.Pattern) else f"{wrong}: {result.why}" in result.facts
        if re.search(name, result.full_name) and said:
            return sentence
    return None
