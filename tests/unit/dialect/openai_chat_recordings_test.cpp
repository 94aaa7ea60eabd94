// What only the chat recordings have: usage as the providers wrote it, whose parts may be larger than the whole.
#include <gtest/gtest.h>

#include "unit/dialect/recorded.h"

namespace weir::dialect {
namespace {

using namespace test;

TEST(OpenAiChatRecordings, UsageIsReadAsItStands) {
  SKIP_WITHOUT(shared_data() / "recordings");
  int compared = 0;
  for_each_file({"openai-chat"}, [&](const dom::element& file) {
    dom::element expect;
    if (file.at_pointer("/expect").get(expect) != simdjson::SUCCESS || !has(expect, "/usage_normalised")) return;
    StreamRunner runner;
    replay(runner, string_at(file, "/response/body"), false, 113);
    const NestedUsage& usage = runner.decoder.nested_usage();
    EXPECT_EQ(usage.get(NestedUsage::input_total), number_at(expect, "/usage_normalised/input_tokens"));
    EXPECT_EQ(usage.get(NestedUsage::output_total), number_at(expect, "/usage_normalised/output_tokens"));
    if (has(expect, "/usage_normalised/cached_read_tokens"))  // theirs overlooks some of the fields that tell it
      EXPECT_EQ(usage.get(NestedUsage::cache_read), number_at(expect, "/usage_normalised/cached_read_tokens"));
    EXPECT_EQ(usage.get(NestedUsage::cache_write), number_at(expect, "/usage_normalised/cache_write_tokens"));
    EXPECT_EQ(usage.get(NestedUsage::reasoning), number_at(expect, "/usage_normalised/reasoning_tokens"));
    EXPECT_EQ(runner.tap.usage(), runner.decoder.usage());
    ++compared;
  });
  EXPECT_GE(compared, 300);
}

}  // namespace
}  // namespace weir::dialect
