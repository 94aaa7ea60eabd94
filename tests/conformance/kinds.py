"""Why something does not apply: one sentence for each kind. docs/conformance.md lists those that occurred."""

KINDS = {
    "other endpoint": "The exchange is of an endpoint other than chat (embeddings, images, audio, moderation, rerank, "
                      "compacted and kept responses, model lists, old completions).",
    "dialect not spoken": "The provider speaks a dialect that weir does not speak yet: Bedrock, Cohere, TGI's own, Vertex predict.",
    "dialect unknown": "The dialect's name is not known to this program.",
    "provider kind unknown": "This build of weir has no provider kind that could be pointed at the test provider for it.",
    "client dialect not served": "This build of weir does not serve that client dialect.",
    "several choices": "An answer has several choices: Anthropic and Responses have one (WIREFORMATS 17).",
    "background answer": "A queued background answer has no content; only Responses can be asked for it later.",
    "custom tool": "The input of a custom tool is free text; other dialects know arguments in JSON only.",
    "no answer at all": "The recording is no answer of any dialect: other dialects must fail, which is checked; there is nothing "
                        "more to compare.",
    "arguments no object": "The arguments are no JSON object, which this dialect's documents cannot carry.",
    "nothing expected": "The case names nothing that can be compared.",
    "request absent": "The recording holds no request.",
    "own to the peer": "The case tests a way of the peer's configuration (body mutation, model override, path prefixes).",
    "cloud platform": "The backend is a cloud platform (Vertex AI, Bedrock) whose addresses and signatures are not spoken yet.",
    "no price list of the provider": "A price of a provider that weir has no kind for, or of one behind Hugging Face's router.",
    "model not in the catalogue": "No registry names this model for this provider: the data's price is of a rule that fits "
                                  "the beginning of names, or the provider does not list it any more.",
    "not in the pure functions": "The pure functions of this build do not know one of the two dialects.",
    "pure program missing": "tests/conformance/pure was not built.",
}


def check(kind):
    if kind not in KINDS:
        raise KeyError(f"no sentence for the kind {kind!r}")
    return kind
