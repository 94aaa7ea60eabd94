// docs/simulator.md repeats the table of items; it must not say anything else.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "unit/simulator/source_root.h"
#include "weir/simulator/scenario.h"

namespace weir::simulator {
namespace {

/// The tables of items in a Markdown text, in order.
std::vector<std::string> tables_of(std::istream& text) {
  std::vector<std::string> tables;
  bool in_table = false;
  for (std::string line; std::getline(text, line);) {
    const bool row = line.starts_with('|');
    if (row && !in_table) tables.emplace_back();
    if (row) tables.back().append(line).append("\n");
    in_table = row;
  }
  std::erase_if(tables, [](const std::string& table) { return !table.starts_with("| item |"); });
  return tables;
}

TEST(SimulatorDocument, HoldsExactlyTheTables) {
  std::ifstream file(WEIR_SOURCE_ROOT "/docs/simulator.md");
  ASSERT_TRUE(file) << "docs/simulator.md cannot be read";
  const std::vector<std::string> expected = {markdown_table(ItemGroup::content), markdown_table(ItemGroup::pace),
                                             markdown_table(ItemGroup::error), markdown_table(ItemGroup::stream)};
  EXPECT_EQ(tables_of(file), expected);
}

// Every row is in exactly one of the tables.
TEST(SimulatorDocument, TablesHoldEveryItem) {
  std::string all;
  for (const auto group : {ItemGroup::content, ItemGroup::pace, ItemGroup::error, ItemGroup::stream})
    all += markdown_table(group);
  for (const Item& item : items()) {
    const std::string name(item.name);
    const std::string cell = item.value.empty() ? "| `" + name + "` |" : "| `" + name + "=";
    const auto first = all.find(cell);
    ASSERT_NE(first, std::string::npos) << name;
    EXPECT_EQ(all.find(cell, first + 1), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace weir::simulator
