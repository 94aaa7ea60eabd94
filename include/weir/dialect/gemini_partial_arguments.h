// Arguments of a function call that Vertex streams (streamFunctionCallArguments): pieces, each a JSON path and a value
// or part of a string, become fragments of the JSON text of the arguments. The text grows from left to right, so the
// pieces must come in the order in which the object is written, and so they do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "weir/base/bytes.h"

namespace weir::dialect::gemini {

class PartialArguments {
 public:
  static constexpr std::size_t kMaxDepth = 32;
  static constexpr std::size_t kMaxPathSize = 1024;
  /// What one piece can add beside its own path and value, in bytes: brackets, quotes, separators, all escaped.
  static constexpr std::size_t kMaxOverhead = 16 * kMaxDepth;

  /// One value. A string's `value` is the inside of the JSON string, any other value is raw JSON.
  struct Piece {
    Bytes path;  ///< `$.a.b[0]`, still escaped
    Bytes value;
    bool is_string = false;
    bool more = false;  ///< the string goes on with the next piece of the same path
  };

  /// Appends what the piece adds to the arguments, as the inside of a JSON string. False, and nothing appended, when
  /// the path cannot be read.
  bool add(const Piece& piece, std::string& out);
  /// Appends what closes the arguments; nothing when no piece came.
  void close(std::string& out);
  bool begun() const { return depth_ > 0; }
  void reset() { depth_ = 0, string_open_ = false; }

 private:
  struct Segment {
    std::size_t offset = 0;  // in path_
    std::size_t size = 0;
    bool is_index = false;
  };
  using Segments = std::array<Segment, kMaxDepth>;

  static std::size_t parse(Bytes path, Segments& segments);
  void close_to(std::size_t depth, std::string& out);

  std::string path_;  // of the last piece
  Segments segments_{};
  std::size_t depth_ = 0;  // segments of the last piece; 0: nothing came yet
  bool string_open_ = false;
};

/// Appends JSON as the inside of a JSON string, without the white space between its tokens. `json` must be valid. Adds
/// at most twice its size.
void append_as_text(std::string& out, Bytes json);
/// Appends the inside of a JSON string as the inside of a JSON string that holds that string. At most twice its size.
void append_escapes(std::string& out, Bytes inside);

}  // namespace weir::dialect::gemini
