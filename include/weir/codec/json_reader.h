// A strict pull cursor over JSON in contiguous bytes (RFC 8259). Allocates nothing, needs no padding behind the text,
// and validates every byte it walks over, skipped values included: strings (escapes, control bytes, UTF-8), number
// grammar, literals, nesting. Strings come out as views with their escapes.
//
// Errors stick: after the first one every call does nothing and says false, so a caller may ask ok() once at its end.
//
//   JsonReader json(text);
//   JsonString key;
//   if (json.enter_object())
//     while (json.next_member(key)) {
//       if (key.is("model")) json.read_string(model); else json.skip_value();   // exactly one value per member
//     }
//   if (!json.finish()) ...                                                     // malformed, or more text behind
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "weir/base/bytes.h"

namespace weir::codec {

/// The inside of a JSON string, without its quotes. A view into the text.
struct JsonString {
  Bytes raw;
  bool escaped = false;  ///< `raw` holds at least one backslash

  /// True when the decoded string equals `text`. Exact also for keys written with escapes, which are a way to smuggle
  /// a second "model" past a reader that compares raw bytes.
  template <std::size_t N>
  bool is(const char (&text)[N]) const {
    if (raw.size() == N - 1 && !escaped && std::memcmp(raw.data(), text, N - 1) == 0) return true;
    return escaped && equals_decoded(Bytes(text, N - 1));
  }
  bool is(Bytes text) const { return escaped ? equals_decoded(text) : raw == text; }
  bool empty() const { return raw.empty(); }

 private:
  bool equals_decoded(Bytes text) const;
};

/// Writes the decoded string piece by piece: calls append(Bytes) for every run, false from it ends the decoding.
/// Escaped surrogates without a partner become U+FFFD. `raw` must have been validated by a JsonReader.
bool decode_json_string(Bytes raw, bool (*append)(void* receiver, Bytes part), void* receiver);

/// Length of the UTF-8 sequence that `text` (not empty) begins with, 1 to 4 bytes; 0 when it is malformed, overlong, a
/// surrogate or beyond U+10FFFF (Unicode 15, table 3-7).
std::size_t utf8_sequence_length(Bytes text);

enum class JsonType : std::uint8_t { object, array, string, number, boolean, null, none };

class JsonReader {
 public:
  /// Deepest nesting of objects and arrays.
  static constexpr int kMaxDepth = 128;

  /// `text` must outlive the reader and everything read from it.
  explicit JsonReader(Bytes text) : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  /// What the next value is; none at the end of the text and at bytes that begin no value.
  JsonType peek();

  /// Consumes `{`. False (and failed) when the next value is no object.
  bool enter_object() { return enter('{'); }
  /// Reads the next key and its colon; the caller then consumes exactly one value. False after the closing brace.
  bool next_member(JsonString& key);
  /// Consumes `[`. False (and failed) when the next value is no array.
  bool enter_array() { return enter('['); }
  /// True when another element follows, which the caller then consumes. False after the closing bracket.
  bool next_element();

  /// Walks over one value of any kind.
  bool skip_value();
  /// The same, giving the value's text.
  bool raw_value(Bytes& raw);
  /// Reads a string; any other type fails.
  bool read_string(JsonString& string);
  /// Reads a string if one is next, otherwise skips the value and leaves `string` alone. False when it was no string.
  bool string_or_skip(JsonString& string);
  /// Reads an unsigned whole number if one is next, otherwise skips the value and gives nothing.
  std::optional<std::uint64_t> unsigned_or_skip();
  /// Reads `true` or `false`; any other type fails.
  bool read_boolean(bool& value);

  /// True when everything was read without an error and only white space is left.
  bool finish();

  bool ok() const { return error_ == Error::none; }
  bool too_deep() const { return error_ == Error::too_deep; }
  /// Offset of the next unread byte. After peek() it is that of the next value.
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

 private:
  enum class Error : std::uint8_t { none, malformed, too_deep };

  bool fail(Error error = Error::malformed) {
    if (error_ == Error::none) error_ = error;
    at_ = end_;
    return false;
  }
  /// The next byte that is not white space, 0 at the end (a NUL in the text begins no value either).
  char next_byte() {
    if (at_ != end_ && static_cast<unsigned char>(*at_) > ' ') [[likely]]
      return *at_;
    return next_byte_slow();
  }
  char next_byte_slow();
  bool next_member_slow(JsonString& key);
  std::optional<std::uint64_t> unsigned_or_skip_slow();
  bool enter(char bracket) {
    if (next_byte() != bracket) return fail();
    if (++depth_ > kMaxDepth) return fail(Error::too_deep);
    ++at_;
    fresh_ = true;
    return true;
  }
  bool leave() {
    ++at_;
    --depth_;
    fresh_ = false;
    return false;
  }
  template <bool ascii>
  static std::uint32_t stops_plain(const char* p);
  template <bool ascii>
  const char* skip_plain(const char* from) const;
  /// Goes on to the first block of 64 bytes, counted from `from`, that holds a byte skip_plain() stops at, or as far as
  /// there are whole blocks; may stop earlier.
  static const char* skip_plain_blocks(const char* from, const char* end, bool ascii);
  bool scan_string(JsonString& string);
  bool scan_string_slow(const char* from, const char* start, JsonString& string);
  bool scan_number();
  bool scan_literal(const char* word, std::size_t size);
  bool scan_scalar(char first);
  bool skip_container();

