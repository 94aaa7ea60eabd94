# Stages of tools/test and tools/check; sourced, not run.
#
#   stage "name" command...   runs the command, prints one line with its name, its time and whether it passed
#   finish                    prints "N passed, M failed, K skipped" as the last line; fails if anything failed
#
# A stage counts as one test, unless the command itself ends with a line "N passed, M failed" (", K skipped" may follow):
# then those count. A stage fails if its command does not exist, exits non-zero, reports a failure, or reports that it
# tested nothing. Skipped is only what needs the shared data and says so; it is shown, never hidden. What a stage prints
# goes to .deps/stages/<name>.log and is shown when it fails.

passed=0 failed=0 skipped=0
stage_logs=$root/.deps/stages
mkdir -p "$stage_logs"

stage() {
  local name=$1 log=$stage_logs/${1//[^a-zA-Z0-9]/-}.log status=0 started=$EPOCHREALTIME counts ok=0 bad=0 left=0 verdict
  shift
  "$@" >"$log" 2>&1 </dev/null || status=$?
  counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1 || true)
  if [ -n "$counts" ]; then
    read -r ok _ bad _ left _ <<<"${counts//,/} "
    left=${left:-0}
    if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$ok" = 0 ]; }; then bad=1; fi
  elif [ "$status" = 0 ]; then ok=1; else bad=1; fi
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
  verdict=passes
  [ "$bad" = 0 ] || verdict=FAILS
  LC_ALL=C printf '%-32s %7.1f s  %s%s\n' "$name" "$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')" \
    "$verdict" "${counts:+ ($counts)}"
  if [ "$bad" != 0 ]; then
    tail -n 100 "$log" | sed 's/^/    /'
    [ "$status" = 0 ] || printf '    (exit status %s: %s)\n' "$status" "$*"
  fi
}

finish() {
  printf '%d passed, %d failed%s\n' "$passed" "$failed" "$([ "$skipped" = 0 ] || printf ', %d skipped' "$skipped")"
  [ "$failed" = 0 ] && [ "$passed" != 0 ]
}

# meson's tests of the release build as one stage command. Every case of a GoogleTest program counts, every other
# program counts as one.
meson_tests() {  # arguments for meson test
  rm -f "$root/build/meson-logs/testlog.json"
  meson test -C "$root/build" --no-rebuild --print-errorlogs "$@" || true
  python3 - "$root/build/meson-logs/testlog.json" <<'PYTHON'
import json, re, sys
passed = failed = skipped = 0
try:
    records = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
except OSError:
    records = []
def cases(output, word):
    return sum(map(int, re.findall(rf"^\[  {word} \] (\d+) tests?[.,]", output, re.MULTILINE)))
for record in records:
    output = record.get("stdout") or ""
    good, bad, left = (cases(output, word) for word in ("PASSED ", "FAILED ", "SKIPPED"))
    skipped += left
    if record["result"] == "OK":
        good = good if good or bad or left else 1
    else:
        bad = bad or 1
    passed, failed = passed + good, failed + bad
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(0 if passed and not failed else 1)
PYTHON
}

# Our own C++ as one stage command: every file must be as clang-format leaves it.
formatted() {
  local folders=() folder
  for folder in include src tests bench; do [ ! -d "$root/$folder" ] || folders+=("$root/$folder"); done
  find "${folders[@]}" \( -name '*.h' -o -name '*.cpp' \) -print0 |
    xargs -0 -n 16 -P "$(nproc)" clang-format-19 --dry-run -Werror
}
