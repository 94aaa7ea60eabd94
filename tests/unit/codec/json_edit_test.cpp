#include "weir/codec/json_edit.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::codec {
namespace {

struct Rebuild {
  Bytes body;
  std::string out;
  int pieces = 0;
  void operator()(OriginalRange range) {
    EXPECT_GT(range.size, 0U);
    out += body.substr(range.offset, range.size);
    ++pieces;
  }
  void operator()(Bytes inserted) {
    EXPECT_FALSE(inserted.empty());
    out += inserted;
    ++pieces;
  }
};

struct Case {
  const char* name;
  std::vector<Edit> edits;
  const char* result;
  int pieces;
};

TEST(EditList, RebuildsTheBody) {
  const Case cases[] = {
      {"none", {}, "0123456789", 1},
      {"in the middle", {{3, 2, "ab"}}, "012ab56789", 3},
      {"insertion", {{5, 0, "x"}}, "01234x56789", 3},
      {"at both ends", {{0, 0, "<"}, {10, 0, ">"}}, "<0123456789>", 3},
      {"added out of order", {{8, 1, "c"}, {0, 2, "a"}, {4, 0, "b"}}, "a23b4567c9", 6},
      {"removal", {{0, 4, ""}, {6, 4, ""}}, "45", 1},
      {"side by side", {{2, 2, "a"}, {4, 2, "b"}}, "01ab6789", 4},
      {"two insertions keep their order", {{2, 0, "a"}, {2, 0, "b"}}, "01ab23456789", 4},
      {"an insertion stands before a removal", {{2, 2, "a"}, {2, 0, "b"}, {2, 0, "c"}}, "01bca456789", 5},
      {"everything", {{0, 10, "new"}}, "new", 1},
  };
  for (const Case& c : cases) {
    EditList list;
    for (const Edit& edit : c.edits) list.add(edit);
    Rebuild rebuild{.body = "0123456789", .out = {}};
    list.for_each_piece(10, rebuild);
    EXPECT_EQ(rebuild.out, c.result) << c.name;
    EXPECT_EQ(rebuild.pieces, c.pieces) << c.name;
    EXPECT_EQ(list.size_after(10), rebuild.out.size()) << c.name;
    EXPECT_EQ(list.size(), c.edits.size()) << c.name;
  }
}

TEST(EditListDeathTest, RefusesWhatCannotBe) {
  EXPECT_DEATH(
      {
        EditList list;
        list.add({2, 4, "a"});
        list.add({4, 1, "b"});
      },
      "overlap");
  EXPECT_DEATH(
      {
        EditList list;
        list.add({4, 1, "b"});
        list.add({2, 4, "a"});
      },
      "overlap");
  EXPECT_DEATH(
      {
        EditList list;
        list.add({8, 4, "a"});
        list.for_each_piece(10, [](const auto&) {});
      },
      "inside the body");
}

TEST(EditList, GrowsBeyondTheUsual) {
  const std::string body(200, '.');
  EditList list;
  for (std::size_t i = 0; i < 50; ++i) list.add({4 * i, 1, "a"});
  for (std::size_t i = 0; i < 50; ++i) list.add({4 * (49 - i) + 2, 1, "bc"});
  EditList moved = std::move(list);
  Rebuild rebuild{.body = body, .out = {}};
  moved.for_each_piece(body.size(), rebuild);
  std::string expected;
  for (int i = 0; i < 50; ++i) expected += "a.bc.";
  EXPECT_EQ(rebuild.out, expected);
  EXPECT_EQ(moved.size_after(body.size()), expected.size());
}

}  // namespace
}  // namespace weir::codec
