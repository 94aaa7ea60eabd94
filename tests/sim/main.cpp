// weir_sim: runs the gateway in simulated worlds and holds it to its laws. docs/simulation.md says how to use it.
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "census.h"
#include "stitched_world.h"
#include "weir/base/assert.h"
#include "world.h"

namespace weir::sim {
namespace {

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t seeds = 100;
  std::uint64_t story = 0;
  bool verbose = false;
  bool other_cuts = false;
  bool regressions = true;
  bool languages = true;
  bool stitched = false;  ///< nothing but worlds in which streams are stitched
};

char assert_context[64];

void print_broken(std::uint64_t seed, const std::string& law) {
  std::string line;  // whatever bytes it quotes
  for (const char c : law) {
    if (c == '\n' || c == '\r') {
      line += c == '\n' ? "\\n" : "\\r";
    } else {
      line += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  std::printf("seed %" PRIu64 ": %s\n", seed, line.c_str());
}

/// The plan of the third run: in every fourth faultless seed everything arrives a few bytes at a time, in the others
/// only the stream of chance is another.
Plan cut_otherwise(Plan plan) {
  if (plan.seed / 4 % 4 != 0) return plan;
  plan.cut_to_bytes = true;
  const std::size_t most = 1 + plan.seed / 16 % 9;
  plan.provider.link.segment = most;
  for (ProviderPlan& site : plan.more_providers) site.link.segment = most;
  for (ClientPlan& client : plan.clients) client.link.segment = most;
  return plan;
}

std::uint64_t cuts_of(std::uint64_t seed) { return seed * 0x9e3779b97f4a7c15U; }

/// The small world of this seed in which streams break off and go on.
void run_stitched(std::uint64_t seed, Census& census, std::vector<std::string>& broken) {
  const Outcome first = run_stitched_world(seed);
  const Outcome second = run_stitched_world(seed);
  census.add(first);
  broken.insert(broken.end(), first.broken.begin(), first.broken.end());
  if (first.trace_hash != second.trace_hash || first.answers != second.answers)
    broken.push_back("stitched: two runs of the same seed differ");
}

/// Runs one seed twice (a faultless one a third time, cut differently). Returns how many laws were broken.
std::size_t run_seed(std::uint64_t seed, bool languages, Census& census) {
  std::snprintf(assert_context, sizeof assert_context, "seed %" PRIu64, seed);
  const Plan plan = make_plan(seed, languages);
  const std::uint64_t cuts = cuts_of(seed);
  Outcome first = run_world(plan, cuts);
  const Outcome second = run_world(plan, cuts);
  census.add(first);
  std::vector<std::string> broken = std::move(first.broken);
  if (first.trace_hash != second.trace_hash || first.answers != second.answers)
    broken.push_back("two runs of the same seed differ");
  if (plan.faultless && broken.empty()) {
    const Outcome third = run_world(cut_otherwise(plan), ~cuts);
    census.add(third);
    broken = third.broken;
    for (std::size_t i = 0; i < first.answers.size() && i < third.answers.size(); ++i)
      if (first.answers[i] != third.answers[i])
        broken.push_back("answer " + std::to_string(i) + " depends on how the input was cut");
  }
  if (languages && seed % 4 == 0) run_stitched(seed, census, broken);
  for (const std::string& law : broken) print_broken(seed, law);
  std::fflush(stdout);
  return broken.size();
}

std::size_t run_stitched_alone(std::uint64_t seed, Census& census) {
  std::snprintf(assert_context, sizeof assert_context, "stitched seed %" PRIu64, seed);
  std::vector<std::string> broken;
  run_stitched(seed, census, broken);
  for (const std::string& law : broken) print_broken(seed, law);
  return broken.size();
}

int tell_story(const Arguments& arguments) {
  const std::uint64_t seed = arguments.story;
  std::snprintf(assert_context, sizeof assert_context, "seed %" PRIu64, seed);
  const Plan plan = make_plan(seed, arguments.languages);
  if (!arguments.stitched)
    std::printf("seed %" PRIu64 ": %s, %zu shards, %zu clients, %u buffers of %u bytes\n%14s  %-10s\n", seed,
                plan.faultless ? "no faults"
                : plan.outage  ? "an outage"
                               : "with faults",
                plan.shards, plan.clients.size(), plan.options.buffers.buffers, plan.options.buffers.buffer_bytes, "ms",
                "who");
  Instant begin{};
  const auto story = [&](Instant now, Lane lane, const std::string& text) {
    if (begin == Instant{}) begin = now;
    const bool detail = lane == Lane::weir && text.starts_with("ring ");
    if (detail && !arguments.verbose) return;
    static constexpr const char* kLanes[] = {"client", "weir", "provider"};
    std::printf("%14.3f  %-10s%*s%s\n", static_cast<double>(to_ns(now - begin)) / 1e6,
                kLanes[static_cast<std::size_t>(lane)], 4 * static_cast<int>(lane), "", text.c_str());
  };
  const std::uint64_t cuts = cuts_of(seed);
  const Outcome outcome = arguments.stitched     ? run_stitched_world(seed, story)
                          : arguments.other_cuts ? run_world(cut_otherwise(plan), ~cuts, story)
                                                 : run_world(plan, cuts, story);
  for (const std::string& law : outcome.broken) print_broken(seed, law);
  return outcome.broken.empty() ? 0 : 1;
}

struct Regression {
  std::uint64_t seed;
  bool languages;
};

/// "SEED what was wrong", or "SEED chat: what was wrong" for a world where chat completions are passed through alone.
std::vector<Regression> read_regressions() {
  std::vector<Regression> seeds;
  std::ifstream file(WEIR_SIM_REGRESSIONS);
  for (std::string line; std::getline(file, line);) {
    char* end = nullptr;
    const auto seed = std::strtoull(line.c_str(), &end, 10);
    if (seed > 0) seeds.push_back({seed, !Bytes(end).starts_with(" chat:")});
  }
  return seeds;
}

int sweep(const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  Census census;
  std::size_t broken = 0;
  std::size_t failed = 0;
  std::size_t runs = 0;
  const auto run = [&](std::uint64_t seed, bool languages) {
    const std::size_t laws = arguments.stitched ? run_stitched_alone(seed, census) : run_seed(seed, languages, census);
    broken += laws;
    failed += laws > 0;
    ++runs;
  };
  if (arguments.regressions)
    for (const Regression& regression : read_regressions()) run(regression.seed, regression.languages);
  for (std::uint64_t seed = arguments.first; seed < arguments.first + arguments.seeds; ++seed)
    run(seed, arguments.languages);

  if (!arguments.stitched) census.print();
  const bool complete = arguments.seeds < 1000 || arguments.stitched || census.complete();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%zu seeds, %" PRIu64 " exchanges, %zu seeds broke %zu laws, %.1f s\n", runs, census.exchanges(), failed,
              broken, seconds);
  return broken == 0 && complete ? 0 : 1;
}

int usage() {
  std::fprintf(
      stderr,
      "weir_sim [--seeds N] [--first S] [--alone]\n"
      "                                   sweep: N seeds from S on (100 from 1), known regressions first, or not\n"
      "weir_sim --seed S                  one seed\n"
      "...                   --chat       chat completions are passed through and nothing else is spoken\n"
      "...                   --stitched   only the small worlds in which streams break off and go on (of every fourth\n"
      "                                   seed otherwise)\n"
      "weir_sim --story S [--verbose] [--other-cuts]\n"
      "                                   what happens in one seed, as a timeline; with every completion; cut as\n"
      "                                   in the third run of a faultless seed\n");
  return 2;
}

int run(int argc, char** argv) {
  set_assert_context(assert_context);
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--alone") {
      arguments.regressions = false;
      continue;
    }
    if (name == "--chat") {
      arguments.languages = false;
      continue;
    }
    if (name == "--stitched") {
      arguments.stitched = true;
      arguments.regressions = false;
      continue;
    }
    if (name == "--verbose" || name == "--other-cuts") {
      (name == "--verbose" ? arguments.verbose : arguments.other_cuts) = true;
      continue;
    }
    if (i + 1 == argc) return usage();
    const std::uint64_t value = std::strtoull(argv[++i], nullptr, 10);
    if (name == "--seeds") {
      arguments.seeds = value;
    } else if (name == "--first") {
      arguments.first = value;
    } else if (name == "--seed") {
      arguments.first = value;
      arguments.seeds = 1;
      arguments.regressions = false;
    } else if (name == "--story") {
      arguments.story = value;
    } else {
      return usage();
    }
  }
  return arguments.story > 0 ? tell_story(arguments) : sweep(arguments);
}

}  // namespace
}  // namespace weir::sim

int main(int argc, char** argv) { return weir::sim::run(argc, argv); }
