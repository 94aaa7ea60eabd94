// Server-sent events, as bytes: where a frame ends, and what its fields are.
//
// SseScanner finds frame ends in bytes that arrive in any cuts, keeping a few bits between calls; it owns no bytes.
// parse_sse_frame reads one complete frame. Format: WHATWG HTML, section 9.2 (server-sent events).
//
// Invariant: the fields of the frames found do not depend on how the stream was cut.
#pragma once

#include <cstddef>
#include <string>

#include "weir/base/bytes.h"

namespace weir::codec {

/// Finds the ends of frames. Lines end in LF, CRLF or CR, mixed freely; a blank line ends a frame.
///
/// A frame that ends in a CR at the very end of the input ends there: waiting for a possible LF would hold the frame
/// back. Should the next input then begin with that LF, it becomes the first byte of the next frame, where the scanner
/// and parse_sse_frame both ignore it. A byte order mark at the start of a stream needs no care here: at worst the
/// blank line after it joins the next frame, which has the same fields then.
class SseScanner {
 public:
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  /// Offset one past the blank line that ends the first frame ending in `input`, or npos when none does. `input` is
  /// what follows the bytes of the previous call: after a find the rest of the same input, after npos new bytes.
  std::size_t find_end(Bytes input);
  /// After a find: the frame's only line, a view into its input, when there is just one and it ended in LF LF, as
  /// nearly all do: such a frame need not be searched for line ends again. Else nothing.
  Bytes only_line() const { return only_line_; }

  void reset() { *this = SseScanner(); }

 private:
  bool at_line_start_ = true;  // nothing of the current line has been seen
  bool swallow_lf_ = false;    // the input ended in a CR that ended a line; a LF now belongs to it
  bool inside_ = false;        // the frame began in an earlier input
  Bytes only_line_;
};

/// The fields of one frame. Views into the frame, or into the scratch string when data came in several lines.
struct SseFrame {
  Bytes event;  ///< value of the last `event:` line; empty when there is none
  Bytes data;   ///< the `data:` lines joined with LF
  bool has_data = false;
};

/// Reads a frame (with or without its blank line). Comments, id, retry and unknown fields are ignored, and so are
/// empty lines. A byte order mark in front of the first line that is not empty is skipped. `scratch` is used only for
/// data in several lines and never grows beyond the size of the frame.
SseFrame parse_sse_frame(Bytes frame, std::string& scratch);
/// The same for a frame that consists of one line, given without its end.
inline SseFrame parse_sse_line(Bytes line) {
  constexpr Bytes kData = "data:";
  if (!line.starts_with(kData)) {
    std::string none;
    return parse_sse_frame(line, none);  // with one line nothing is joined
  }
  line.remove_prefix(kData.size());
  if (line.starts_with(' ')) line.remove_prefix(1);
  return {.event = {}, .data = line, .has_data = true};
}

/// Offset of the first LF or CR at or after `from`, or text.size().
std::size_t find_line_end(Bytes text, std::size_t from);

}  // namespace weir::codec
