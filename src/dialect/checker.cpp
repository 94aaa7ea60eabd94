#include "weir/dialect/checker.h"

namespace weir::dialect {

namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace

void Checker::expect(bool holds, const char* law) {
  if (!holds && broken_law_.empty()) broken_law_ = law;
}

bool Checker::take(std::span<const Event> events) {
  for (const Event& event : events) watch(event);
  return broken_law_.empty();
}

void Checker::watch(const Event& event) {
  const auto content_allowed = [this] {
    expect(begun_, "begin comes first");
    expect(!failed_, "a fault is terminal");
  };
  std::visit(Overloaded{
                 [&](const Begin&) {
                   expect(!begun_, "begin comes once");
                   expect(!failed_, "a fault is terminal");
                   begun_ = true;
                 },
                 [&](const BlockBegin& block) {
                   content_allowed();
                   expect(!finished_.contains(block.choice), "a finished choice gets no more blocks");
                   expect(block.index == next_index_[block.choice]++, "block indexes of a choice count up from 0");
                   expect(!block.redacted || block.kind == BlockKind::reasoning, "only reasoning is redacted");
                   open_.insert({block.choice, block.index});
                 },
                 [&](const BlockDelta& delta) {
                   content_allowed();
                   expect(open_.contains({delta.choice, delta.index}), "a delta belongs to an open block");
                   expect(!delta.text.empty(), "a delta is never empty");
                 },
                 [&](const BlockEnd& block) {
                   content_allowed();
                   expect(open_.erase({block.choice, block.index}) == 1, "a block_end closes an open block");
                 },
                 [&](const Citation& citation) {
                   content_allowed();
                   expect(!finished_.contains(citation.choice), "a finished choice gets no more citations");
                   expect(!citation.url.empty() || !citation.title.empty() || !citation.quoted.empty(),
                          "a citation cites something");
                 },
                 [&](const UsageReport& report) {
                   content_allowed();
                   expect(report.usage.reported, "usage is told only when the provider reported it");
                 },
                 [&](const Finish& finish) {
                   content_allowed();
                   expect(finished_.insert(finish.choice).second, "a choice finishes once");
                   const auto block = open_.lower_bound({finish.choice, 0});
                   expect(block == open_.end() || block->first != finish.choice,
                          "a choice finishes with its blocks closed");
                 },
                 [&](const FaultReport&) {
                   expect(!failed_, "a fault is terminal");
                   failed_ = true;
                 },
                 [](const Ping&) {},
                 [&](const Extra& extra) { expect(!extra.raw.empty(), "an extra carries something"); },
             },
             event);
}

bool Checker::end() {
  if (failed_) return broken_law_.empty();
  expect(begun_ && !finished_.empty(), "an answer finishes or fails");
  expect(open_.empty(), "an answer ends with its blocks closed");
  for (const auto& [choice, blocks] : next_index_)
    expect(finished_.contains(choice), "every choice that had blocks finishes");
  return broken_law_.empty();
}

}  // namespace weir::dialect
