// Appends JSON to a string or into a caller's buffer: error bodies, /v1/models, log lines. Commas are its business,
// correct nesting is the caller's (asserted). Nothing is allocated beyond what the string itself grows by.
#pragma once

#include <cstdint>
#include <string>

#include "weir/base/bytes.h"

namespace weir::codec {

/// Appends `text` as the inside of a JSON string, without the quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_escaped(std::string& out, Bytes text);
/// Makes `out` a JSON string of `text`, with its quotes.
void assign_json_string(std::string& out, Bytes text);

class JsonWriter {
 public:
  static constexpr int kMaxDepth = 63;

  /// Appends to `out`, which must outlive the writer.
  explicit JsonWriter(std::string& out) : string_(&out) {}
  /// Writes into `buffer` and never beyond it; see overflowed().
  explicit JsonWriter(MutableBytes buffer) : buffer_(buffer) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  /// Name of the next member.
  JsonWriter& key(Bytes name);

  JsonWriter& string(Bytes text);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& unsigned_integer(std::uint64_t value);
  /// Shortest form that reads back as the same number; null when it is not finite.
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  /// A value that is JSON already.
  JsonWriter& raw(Bytes json);
  /// A string whose inside is escaped already (what JsonString::raw holds).
  JsonWriter& escaped_string(Bytes inside);

  /// key() and a value in one.
  JsonWriter& member(Bytes name, Bytes text) { return key(name).string(text); }

  /// True when a caller's buffer was too small; what it holds is then cut off and not JSON.
  bool overflowed() const { return overflowed_; }
  /// What has been written into a caller's buffer.
  Bytes written() const { return {buffer_.data(), used_}; }

 private:
  void put(Bytes text);
  void separate();
  void open(char bracket);
  void close(char bracket);
  void put_escaped(Bytes text);

  std::string* string_ = nullptr;
  MutableBytes buffer_;
  std::size_t used_ = 0;
  std::uint64_t filled_ = 0;  // one bit per depth: the container has a member, so the next one needs a comma
  int depth_ = 0;
  bool after_key_ = false;
  bool overflowed_ = false;
};

}  // namespace weir::codec
