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
    (r"costs/.*/claude-sonnet-5", re.compile(r": 1\.5 times$"),
     "The price rose on 2026-09-01: weir has the one since then, the data the one before."),
    (r"costs/.*azure_openai/", re.compile("whose cache writes were not counted$"),
     "The data's reading of Azure's answers leaves out what was written to the cache, which it reads in OpenAI's own."),
    (r"costs/.*mistral/mistral-large-latest", re.compile(r": 0\.25 times$"),
     "What -latest means has become cheaper: three registries have the new price, the data's has the old one."),
    (r"costs/.*cerebras/qwen-3-coder-480b", re.compile("something for nothing$"),
     "The data has it for nothing; free is only what no other registry has a price for (docs/prices.md, rule 6)."),
    (r"costs/.*openrouter/qwen/qwen3-", re.compile(r" times$"),
     "OpenRouter's own list has another price than the data."),
]


def reason(result):
    for name, wrong, sentence in REASONS:
        said = wrong.search(result.why) if isinstance(wrong, re.Pattern) else f"{wrong}: {result.why}" in result.facts
        if re.search(name, result.full_name) and said:
            return sentence
    return None
