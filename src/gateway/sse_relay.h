// The passthrough lane of a stream: which bytes of a received part go to the client, and what they said.
//
// Only whole frames are passed on. The tail of a frame that has not ended is held (as a slice of its chunk, nothing is
// copied for the client), so that a broken connection never leaves half an event behind. The tap reads every whole
// frame; the usage frame that only weir asked for is taken out. In the usual case, a part that holds whole frames and
// nothing to take out, the part is passed on as it was received.
//
// A frame larger than kMaxHeldBytes is let through piece by piece. A copy is kept for the tap, up to kMaxReadBytes and
// as long as there is memory for it: the frame that ends a stream of the Responses repeats all of the answer, and a
// picture comes as one frame, perhaps with the finish in it.
// Pure: no socket, no clock. Memory between two parts: nothing, unless a frame is cut.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/codec/sse.h"
#include "weir/dialect/frame_memo.h"
#include "weir/dialect/registry.h"
#include "weir/io/buffer_pool.h"
#include "weir/net/body_reader.h"

namespace weir::gateway {

class SseRelay {
 public:
  static constexpr std::size_t kMaxHeldBytes = 64 * 1024;
  static constexpr std::size_t kMaxReadBytes = 4 << 20;

  /// What a part said, all its frames together.
  struct Facts {
    bool malformed = false;  ///< the data of the last frame read is no JSON
    bool data = false;       ///< some frame carried data; false for comments alone
    bool content = false;    ///< content among it
    bool finish = false;     ///< a choice finished
    bool fault = false;      ///< the provider reported an error; its frame is the last one passed on
    bool done = false;       ///< the end marker came; nothing after it is passed on
  };

  SseRelay(dialect::Dialect dialect, bool withhold_usage)
      : decoder_(dialect), dialect_(dialect), withhold_usage_(withhold_usage) {}

  /// Reads a part. Afterwards pass() hands over what is to be sent of it.
  Facts read(const net::BodyPart& part);
  /// True when the part just read can go to the client untouched.
  bool untouched() const { return untouched_; }
  /// The slices to be sent, in order, when it cannot; the caller takes them.
  std::vector<io::Chunk>& pass() { return pieces().pass; }
  /// The same of a part that may be untouched.
  std::vector<io::Chunk>& pass(const net::BodyPart& part);

  /// The provider ended the body properly. A last frame without its blank line still counts; true when there was one:
  /// pass() then holds it, and a blank line has to follow.
  bool finish();

  /// At the same moment, of a body that has brought nothing meaningful: what its tail is, a frame without its blank
  /// line. An error is error_payload() then. `meant`: content, an end; or it could not be looked at.
  enum class Tail : std::uint8_t { nothing, meant, fault };
  Tail judge_tail();

  /// The answer is complete in the eyes of a client. Where the last frame was not read, the proper end of the body is
  /// believed.
  bool complete() const { return decoder_.complete() || (blind_ && decoder_.done()) || unread_end_; }
  bool done() const { return decoder_.done(); }
  /// Part of an oversize frame has been let through and its end has not come.
  bool inside_frame() const { return oversize_; }
  /// The last line end of the end marker (or of the provider's error) was cut in half (CR, then LF), and only its
  /// first half has been passed on.
  bool owes_line_feed() const { return ended_ && owes_line_feed_; }
  /// Memory that the beginning of a frame takes: buffers, and a copy of its bytes.
  std::size_t tail_buffers() const { return pieces_ ? pieces_->held.size() : 0; }
  std::size_t tail_bytes() const { return held_bytes_ + 2 * copied_bytes_; }
  /// Moves the tail into `chunk`, if that is large enough, so that it pins one buffer.
  void pack_tail(io::Chunk chunk);
  /// After read(): lets the tail through as it is, like that of an oversize frame, because there is no memory for it;
  /// nor for a copy of it.
  void let_go();
  const dialect::Decoder& decoder() const { return decoder_; }
  /// The provider's error frame, as JSON, after Facts::fault.
  Bytes error_payload() const { return pieces_ ? Bytes(pieces_->error) : Bytes(); }
  /// What it says, after Facts::fault or Tail::fault. The decoder's own report is of a frame that may be gone.
  const dialect::FaultReport& error() const { return pieces_->report; }

 private:
  /// Reads one whole frame that lies in one piece; false when it is to be taken out.
  bool inspect(Bytes frame, Facts& facts);
  bool inspect(const codec::SseFrame& fields, Facts& facts);
  [[gnu::cold, gnu::noinline]] void keep_error(Bytes payload);
  void hold(const io::Chunk& chunk, Bytes tail);
  void end_oversize(Bytes piece, Facts& facts);
  /// More of an oversize frame, for the tap.
  void copy(Bytes more);
  void forget_copy();
  /// The end of what was held: passed on, or taken out.
  void take_held(bool keep);

  codec::SseScanner scanner_;
  dialect::Decoder decoder_;
  dialect::FrameMemo memo_;
  dialect::Dialect dialect_;
  bool withhold_usage_;
  bool untouched_ = true;
  bool oversize_ = false;     // inside a frame too large to be held
  bool blind_ = false;        // some frame was not read
  bool unread_end_ = false;   // nor was the last one
  bool ended_in_cr_ = false;  // the last frame did, at the end of its payload: a LF may follow
  bool owes_line_feed_ = false;
  bool kept_ = true;    // the last frame was passed on
  bool ended_ = false;  // after the end marker or an error nothing is passed on
  /// What only a stream needs that does not come in whole frames: made when it is first needed.
  struct Pieces {
    std::vector<io::Chunk> held;  // the beginning of a frame that was cut...
    std::string cut;              // ...and a copy of it for the tap, in one piece
    std::vector<io::Chunk> pass;
    std::string scratch;          // of a frame with data in several lines
    std::string error;            // the provider's error...
    dialect::FaultReport report;  // ...and what it says, as views of it
  };
  Pieces& pieces() {
    if (!pieces_) pieces_ = std::make_unique<Pieces>();
    return *pieces_;
  }
  std::uint32_t held_bytes_ = 0;    // in pieces_->held, and in cut
  std::uint32_t copied_bytes_ = 0;  // of an oversize frame, in cut
  std::unique_ptr<Pieces> pieces_;
};

}  // namespace weir::gateway
