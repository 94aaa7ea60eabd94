#include "weir/codec/json_writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "weir/base/assert.h"
#include "weir/codec/json_reader.h"

namespace weir::codec {

namespace {

constexpr Bytes kReplacement = "\\ufffd";

/// Whether a byte needs to be escaped or checked; those from 0x80 on are negative.
bool is_special(char c) { return c < 0x20 || c == '"' || c == '\\'; }

/// True when nothing of `text` is special: nearly every text that weir writes is plain. Many bytes at once, the last of
/// them perhaps twice.
bool is_plain(Bytes text) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
#ifdef __SSE2__
  const auto special = [](__m128i bytes) {
    const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i escape = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return _mm_or_si128(low, _mm_or_si128(quote, escape));
  };
  const auto sixteen = [](const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); };
  const auto eight = [](const char* p) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)); };
  if (text.size() >= 16) {
    __m128i found = special(sixteen(end - 16));
    for (const char* p = begin; end - p > 16; p += 16) found = _mm_or_si128(found, special(sixteen(p)));
    return _mm_movemask_epi8(found) == 0;
  }
  if (text.size() >= 8) return _mm_movemask_epi8(special(_mm_unpacklo_epi64(eight(begin), eight(end - 8)))) == 0;
#endif
  return std::none_of(begin, end, is_special);
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

void assign_json_string(std::string& out, Bytes text) {
  if (is_plain(text)) {
    const std::size_t size = text.size() + 2;
    // (What the function is told of the size is not the same in every library.)
    out.resize_and_overwrite(size, [=](char* bytes, std::size_t) {
      bytes[0] = bytes[size - 1] = '"';
      text.copy(bytes + 1, text.size());
      return size;
    });
    return;
  }
  out = "\"";
  append_json_escaped(out, text);
  out += '"';
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
