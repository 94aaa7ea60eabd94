"""What each usage object cost, by the prices that weir ships: to the nano-dollar what the data's own prices give, for every
provider that weir has rows for."""
import json
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from .decoders import CHAT, GEMINI, MESSAGES, RESPONSES
from . import minimal
from .gateway import WORDS

SUITE = "costs"
# The data's provider -> weir's kind.
KINDS = {"anthropic": "anthropic", "azure": "azure_openai", "cerebras": "cerebras", "deepseek": "deepseek", "fireworks": "fireworks",
         "google": "gemini", "groq": "groq", "mistral": "mistral", "moonshotai": "moonshot", "openai": "openai",
         "openrouter": "openrouter", "perplexity": "perplexity", "together": "together", "x-ai": "xai", "zai": "zai"}
# The data's flavour of an API -> dialect. What a provider has only one of is called default.
DIALECTS = {"chat": CHAT, "responses": RESPONSES, "anthropic": MESSAGES}
DEFAULTS = {"anthropic": MESSAGES, "google": GEMINI}


def nano(dollars):
    return int((Decimal(dollars) * 10**9).to_integral_value(ROUND_HALF_UP))


def document_with(dialect, body):
    whole = minimal.document(dialect)
    for key in ("usage", "usageMetadata", "service_tier"):
        if key in body:
            whole[key] = body[key]
    return json.dumps(whole)


def run(program, data, results, only):
    path = Path(data) / "conformance/metering/usages.jsonl"
    if not path.exists():
        return
    for number, line in enumerate(path.read_text().splitlines()):
        value = json.loads(line)
        for extracted in value["extracted"]:
            for priced in extracted["extractors"]:
                if "input_price" in priced or "output_price" in priced:
                    judge(program, results, only, number + 1, value, extracted["usage"], priced)


def difference(got, wanted):
    if "unknown" in got:
        return f"the {got['unknown']} is not known"
    times = f"{Decimal(got['nano_usd']) / wanted:.4g} times" if wanted else "something for nothing"
    return f"{got['nano_usd']} nano-dollars in place of {wanted}: {times}"


def judge(program, results, only, number, value, counted, priced):
    provider, flavour = priced["provider_id"], priced["api_flavor"]
    kind, dialect = KINDS.get(provider), DIALECTS.get(flavour) or flavour == "default" and DEFAULTS.get(provider, CHAT)
    model = value.get("model") or value["body"].get("model") or value["body"].get("modelVersion") or ""
    name = f"metering/{number} {kind or provider}/{model}" + (f" {flavour}" if flavour != "default" else "")
    if only and only not in f"{SUITE}/{name}":
        return
    if kind is None:
        return results.not_applicable(SUITE, name, "no price list of the provider")
    if not dialect or flavour == "embeddings" or "embed" in model:
        return results.not_applicable(SUITE, name, "other endpoint")
    got = program.ask(op="cost", kind=kind, provider=WORDS[dialect], model=model, body=document_with(dialect, value["body"]))
    if got.get("unknown") == "model":
        vertex = kind == "gemini" and "claude" in model
        return results.not_applicable(SUITE, name, "cloud platform" if vertex else "model not in the catalogue")
    wanted = nano(Decimal(priced.get("input_price") or 0) + Decimal(priced.get("output_price") or 0))
    faults = [] if got.get("nano_usd") == wanted else [difference(got, wanted)]
    if faults and "cache_write_tokens" not in counted and re.search(r'"cache_write_tokens": [1-9]', json.dumps(value["body"])):
        faults[0] += ", whose cache writes were not counted"
    results.judged(SUITE, name, faults, dialect=dialect, detail=json.dumps(value["body"]))
