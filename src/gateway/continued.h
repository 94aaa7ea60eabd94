// An answer of several parts, each from another provider, as one stream of events (`after_commit: stitch`): the text
// goes on in the block in which it stopped, nothing is told twice, and usage is that of all parts together.
//
// The first part passes as it is and is written down: whether it may be continued (it is nothing but text, and
// thoughts that have ended), and its text. After resume() the events of the next part are made to fit behind it:
//
//   begin        was told
//   text         the first block of it goes on in the block that is open; what it repeats is taken out: all of the text
//                so far, where the provider does that, and the white space at its end, which the provider was not given
//   reasoning    is left out: the client has had its share, and it would stand in the middle of the text
//   others       follow in blocks of their own; a seal over a call and the provider's own word for the finish are left
//                out, because they would be taken for the first provider's
//   usage        of the parts before is added
//
// Pure. What it holds is bounded (kMostSaid) and told (bytes()), so that its owner can reserve it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weir/dialect/event.h"

namespace weir::gateway {

class Continued {
 public:
  /// An answer with more text is not continued.
  static constexpr std::size_t kMostSaid = 256 * 1024;

  /// What the client gets of the events of one payload; valid until the next call, and as long as they are.
  std::span<const dialect::Event> take(std::span<const dialect::Event> events);
  /// A delta of the same block as the last one that take() gave, told without take().
  void repeat(const dialect::BlockDelta& delta);

  /// What was told so far is a beginning that somebody else can go on with.
  bool can_go_on() const { return !is_over_ && open_thoughts_ == 0; }
  /// The text so far, escaped, without the white space at its end. Valid until the next event.
  Bytes said() const;
  /// The next part follows. `spent`: what the last part has told of its usage. `repeats`: the next part begins with
  /// said() once more.
  void resume(const dialect::Usage& spent, bool repeats);
  /// There is no memory for the text: the answer is not continued.
  void give_up();
  std::size_t bytes() const { return said_.capacity() + held_.capacity(); }

 private:
  void watch(const dialect::Event& event);
  void fit(const dialect::Event& event);
  void fit(const dialect::BlockBegin& begin);
  void fit(const dialect::BlockDelta& delta);
  void fit(const dialect::BlockEnd& end);
  void end_carried();
  void say(Bytes text);
  Bytes without_repetition(Bytes text);
  Bytes without_text(Bytes text);

  bool is_over_ = false;      // nobody can go on with it
  std::uint32_t blocks_ = 0;  // that the client knows
  std::uint32_t open_thoughts_ = 0;
  std::optional<std::uint32_t> open_text_;  // the block, as the client counts
  std::string said_;

  // Of a part that is not the first.
  bool is_rest_ = false;
  bool is_carried_ = false;  // the open text is of the part before, and nothing of this part goes into it
  std::vector<std::optional<std::uint32_t>> blocks_told_;  // by the provider's index; none: left out
  dialect::Usage spent_;                                   // by the parts before
  enum class Repeats : std::uint8_t { text, space, nothing };
  Repeats repeats_ = Repeats::nothing;
  std::size_t given_ = 0;     // of said_, that the provider was given: without the white space at its end
  std::size_t repeated_ = 0;  // of said_, that has come again
  std::string held_;          // what may be the repetition
  std::vector<dialect::Event> kept_;
};

}  // namespace weir::gateway
