"""The list of tests, and the words in which they speak: @test, check, Skip."""

TESTS = []
PROCESSES = []  # asyncio processes other than weir that a test has started


class Failure(Exception):
    """A test found weir wrong; the text says how."""


class Skip(Exception):
    """A test cannot run here; the text says what is missing."""


def test(function):
    """Registers an `async def`; what it returns is a note printed behind its verdict."""
    function.full_name = function.__module__.removeprefix("test_") + "." + function.__name__
    TESTS.append(function)
    return function


def check(condition, text):
    if not condition:
        raise Failure(text)


def check_equal(got, wanted, what):
    if got != wanted:
        raise Failure(f"{what}: got {short(got)}, wanted {short(wanted)}{difference(got, wanted)}")


def short(value, limit=300):
    text = repr(value)
    return text if len(text) <= limit else text[: limit // 2] + " ... " + text[-limit // 2:] + f" ({len(value)} long)"


def difference(got, wanted):
    """Where two byte strings part."""
    if not isinstance(got, bytes) or not isinstance(wanted, bytes):
        return ""
    at = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
    return f"; they part at byte {at}: {got[at:at + 40]!r} against {wanted[at:at + 40]!r}"
