// What only the Gemini recordings have: arguments that come in parts, which the independent decoder does not put
// together.
#include <gtest/gtest.h>

#include "unit/dialect/recorded.h"

namespace weir::dialect {
namespace {

using namespace test;

TEST(GeminiRecordings, PartialArgumentsAreWhole) {
  SKIP_WITHOUT(shared_data() / "recordings");
  int compared = 0;
  for_each_file({"gemini-generate", "gemini-stream"}, [&](const dom::element& file) {
    if (!has(file, "/expect/partial_args_stream")) return;
    AnyRunner runner(Dialect::gemini);
    replay(runner, string_at(file, "/response/body"), false, 113);
    const auto& calls = runner.answers[0].tool_calls;
    ASSERT_EQ(calls.size(), 4U);
    for (std::size_t i = 1; i < 4; ++i)
      EXPECT_EQ(unescaped(calls[i].arguments), std::string(R"({"id":")") + char('A' + i - 1) + "\"}");
    ++compared;
  });
  EXPECT_GE(compared, 1);
}

}  // namespace
}  // namespace weir::dialect
