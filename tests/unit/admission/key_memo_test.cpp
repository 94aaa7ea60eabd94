#include "weir/admission/key_memo.h"

#include <gtest/gtest.h>

namespace weir::admission {
namespace {

TEST(KeyMemo, SaysWhatTheTableSays) {
  std::vector<VirtualKey> keys;
  for (int i = 0; i < 2000; ++i) keys.push_back({std::to_string(i), hash_key("wk_" + std::to_string(i))});
  const KeyTable table(std::move(keys), false);
  KeyMemo memo(table, {0x123456789abcdef0, 0x0fedcba987654321});
  for (int round = 0; round < 2; ++round)  // the second time partly from memory, partly driven out
    for (int i = -500; i < 2500; ++i) {
      const std::string asked = "wk_" + std::to_string(i);
      ASSERT_EQ(memo.find(asked), table.find(asked)) << asked;
      ASSERT_EQ(memo.find(asked), table.find(asked)) << asked << " again";
    }
  EXPECT_EQ(memo.find({}), nullptr);
  EXPECT_EQ(memo.find(std::string(100'000, 'x')), nullptr);
}

TEST(KeyMemo, ClientsWithoutAKey) {
  const KeyTable open({}, true);
  KeyMemo memo(open, {1, 2});
  EXPECT_EQ(memo.find({}), &open.anonymous());
  EXPECT_EQ(memo.find("anything"), &open.anonymous());
  EXPECT_EQ(memo.find("anything"), &open.anonymous());
}

}  // namespace
}  // namespace weir::admission
