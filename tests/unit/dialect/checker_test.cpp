#include "weir/dialect/checker.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::dialect {
namespace {

struct Case {
  std::vector<Event> events;
  std::string law;  // empty: lawful
};

TEST(Checker, KnowsTheLaws) {
  const Event begin = Begin{};
  const Event usage = UsageReport{{.input = 1, .reported = true}};
  const Event fault = FaultReport{};
  const auto open = [](std::uint32_t index) { return Event(BlockBegin{0, index, BlockKind::text, {}, {}}); };
  const auto delta = [](std::uint32_t index) { return Event(BlockDelta{0, index, "x"}); };
  const auto close = [](std::uint32_t index) { return Event(BlockEnd{0, index, {}}); };
  const auto finish = [](std::uint32_t choice) { return Event(Finish{choice, FinishReason::stop, "stop", {}}); };
  const Event extra = Extra{"{}"};

  const Case cases[] = {
      {{extra, begin, Ping{}, open(0), delta(0), open(1), delta(1), delta(0), close(0), close(1), finish(0), usage},
       ""},
      {{begin, finish(0), finish(1)}, ""},
      {{fault, Ping{}, extra}, ""},
      {{begin, open(0), delta(0), fault}, ""},
      {{open(0)}, "begin comes first"},
      {{usage}, "begin comes first"},
      {{begin, begin}, "begin comes once"},
      {{begin, open(1)}, "block indexes of a choice count up from 0"},
      {{begin, open(0), open(0)}, "block indexes of a choice count up from 0"},
      {{begin, delta(0)}, "a delta belongs to an open block"},
      {{begin, open(0), close(0), delta(0)}, "a delta belongs to an open block"},
      {{begin, open(0), BlockDelta{0, 0, ""}}, "a delta is never empty"},
      {{begin, open(0), close(0), close(0)}, "a block_end closes an open block"},
      {{begin, open(0), finish(0)}, "a choice finishes with its blocks closed"},
      {{begin, finish(0), finish(0)}, "a choice finishes once"},
      {{begin, finish(0), open(0)}, "a finished choice gets no more blocks"},
      {{begin, UsageReport{}}, "usage is told only when the provider reported it"},
      {{fault, begin}, "a fault is terminal"},
      {{begin, fault, finish(0)}, "a fault is terminal"},
      {{fault, fault}, "a fault is terminal"},
      {{Extra{}, fault}, "an extra carries something"},
      {{begin}, "an answer finishes or fails"},
      {{}, "an answer finishes or fails"},
      {{begin, open(0), delta(0), close(0), finish(1)}, "every choice that had blocks finishes"},
  };
  for (const Case& c : cases) {
    Checker checker;
    const bool lawful = checker.take(c.events);
    EXPECT_EQ(lawful && checker.end(), c.law.empty());
    EXPECT_EQ(checker.broken_law(), c.law);
  }
}

}  // namespace
}  // namespace weir::dialect
