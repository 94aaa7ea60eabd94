// Which bytes may stand where in HTTP (RFC 9110 5.6, RFC 3986), as one table of bits.
// Also the questions the head parser asks of eight or sixteen bytes at once; without SSE2 eight at most.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "weir/base/bytes.h"

namespace weir::codec {

enum ByteClass : std::uint8_t {
  kToken = 1,   // tchar: names of fields and methods
  kValue = 2,   // field values and reasons: tab, space, visible, obs-text
  kTarget = 4,  // request targets: visible ASCII but '#'
  kHost = 8,    // registered names; narrower than RFC 3986: no sub-delims, for "a,b" in Host is two hosts to somebody
  kIpv6 = 16,   // inside the brackets of an IPv6 literal
};

inline constexpr std::array<std::uint8_t, 256> kByteClasses = [] {
  std::array<std::uint8_t, 256> table{};
  auto mark = [&table](Bytes bytes, std::uint8_t bits) {
    for (char c : bytes) table[static_cast<unsigned char>(c)] |= bits;
  };
  mark("0123456789", kToken | kHost | kIpv6);
  mark("abcdefABCDEF", kIpv6);
  mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", kToken | kHost);
  mark("!#$%&'*+-.^_`|~", kToken);
  mark("-._~%", kHost);
  mark(":.", kIpv6);
  mark("\t", kValue);
  for (unsigned c = 0x20; c < 0x100; ++c)
    if (c != 0x7f) table[c] |= kValue;
  for (unsigned c = 0x21; c < 0x7f; ++c)
    if (c != '#') table[c] |= kTarget;
  return table;
}();

constexpr bool is(char c, std::uint8_t byte_class) {
  return (kByteClasses[static_cast<unsigned char>(c)] & byte_class) != 0;
}

constexpr bool all(Bytes text, std::uint8_t byte_class) {
  for (char c : text)
    if (!is(c, byte_class)) return false;
  return true;
}

static_assert(std::endian::native == std::endian::little, "eight bytes at once: the first is the lowest");
inline constexpr std::uint64_t kOnes = 0x0101010101010101;
inline constexpr std::uint64_t kHighs = 0x8080808080808080;

template <class Word>
Word load(const char* p) {
  Word word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

/// Whether all of `text`, of at least eight bytes, are letters, digits, '-' and '.', as in nearly every name: those may
/// stand in a token and in a host alike. False also when that is not found out quickly.
inline bool is_plain_name(Bytes text) {
#ifdef __SSE2__
  const auto plain = [](__m128i x) {
    const auto within = [](__m128i value, char from, char span) {
      const __m128i offset = _mm_sub_epi8(value, _mm_set1_epi8(from));
      return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8(span)), offset);
    };
    const __m128i letter = within(_mm_or_si128(x, _mm_set1_epi8(0x20)), 'a', 25);
    const __m128i digit = within(x, '0', 9);
    const __m128i mark = within(x, '-', 1);  // and '.'
    return _mm_movemask_epi8(_mm_or_si128(letter, _mm_or_si128(digit, mark))) == 0xffff;
  };
  const char* p = text.data();
  const std::size_t size = text.size();
  if (size >= 8 && size < 16) {
    const auto eight = [](const char* from) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)); };
    return plain(_mm_unpacklo_epi64(eight(p), eight(p + size - 8)));
  }
  if (size >= 16) {
    const auto sixteen = [](const char* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); };
    bool all_plain = plain(sixteen(p + size - 16));
    for (std::size_t at = 0; all_plain && at + 16 < size; at += 16) all_plain = plain(sixteen(p + at));
    return all_plain;
  }
#endif
  return false;
}

/// all(text, kToken), quicker.
inline bool is_token(Bytes text) { return is_plain_name(text) || all(text, kToken); }

/// Does `text`, in any case, equal `known`, which consists of lower-case letters, digits and '-'? Eight bytes at once.
inline bool equals_known(Bytes text, Bytes known) {
  if (text.size() != known.size()) return false;
  // Bit 5 makes a letter lower case; it is set only where `known` has a letter (bit 6), or a CR would pass for a '-'.
  const auto differ = [](std::uint64_t x, std::uint64_t y) { return (x | (y & kOnes * 0x40) >> 1) != y; };
  const char* a = text.data();
  const char* b = known.data();
  std::size_t left = text.size();
  if (left >= 8) {
    for (; left > 8; a += 8, b += 8, left -= 8)
      if (differ(load<std::uint64_t>(a), load<std::uint64_t>(b))) return false;
    const std::size_t back = 8 - left;  // the last eight overlap what was compared
    return !differ(load<std::uint64_t>(a - back), load<std::uint64_t>(b - back));
  }
  if (left >= 4) {
    const std::size_t last = left - 4;
    return !differ(load<std::uint32_t>(a), load<std::uint32_t>(b)) &&
           !differ(load<std::uint32_t>(a + last), load<std::uint32_t>(b + last));
  }
  return equals_ignore_case(text, known);
}

