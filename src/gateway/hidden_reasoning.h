// What the model thought, kept from the client (`include_reasoning: false`). The blocks stay, without their text but
// with their seals: the turn can be replayed, as the providers' own answers with omitted thinking can.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "weir/dialect/event.h"

namespace weir::gateway {

class HiddenReasoning {
 public:
  /// `events` without the deltas of reasoning; valid until the next call.
  std::span<const dialect::Event> without(std::span<const dialect::Event> events) {
    kept_.clear();
    for (const dialect::Event& event : events)
      if (!hides(event)) kept_.push_back(event);
    return kept_;
  }

 private:
  using Key = std::pair<std::uint32_t, std::uint32_t>;  // choice, index

  bool hides(const dialect::Event& event) {
    if (const auto* begin = std::get_if<dialect::BlockBegin>(&event)) {
      if (begin->kind == dialect::BlockKind::reasoning) open_.emplace_back(begin->choice, begin->index);
    } else if (const auto* end = std::get_if<dialect::BlockEnd>(&event)) {
      std::erase(open_, Key(end->choice, end->index));
    } else if (const auto* delta = std::get_if<dialect::BlockDelta>(&event)) {
      return std::ranges::find(open_, Key(delta->choice, delta->index)) != open_.end();
    }
    return false;
  }

  std::vector<Key> open_;  // blocks of reasoning; a decoder bounds how many there are
  std::vector<dialect::Event> kept_;
};

}  // namespace weir::gateway
