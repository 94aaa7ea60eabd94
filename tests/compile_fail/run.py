#!/usr/bin/env python3
"""What must not compile, does not: and for the reason that is meant.

    run.py FILE -- COMPILER [ARGUMENT]...

FILE holds right uses and misuses, each as `#if MISUSE == N  // what it is: a regular expression of the error`. Compiled
without a misuse it must be accepted; with each of them, refused with an error that matches. The last line is
"N passed, M failed".
"""
import re
import subprocess
import sys


def compile_with(misuse, path, command):
    done = subprocess.run([*command, f"-DMISUSE={misuse}", "-fsyntax-only", "-fno-color-diagnostics", path],
                          capture_output=True, text=True, timeout=300)
    return done.returncode == 0, done.stderr


def main():
    path, dashes, *command = sys.argv[1:]
    assert dashes == "--" and command, __doc__
    misuses = re.findall(r"^#(?:el)?if MISUSE == (\d+)\s+// (.*?): (.*)$", open(path, encoding="utf-8").read(), re.MULTILINE)
    numbers = [int(number) for number, _, _ in misuses]
    wrong = []
    if numbers != list(range(1, len(numbers) + 1)) or not numbers:
        wrong.append(f"{path}: the misuses are not numbered from 1: {numbers}")
    accepted, errors = compile_with(0, path, command)
    if not accepted:
        wrong.append(f"{path}: the right uses do not compile:\n{errors}")
    for number, what, pattern in misuses:
        accepted, errors = compile_with(number, path, command)
        if accepted:
            wrong.append(f"{path}: {number} ({what}) compiles")
        elif not re.search(r"error:.*(" + pattern + ")", errors):
            wrong.append(f"{path}: {number} ({what}) is refused for another reason than {pattern!r}:\n{errors}")
    print("\n".join(wrong))
    print(f"{len(misuses) + 1 - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
