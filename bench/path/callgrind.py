"""Reads what callgrind writes: instructions of every function, its own and with all it calls."""
import re
from collections import Counter

_NAME = re.compile(r"\((\d+)\)(?: (.*))?")


class Profile:
    """Instructions by (object, function). `inclusive` counts a function that calls itself more than once."""

    def __init__(self):
        self.own, self.inclusive = Counter(), Counter()

    def minus(self, other):
        result = Profile()
        for part in ("own", "inclusive"):
            mine, theirs = getattr(self, part), getattr(other, part)
            getattr(result, part).update({name: mine[name] - theirs[name] for name in mine | theirs})
        return result


def read(path):
    """One file of callgrind's, with the one event Ir and no debug information."""
    names = {}  # (what, number) -> name; files give a name once and then its number

    def name(what, text):
        number, given = _NAME.fullmatch(text).groups()
        if given is not None:
            names[what, number] = given
        return names[what, number]

    profile, place, called = Profile(), None, False
    this_object, function = "", ""
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            line = line.rstrip("\n")
            key, equals, value = line.partition("=")
            if key == "ob":
                this_object = name("ob", value)
            elif key == "fn":
                function = name("fn", value)
                place = (this_object, function)
            elif key in ("cfn", "cob", "fl", "fi", "fe", "cfi", "cfl") and equals:
                name({"cfn": "fn", "cob": "ob"}.get(key, "fl"), value)
            elif key == "calls":
                called = True  # the next line is what the call cost
            elif line and (line[0].isdigit() or line[0] in "+-*"):
                cost = int(line.rsplit(" ", 1)[1])
                profile.inclusive[place] += cost
                if not called:
                    profile.own[place] += cost
                called = False
    return profile