/// The first byte in [p, end) that equals `c`, else end.
inline const char* find_byte(const char* p, const char* end, char c) {
#ifdef __SSE2__
  for (; end - p >= 16; p += 16) {
    const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const auto hit = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8(c))));
    if (hit != 0) return p + std::countr_zero(hit);
  }
#endif
  const std::uint64_t pattern = kOnes * static_cast<unsigned char>(c);
  for (; end - p >= 8; p += 8) {
    const std::uint64_t x = load<std::uint64_t>(p) ^ pattern;
    const std::uint64_t hit = (x - kOnes) & ~x & kHighs;  // the lowest set bit is exact, higher ones may be false
    if (hit != 0) return p + (std::countr_zero(hit) >> 3);
  }
  while (p != end && *p != c) ++p;
  return p;
}

/// Finds one byte value after the other place where it stands, sixteen bytes at once.
class ByteFinder {
 public:
  ByteFinder(const char* p, const char* end, char c) : next_(p), end_(end), c_(c) {}

  /// The next place, else end.
  const char* next() {
#ifdef __SSE2__
    while (mask_ == 0 && end_ - next_ >= 16) {
      const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(next_));
      mask_ = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8(c_))));
      block_ = next_;
      next_ += 16;
    }
    if (mask_ != 0) {
      const char* const found = block_ + std::countr_zero(mask_);
      mask_ &= mask_ - 1;
      return found;
    }
#endif
    while (next_ != end_ && *next_ != c_) ++next_;
    return next_ == end_ ? end_ : next_++;
  }

 private:
  const char* next_;
  const char* end_;
  const char* block_ = nullptr;
  unsigned mask_ = 0;
  char c_;
};

#ifdef __SSE2__
/// Which of the sixteen bytes at `p` may not stand in a field value: control bytes but tab.
inline unsigned refused_in_value(const char* p) {
  const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x);
  const __m128i refused = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('\t')), control),
                                       _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f)));
  return static_cast<unsigned>(_mm_movemask_epi8(refused));
}
#endif

/// The first byte in [p, end) that may not stand in a field value, else end.
inline const char* find_end_of_value(const char* p, const char* end) {
#ifdef __SSE2__
  for (; end - p >= 16; p += 16)
    if (const unsigned hit = refused_in_value(p); hit != 0) return p + std::countr_zero(hit);
#endif
  for (;;) {
    for (; end - p >= 8; p += 8) {
      const std::uint64_t x = load<std::uint64_t>(p);
      const std::uint64_t y = x ^ kOnes * 0x7f;
      const std::uint64_t hit = (((x - kOnes * 0x20) & ~x) | ((y - kOnes) & ~y)) & kHighs;  // below space, or DEL
      if (hit != 0) {
        p += std::countr_zero(hit) >> 3;
        break;
      }
    }
    while (p != end && is(*p, kValue) && *p != '\t') ++p;
    if (p == end || *p != '\t') return p;
    ++p;  // a tab is below space and allowed
  }
}

/// Whether all bytes may stand in a field value. The last sixteen are looked at together, some perhaps twice.
inline bool is_value(Bytes text) {
  const char* p = text.data();
  const char* const end = p + text.size();
#ifdef __SSE2__
  if (text.size() >= 16) {
    unsigned refused = refused_in_value(end - 16);
    for (; end - p > 16; p += 16) refused |= refused_in_value(p);
    return refused == 0;
  }
#endif
  return find_end_of_value(p, end) == end;
}

/// The first byte in [p, end) that may not stand in a request target, else end.
inline const char* find_end_of_target(const char* p, const char* end) {
#ifdef __SSE2__
  for (; end - p >= 16; p += 16) {
    const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i above_space = _mm_cmpgt_epi8(x, _mm_set1_epi8(0x20));  // signed: bytes from 0x80 are below
    const __m128i special = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f)), _mm_cmpeq_epi8(x, _mm_set1_epi8('#')));
    const auto passed = static_cast<unsigned>(_mm_movemask_epi8(_mm_andnot_si128(special, above_space)));
    if (passed != 0xffff) return p + std::countr_one(passed);
  }
#endif
  while (p != end && is(*p, kTarget)) ++p;
  return p;
}

}  // namespace weir::codec
