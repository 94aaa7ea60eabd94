#!/usr/bin/env python3
"""The work of refusing a key does not tell how wrong it is: instructions, counted by callgrind, not time.

    run.py PROGRAM

Known, unknown and malformed keys of one length must cost the same but for the comparisons that collisions of their
hashes bring, which nobody can choose without finding SHA-256 prefixes. Exits 77 (skipped) without valgrind.
"""
import re
import shutil
import subprocess
import sys
import tempfile

QUESTIONS = 2000
MOST_APART = 0.03


def instructions(program, kind):
    with tempfile.TemporaryDirectory() as folder:
        # Older valgrinds give up on newer debug information; the names of functions are all that is needed.
        subprocess.run(["strip", "--strip-debug", "-o", f"{folder}/program", program], check=True)
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", "--collect-atstart=no",
                               "--toggle-collect=*KeyTable::find*", f"{folder}/program", kind],
                              capture_output=True, text=True, timeout=300)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not collected:
        sys.exit(f"{kind}: {done.stderr}")
    return int(collected[1]) / QUESTIONS


def main():
    if not shutil.which("valgrind"):
        print("skipped: there is no valgrind")
        return 77
    counts = {kind: instructions(sys.argv[1], kind) for kind in ("known", "unknown", "malformed", "missing")}
    for kind, count in counts.items():
        print(f"{kind:<10} {count:8.1f} instructions a question")
    same_length = [counts[kind] for kind in ("known", "unknown", "malformed")]
    apart = max(same_length) / min(same_length) - 1
    print(f"{apart:.2%} apart, {MOST_APART:.0%} are allowed")
    if min(same_length) < 500:
        sys.exit("nothing was counted")
    return 0 if apart <= MOST_APART else 1


if __name__ == "__main__":
    sys.exit(main())
