// Any bytes as an event stream: the frames found must not depend on how the stream was cut. The first byte seeds the
// cuts.
#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/assert.h"
#include "weir/base/random.h"
#include "weir/codec/sse.h"

namespace {

using weir::Bytes;
using weir::codec::SseScanner;

/// All fields of all frames, as one text.
class Feeder {
 public:
  void feed(Bytes piece) {
    while (!piece.empty()) {
      const std::size_t end = scanner_.find_end(piece);
      if (end == SseScanner::npos) {
        pending_ += piece;
        return;
      }
      WEIR_ASSERT(end > 0 && end <= piece.size(), "a frame ends inside the input");
      pending_ += piece.substr(0, end);
      piece.remove_prefix(end);
      take();
    }
  }
  std::string finish() {
    take();
    return fields_;
  }

 private:
  void take() {
    const std::vector<char> exact(pending_.begin(), pending_.end());  // a block without slack, for the sanitizer
    const weir::codec::SseFrame frame = weir::codec::parse_sse_frame(Bytes(exact.data(), exact.size()), scratch_);
    WEIR_ASSERT(frame.has_data || frame.data.empty(), "data without a data line");
    if (frame.has_data || !frame.event.empty()) {
      fields_ += std::to_string(frame.event.size()) + ':' + std::string(frame.event);
      fields_ += frame.has_data ? std::to_string(frame.data.size()) + ':' + std::string(frame.data) : "-";
    }
    pending_.clear();
  }
  SseScanner scanner_;
  std::string pending_;
  std::string scratch_;
  std::string fields_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes stream(reinterpret_cast<const char*>(data + 1), size - 1);
  Feeder whole;
  whole.feed(stream);
  const std::string expected = whole.finish();

  weir::Random random(data[0]);
  for (const std::size_t longest : {1, 7, 40}) {
    Feeder cut;
    for (Bytes rest = stream; !rest.empty();) {
      const std::size_t piece = 1 + random.below(rest.size() < longest ? rest.size() : longest);
      cut.feed(rest.substr(0, piece));
      rest.remove_prefix(piece);
    }
    WEIR_ASSERT(cut.finish() == expected, "frames depend on the cuts");
  }
  return 0;
}
