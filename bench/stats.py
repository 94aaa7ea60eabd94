"""From rounds to figures: medians over the rounds that count, ratios taken within a round, and the refusal to print a
ratio that rests on too few of them. Rounds are lists of {ruler: figures} per workload.
"""
from statistics import median


class Rules:
    """When a round counts: without a tag; a ratio wants `clean_rounds` of them, unless tagged ones are accepted."""

    def __init__(self, clean_rounds, accept_tagged):
        self.clean_rounds, self.accept_tagged = clean_rounds, accept_tagged


def choose(rounds, names, rules):
    """(rounds that hold all of these rulers and count, how many of them are clean)."""
    whole = [r for r in rounds if all(name in r for name in names)]
    clean = [r for r in whole if not any(r[name]["tags"] for name in names)]
    if len(clean) >= rules.clean_rounds:
        return clean, len(clean)
    return (whole if rules.accept_tagged else []), len(clean)


def spread(values, clean, of, doubtful=False):
    values = list(values)
    return {"median": median(values), "min": min(values), "max": max(values), "clean": clean, "of": of,
            "doubtful": doubtful}


def refused(clean, of):
    return {"refused": f"{clean} clean of {of}", "clean": clean, "of": of}


def value(rounds, name, get):
    """A plain figure of one ruler: over its clean rounds, or over all with `doubtful` when it has none."""
    mine = [r[name] for r in rounds if name in r]
    if not mine:
        return None
    clean = [f for f in mine if not f["tags"]]
    return spread((get(f) for f in clean or mine), len(clean), len(mine), not clean)


def ratio(rounds, name, base, get, rules):
    """get(ruler) / get(base) within each round, over the rounds; None when they never met."""
    met = [r for r in rounds if name in r and base in r and get(r[base]) > 0]
    if not met:
        return None
    counting, clean = choose(met, (name, base), rules)
    if not counting:
        return refused(clean, len(met))
    return spread((get(r[name]) / get(r[base]) for r in counting), clean, len(met), clean < len(counting))


def added(rounds, name, base, zero, get, rules):
    """(ruler - zero) / (base - zero): medians of the differences within a round, then their ratio, because the ratio of
    two small differences of one round says little. The range is that of leaving out any one round."""
    names = (name, base, zero)
    met = [r for r in rounds if all(n in r for n in names)]
    if not met:
        return None
    counting, clean = choose(met, names, rules)
    if not counting:
        return refused(clean, len(met))

    def of(some):
        below = median(get(r[base]) - get(r[zero]) for r in some)
        return median(get(r[name]) - get(r[zero]) for r in some) / below if below > 0 else None

    whole = of(counting)
    if whole is None:
        return {"refused": f"{base} added no time", "clean": clean, "of": len(met)}
    parts = [p for p in (of(counting[:n] + counting[n + 1:]) for n in range(len(counting)) if len(counting) > 1)
             if p is not None]
    return {"median": whole, "min": min(parts + [whole]), "max": max(parts + [whole]), "clean": clean, "of": len(met),
            "doubtful": clean < len(counting)}
