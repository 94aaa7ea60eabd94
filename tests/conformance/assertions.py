"""The assertion operators of the data's README, on one JSON value and on what the gateway did as a whole."""
import json
import re

from .judge import same_value, short

MISSING = object()


class Seen:
    """What the gateway did with one client request: what reached the provider, and what the client got."""

    def __init__(self, status, requests):
        self.status, self.requests = status, requests  # requests: of upstream.Request

    @property
    def body(self):
        return self.requests[0].json() if self.requests else MISSING


def at(value, pointer):
    """The value at a JSON Pointer (RFC 6901), or MISSING."""
    for word in pointer.split("/")[1:]:
        word = word.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and word in value:
            value = value[word]
        elif isinstance(value, list) and word.isdigit() and int(word) < len(value):
            value = value[int(word)]
        else:
            return MISSING
    return value


def strings(value):
    """Every string inside, in order of the text; keys do not count."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(inner)


def keys(value):
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keys(inner)
    if isinstance(value, dict):
        yield from value


def subset(part, whole):
    """Every member of `part` is in `whole` with that value; objects inside may hold more as well."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(k in whole and subset(v, whole[k]) for k, v in part.items())
    return same_value(part, whole)


def in_order(words, value):
    text, where = "\n".join(strings(value)), 0
    for word in words:
        where = text.find(word, where)
        if where < 0:
            return False
        where += len(word)
    return True


def holds_json(text, wanted):
    try:
        return isinstance(text, str) and same_value(json.loads(text), wanted)
    except ValueError:
        return False


def no_empty_text(value):
    if isinstance(value, dict):
        if value.get("type") == "text" and value.get("text") == "":
            return False
        return all(map(no_empty_text, value.values()))
    return all(map(no_empty_text, value)) if isinstance(value, list) else True


def same_values(body, assertion):
    pointers = assertion.get("ptrs") or [assertion.get("ptr", ""), assertion.get("other") or assertion.get("value")]
    found = [at(body, p) for p in pointers]
    return MISSING not in found and all(same_value(found[0], f) for f in found[1:])


# On the value at the pointer (MISSING where there is none) and the assertion's own value.
ON_VALUE = {
    "eq": lambda got, want: got is not MISSING and same_value(got, want),
    "eq_ci": lambda got, want: isinstance(got, str) and got.lower() == str(want).lower(),
    "absent": lambda got, want: got is MISSING or got is None,
    "present": lambda got, want: got is not MISSING and got is not None,
    "one_of": lambda got, want: any(got is not MISSING and same_value(got, w) for w in want),
    "contains": lambda got, want: got is not MISSING and any(want in s for s in strings(got)),
    "not_contains": lambda got, want: got is MISSING or not any(want in s for s in strings(got)),
    "contains_in_order": lambda got, want: got is not MISSING and in_order(want, got),
    "length": lambda got, want: isinstance(got, (list, str, dict)) and len(got) == want,
    "int_min": lambda got, want: isinstance(got, int) and not isinstance(got, bool) and got >= want,
    "no_key_anywhere": lambda got, want: got is MISSING or want not in set(keys(got)),
    "json_eq": holds_json,
    "matches": lambda got, want: isinstance(got, str) and re.search(want, got) is not None,
    "no_empty_text_block": lambda got, want: got is MISSING or no_empty_text(got),
    "not_ends_with_space": lambda got, want: all(not s[-1:].isspace() for s in ([got] if isinstance(got, str) else
                                                                             list(strings(got))[-1:])),
}


def fails(assertion, seen):
    """-> None, or what is wrong. An operator that is not known fails."""
    op, want = assertion["op"], assertion.get("value")
    if op == "any_of":
        tried = [[f for f in (fails(a, seen) for a in group) if f] for group in assertion["groups"]]
        return None if any(not faults for faults in tried) else "none of: " + " | ".join(" and ".join(f) for f in tried)
    if op == "http_error":
        right = seen.status in assertion.get("status", [400]) and not seen.requests
        return None if right else f"status {assertion.get('status')} and nothing upstream wanted, got {seen.status} and " \
                                  f"{len(seen.requests)} requests upstream"
    if not seen.requests:
        return f"nothing reached the provider (status {seen.status})"
    request = seen.requests[0]
    if op == "fan_out":
        return None if len(seen.requests) == want else f"{want} requests upstream wanted, got {len(seen.requests)}"
    if op == "url_matches":
        return None if re.search(want, request.path) else f"the URL {request.path} does not match {want}"
    if op == "header_present":
        return None if want.lower() in request.headers else f"header {want} is missing"
    if op == "text_kept_somewhere":
        return None if any(want in s for s in strings(seen.body)) else f"the text {short(want)} is lost"
    pointer = assertion.get("ptr", "")
    if op == "same_value":
        return None if same_values(seen.body, assertion) else f"{assertion} does not hold"
    got = at(seen.body, pointer)
    if op == "has_item":
        items = got if isinstance(got, list) else []
        match = subset if assertion.get("subset") else same_value
        return None if any(match(want, item) for item in items) else f"{pointer} has no item {short(want)}"
    if op not in ON_VALUE:
        return f"the operator {op} is not known"
    if ON_VALUE[op](got, want):
        return None
    return f"{pointer} {op} {'' if want is None else short(want)}: it is {'missing' if got is MISSING else short(got)}"
