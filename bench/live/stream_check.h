// Follows one SSE stream of the mock provider: cuts the frames, hands out the clock of each content frame, and knows at
// the end whether every frame came once, in order and unchanged; or, where a gateway writes its own frames, whether
// every text did.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire.h"

namespace bench {

class StreamCheck {
 public:
  explicit StreamCheck(bool meaning_only = false) : meaning_only_(meaning_only) {}

  void begin() {
    partial_.clear();
    hash_ = kHashStart;
    contents_ = 0;
    done_ = changed_ = false;
  }

  /// `on_content(clock_ns)` is called per content frame, in order.
  template <class OnContent>
  void feed(std::string_view bytes, ContentFrame& shape, OnContent&& on_content) {
    if (!partial_.empty()) {
      // Only the frame that was cut needs the copy; what follows is read in place.
      const std::size_t before = partial_.size();
      partial_.append(bytes);
      const std::size_t end = partial_.find("\n\n", before - 1);
      if (end == std::string::npos) return;
      take(std::string_view(partial_).substr(0, end + 2), shape, on_content);
      bytes.remove_prefix(end + 2 - before);
      partial_.clear();
    }
    for (;;) {
      const std::size_t end = bytes.find("\n\n");
      if (end == std::string_view::npos) break;
      take(bytes.substr(0, end + 2), shape, on_content);
      bytes.remove_prefix(end + 2);
    }
    partial_.append(bytes);
  }

  std::uint32_t contents() const { return contents_; }
  bool whole_frames() const { return partial_.empty(); }
  std::uint64_t hash() const { return hash_; }
  /// Every text came in order, none was changed, and the stream said that it was over.
  bool meaning_kept() const { return done_ && !changed_; }

 private:
  template <class OnContent>
  void take(std::string_view frame, ContentFrame& shape, OnContent& on_content) {
    if (meaning_only_) return take_meaning(frame, shape, on_content);
    const bool content = frame.size() == shape.size() && frame.substr(shape.clock_at() - 2, 2) == "t=";
    hash_ = content ? hash_content(hash_, shape, frame) : hash_bytes(hash_, frame);
    if (!content) return;
    ++contents_;
    on_content(shape.clock_of(frame));
  }

  template <class OnContent>
  void take_meaning(std::string_view frame, ContentFrame& shape, OnContent& on_content) {
    if (done_) changed_ = true;
    if (frame == done_frame()) done_ = true;
    if (frame.find("\"t=") == std::string_view::npos) return;
    const std::int64_t clock = shape.clock_in(frame, contents_++);
    if (clock < 0) changed_ = true;
    on_content(clock);
  }

  bool meaning_only_;
  bool done_ = false;  // these two only where the meaning counts
  bool changed_ = false;
  std::string partial_;
  std::uint64_t hash_ = kHashStart;
  std::uint32_t contents_ = 0;
};

}  // namespace bench
