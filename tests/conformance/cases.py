"""Reading the files of a folder: one that cannot be read is a failure of its own, never the end of the run."""
import re


def load(paths, make, suite, results, only):
    """-> [make(path)]; `only`: part of the name, which is suite/stem here and may be more later."""
    found = []
    for path in paths:
        try:
            found.append(make(path))
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as why:
            if not only or only in f"{suite}/{path.stem}":
                results.judged(suite, path.stem, [f"the file cannot be read: {type(why).__name__}: {why}"])
    return found


def provider_name(*words):
    """As a name in weir's configuration."""
    return re.sub(r"[^a-zA-Z0-9._-]", "_", "-".join(words))[:64]
