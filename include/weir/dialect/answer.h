// A whole answer, collected from its events: what a client that wants one JSON document gets it written from, and what
// an encoder that has to repeat itself (Responses) keeps. The one place where an answer's text is held; bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weir/dialect/event.h"

namespace weir::dialect {

/// All texts still JSON-escaped.
struct Answer {
  struct Block {
    BlockKind kind = BlockKind::text;
    std::string id;
    std::string name;
    std::string text;  ///< a tool call's arguments are JSON inside of a string; empty: no delta came, `{}` is meant
    std::string signature;  ///< of the provider's vendor
    bool redacted = false;
    bool open = true;
  };
  struct Source {
    std::string url;
    std::string title;
    std::string quoted;
    std::int64_t start = -1;
    std::int64_t end = -1;
  };
  struct Choice {
    std::vector<Block> blocks;  ///< by index
    std::vector<Source> sources;
    bool finished = false;
    FinishReason reason = FinishReason::unspecified;
    std::string native;
    std::string stop_sequence;

    bool has_tool_calls() const {
      for (const Block& block : blocks)
        if (block.kind == BlockKind::tool_call) return true;
      return false;
    }
    FinishReason finish() const { return finish_told(reason, has_tool_calls()); }
  };

  bool begun = false;
  std::string id;
  std::string model;
  std::int64_t created = 0;
  std::vector<Choice> choices;  ///< by choice
  Usage usage;
};

/// Collects. Stops at its bound or at a fault: what came after is not in the answer.
class Collector {
 public:
  /// `most_bytes`: of all texts together.
  explicit Collector(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  void take(std::span<const Event> events);

  const Answer& answer() const { return answer_; }
  Answer& answer() { return answer_; }
  /// Memory that the texts take, about.
  std::size_t bytes() const { return bytes_; }
  bool too_large() const { return too_large_; }
  bool failed() const { return failed_; }

 private:
  void take(const Event& event);
  void append(std::string& text, Bytes more);
  Answer::Choice* choice(std::uint32_t index);

  Answer answer_;
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  bool too_large_ = false;
  bool failed_ = false;
};

}  // namespace weir::dialect
