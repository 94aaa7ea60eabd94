// The chunked transfer coding (RFC 9112 7.1): an incremental decoder without a buffer, and the line that begins a
// chunk.
//
// Bodies arrive in any cuts; the payloads handed out are views into the input, so nothing is copied. The concatenation
// of the payloads, the place of the end and the fault depend on the bytes alone, never on the cuts. Strict: CRLF only,
// hexadecimal sizes only. Extensions and trailers are checked, bounded and thrown away.
#pragma once

#include <cstdint>

#include "weir/base/bytes.h"
#include "weir/base/fault.h"
#include "weir/codec/sender.h"

namespace weir::codec {

/// Largest single chunk (1 TiB). Limits of whole bodies are the caller's.
inline constexpr std::uint64_t kMaxChunkBytes = std::uint64_t{1} << 40;
/// Extension bytes of one chunk line, and of all chunk lines of a body.
inline constexpr std::size_t kMaxChunkExtensionBytes = 256;
inline constexpr std::size_t kMaxTotalExtensionBytes = 16 * 1024;
/// Bytes of all trailer lines of a body.
inline constexpr std::size_t kMaxTrailerBytes = 8 * 1024;
/// What write_chunk_header() writes at most: 16 digits, CR, LF.
inline constexpr std::size_t kMaxChunkHeaderBytes = 18;
/// Ends a chunk's payload, and ends a body after that.
inline constexpr Bytes kChunkEnd = "\r\n";
inline constexpr Bytes kLastChunk = "0\r\n\r\n";

class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(Sender sender) : sender_(sender) {}

  struct Step {
    std::size_t consumed;  ///< bytes of the input that are dealt with: the payload, and the end of its chunk if there
    Bytes payload;         ///< view into the input; may be empty
    bool done;             ///< the body is complete; bytes after `consumed` belong to the next message
  };

  /// Goes on until the first run of payload, the end of the body or the end of the input: so a step without payload
  /// that is not done has consumed everything. Call again with the rest. Fault: chunk_malformed or upstream_malformed;
  /// it stays. After `done` nothing is consumed any more.
  Result<Step> next(Bytes input);

  /// The payload of `input` when that is, as it lies there, exactly one chunk in the plainest framing (no extension, no
  /// leading zeros) and not the last one, and the decoder stands before a chunk; it stands so again afterwards. Else
  /// nothing, and next() has to look. How a stream usually arrives.
  Bytes whole_chunk(Bytes input) const;

  bool done() const { return state_ == State::done; }
  /// The next byte begins a chunk line: everything so far was whole chunks.
  bool between_chunks() const { return state_ == State::size && digits_ == 0; }
  void reset() { *this = ChunkedDecoder(sender_); }

 private:
  // size -> (size_space | extension) -> size_lf -> data -> data_cr -> data_lf -> size ...
  // size_lf of a chunk of 0 bytes -> trailer_start -> (trailer_name -> trailer_value -> trailer_lf -> trailer_start)*
  //   -> end_lf -> done; anything unexpected -> broken
  enum class State : std::uint8_t {
    size,
    size_space,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done,
    broken,
  };

  bool step(char c);  // one byte of anything but payload; false = malformed
  // Shortcuts: each takes what step() would take, byte by byte, when all of it has arrived, and returns its length;
  // else it changes nothing and returns 0.
  std::size_t skip_chunk_end(Bytes input);   ///< the line end behind a payload
  std::size_t skip_plain_line(Bytes input);  ///< a chunk line without extension
  bool on_size(char c);
  bool on_extension(char c);
  bool on_trailer(char c);

  Sender sender_;
  State state_ = State::size;
  std::uint8_t digits_ = 0;
  std::uint16_t line_extension_ = 0;
  std::uint16_t total_extension_ = 0;
  std::uint16_t trailer_ = 0;
  std::uint64_t left_ = 0;  // the size while it is read, then the payload bytes to come
};

/// Writes "<hex size>CRLF" and returns its length, at most kMaxChunkHeaderBytes.
std::size_t write_chunk_header(std::uint64_t size, char* out);

}  // namespace weir::codec
