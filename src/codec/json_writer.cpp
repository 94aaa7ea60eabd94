#include "weir/codec/json_writer.h"

#include <charconv>
#include <cmath>

#include "weir/base/assert.h"
#include "weir/codec/json_reader.h"

namespace weir::codec {

namespace {

constexpr Bytes kReplacement = "\\ufffd";

/// True when nothing of `text` needs to be escaped or checked. Without a branch per byte, so that the compiler makes
/// vector code of it: nearly every text that weir writes is plain.
bool is_plain(Bytes text) {
  unsigned special = 0;
  for (const char c : text)
    special |= static_cast<unsigned>(c < 0x20) | static_cast<unsigned>(c == '"') | static_cast<unsigned>(c == '\\');
  return special == 0;  // bytes from 0x80 on are negative
}

/// Puts `text` through `put` with everything escaped that must not stand in a JSON string.
template <class Put>
void escape(Bytes text, Put&& put) {
  std::size_t run = 0;
  std::size_t at = 0;
  const auto replace = [&](Bytes by) {
    if (at > run) put(text.substr(run, at - run));
    put(by);
    run = ++at;
  };
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      replace("\\\"");
    } else if (c == '\\') {
      replace("\\\\");
    } else if (c == '\n') {
      replace("\\n");
    } else if (c == '\r') {
      replace("\\r");
    } else if (c == '\t') {
      replace("\\t");
    } else if (c >= 0 && c < 0x20) {
      constexpr char kDigits[] = "0123456789abcdef";
      const char code[] = {'\\', 'u', '0', '0', kDigits[c >> 4], kDigits[c & 15]};
      replace(Bytes(code, sizeof code));
    } else if (c < 0) {
      const std::size_t length = utf8_sequence_length(text.substr(at));
      if (length == 0) {
        replace(kReplacement);
      } else {
        at += length;
      }
    } else {
      ++at;
    }
  }
  if (at > run) put(text.substr(run, at - run));
}

}  // namespace

void append_json_escaped(std::string& out, Bytes text) {
  if (is_plain(text)) return void(out += text);
  escape(text, [&out](Bytes part) { out += part; });
}

void JsonWriter::put(Bytes text) {
  if (string_) {
    *string_ += text;
    return;
  }
  if (overflowed_ || text.size() > buffer_.size() - used_) {
    overflowed_ = true;
    return;
  }
  text.copy(buffer_.data() + used_, text.size());
  used_ += text.size();
}

void JsonWriter::put_escaped(Bytes text) {
  if (is_plain(text)) return put(text);
  escape(text, [this](Bytes part) { put(part); });
}

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  const std::uint64_t bit = std::uint64_t{1} << depth_;
  if (filled_ & bit) {
    WEIR_ASSERT(depth_ > 0, "a JSON text is one value");
    put(",");
  }
  filled_ |= bit;
}

void JsonWriter::open(char bracket) {
  separate();
  WEIR_ASSERT(depth_ < kMaxDepth, "JSON written by weir is not deep");
  ++depth_;
  filled_ &= ~(std::uint64_t{1} << depth_);
  put(Bytes(&bracket, 1));
}

void JsonWriter::close(char bracket) {
  WEIR_ASSERT(depth_ > 0 && !after_key_, "every bracket closes one that was opened");
  --depth_;
  put(Bytes(&bracket, 1));
}

JsonWriter& JsonWriter::begin_object() { return open('{'), *this; }
JsonWriter& JsonWriter::end_object() { return close('}'), *this; }
JsonWriter& JsonWriter::begin_array() { return open('['), *this; }
JsonWriter& JsonWriter::end_array() { return close(']'), *this; }

JsonWriter& JsonWriter::key(Bytes name) {
  separate();
  put("\"");
  put_escaped(name);
  put("\":");
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::string(Bytes text) {
  separate();
  put("\"");
  put_escaped(text);
  put("\"");
  return *this;
}

JsonWriter& JsonWriter::escaped_string(Bytes inside) {
  separate();
  put("\"");
  put(inside);
  put("\"");
  return *this;
}

JsonWriter& JsonWriter::raw(Bytes json) {
  separate();
  put(json);
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
  char digits[20];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  return raw(Bytes(digits, static_cast<std::size_t>(result.ptr - digits)));
}

JsonWriter& JsonWriter::unsigned_integer(std::uint64_t value) {
  char digits[20];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  return raw(Bytes(digits, static_cast<std::size_t>(result.ptr - digits)));
}

JsonWriter& JsonWriter::number(double value) {
  if (!std::isfinite(value)) return null();
  char digits[32];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  return raw(Bytes(digits, static_cast<std::size_t>(result.ptr - digits)));
}

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }
JsonWriter& JsonWriter::null() { return raw("null"); }

}  // namespace weir::codec