  const char* begin_;
  const char* at_;
  const char* end_;
  int depth_ = 0;
  bool fresh_ = false;  // a container was just entered: no comma before its first member
  bool utf8_ = false;   // all that is left of the text is known to be UTF-8
  Error error_ = Error::none;
};

// ---- The parts that a stream payload spends its time in.

#if defined(__SSE2__)
/// Which of the sixteen bytes at `p` skip_plain() stops at.
template <bool ascii>
inline std::uint32_t JsonReader::stops_plain(const char* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  // Compared with their sign, bytes from 0x80 on are low as well.
  const __m128i low = ascii ? _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20))
                            : _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i escape = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, escape))));
}
#endif

/// First byte from `from` on that is a quote, a backslash, a control byte or (with `ascii`) not ASCII; end_ when there
/// is none.
template <bool ascii>
inline const char* JsonReader::skip_plain(const char* from) const {
#if defined(__SSE2__)
  const auto stops = [](const char* p) { return stops_plain<ascii>(p); };
  if (end_ - from >= 16) {  // keys and short values end here
    if (const std::uint32_t mask = stops(from)) return from + std::countr_zero(mask);
    from += 16;
  }
  if (end_ - from >= 64) from = skip_plain_blocks(from, end_, ascii);
  while (end_ - from >= 16) {
    if (const std::uint32_t mask = stops(from)) return from + std::countr_zero(mask);
    from += 16;
  }
  if (end_ - begin_ >= 16) {  // the last bytes, by a load that ends with the text
    const auto left = end_ - from;
    const std::uint32_t mask = stops(end_ - 16) >> (16 - left);
    return mask ? from + std::countr_zero(mask) : end_;
  }
#endif
  while (from != end_ && (*from >= 0x20 || (!ascii && *from < 0)) && *from != '"' && *from != '\\') ++from;
  return from;
}

inline bool JsonReader::scan_string(JsonString& string) {
  const char* const start = at_ + 1;
  const char* const stop = skip_plain<true>(start);
  if (stop == end_ || *stop != '"') [[unlikely]]
    return scan_string_slow(stop, start, string);
  string.raw = Bytes(start, static_cast<std::size_t>(stop - start));
  string.escaped = false;
  at_ = stop + 1;
  return true;
}

/// As machines write it: no white space, a short key without escapes. Anything else goes the ordinary way, which is a
/// function of its own: then this one needs no frame.
inline bool JsonReader::next_member(JsonString& key) {
#if defined(__SSE2__)
  if (end_ - at_ >= 20) {
    const char* const begin = at_ + (fresh_ ? 1 : 2);  // behind the quote
    if (begin[-1] == '"' && (fresh_ || *at_ == ',')) {
      const std::uint32_t mask = stops_plain<true>(begin);
      const char* const stop = begin + std::countr_zero(mask | 0x10000);
      if (*stop == '"' && stop[1] == ':') {
        key.raw = Bytes(begin, static_cast<std::size_t>(stop - begin));
        key.escaped = false;
        at_ = stop + 2;
        fresh_ = false;
        return true;
      }
    } else if (*at_ == '}') {
      return leave();
    }
  }
#endif
  return next_member_slow(key);
}

inline bool JsonReader::next_element() {
  const char c = next_byte();
  if (c == ']') return leave();
  if (!fresh_) {
    if (c != ',') return fail();
    ++at_;
    if (next_byte() == ']') return fail();
  }
  fresh_ = false;
  return ok();
}

inline bool JsonReader::read_string(JsonString& string) {
  if (next_byte() != '"') return fail();
  return scan_string(string);
}

inline bool JsonReader::string_or_skip(JsonString& string) {
  if (next_byte() == '"') return scan_string(string);
  skip_value();
  return false;
}

inline bool JsonReader::skip_value() {
  const char c = next_byte();
  if (c == '"') {
    JsonString ignored;
    return scan_string(ignored);
  }
  if (c == '{' || c == '[') return skip_container();
  return scan_scalar(c);
}

}  // namespace weir::codec
