#include "weir/codec/json_reader.h"

#include <simdjson.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir::codec {

namespace {

/// Value of a hexadecimal digit, -1 when it is none.
int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The four hexadecimal digits at `p`, -1 when they are none.
int hex4(const char* p, const char* end) {
  if (end - p < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_value(p[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

bool is_high_surrogate(int unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(int unit) { return unit >= 0xDC00 && unit < 0xE000; }

std::size_t encode_utf8(std::uint32_t code, char (&out)[4]) {
  const auto low6 = [code](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) return out[0] = static_cast<char>(code), 1;
  if (code < 0x800) return out[0] = static_cast<char>(0xC0 | (code >> 6)), out[1] = low6(0), 2;
  if (code < 0x10000) return out[0] = static_cast<char>(0xE0 | (code >> 12)), out[1] = low6(6), out[2] = low6(0), 3;
  return out[0] = static_cast<char>(0xF0 | (code >> 18)), out[1] = low6(12), out[2] = low6(6), out[3] = low6(0), 4;
}

char simple_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;  // quote, backslash, slash
  }
}

}  // namespace

std::size_t utf8_sequence_length(Bytes text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const std::size_t left = text.size();
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return left >= 2 && continues(1) ? 2 : 0;
  if (lead < 0xF0) {
    if (left < 3 || !continues(1) || !continues(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    if (lead == 0xED && byte(1) >= 0xA0) return 0;
    return 3;
  }
  if (lead > 0xF4 || left < 4 || !continues(1) || !continues(2) || !continues(3)) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) >= 0x90) return 0;
  return 4;
}

bool decode_json_string(Bytes raw, bool (*append)(void* receiver, Bytes part), void* receiver) {
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (at != end) {
    const char* const run = at;
    while (at != end && *at != '\\') ++at;
    if (at != run && !append(receiver, Bytes(run, static_cast<std::size_t>(at - run)))) return false;
    if (at == end) break;
    char out[4];
    std::size_t size = 1;
    if (at[1] != 'u') {
      out[0] = simple_escape(at[1]);
      at += 2;
    } else {
      const int unit = hex4(at + 2, end);
      at += 6;
      auto code = static_cast<std::uint32_t>(unit);
      if (is_high_surrogate(unit)) {
        const int low = end - at >= 6 && at[0] == '\\' && at[1] == 'u' ? hex4(at + 2, end) : -1;
        if (is_low_surrogate(low)) {
          code = 0x10000U + ((code - 0xD800U) << 10) + (static_cast<std::uint32_t>(low) - 0xDC00U);
          at += 6;
        } else {
          code = 0xFFFD;
        }
      } else if (is_low_surrogate(unit)) {
        code = 0xFFFD;
      }
      size = encode_utf8(code, out);
    }
    if (!append(receiver, Bytes(out, size))) return false;
  }
  return true;
}

bool JsonString::equals_decoded(Bytes text) const {
  Bytes rest = text;
  const bool prefix = decode_json_string(
      raw,
      [](void* receiver, Bytes part) {
        Bytes& left = *static_cast<Bytes*>(receiver);
        if (!left.starts_with(part)) return false;
        left.remove_prefix(part.size());
        return true;
      },
      &rest);
  return prefix && rest.empty();
}

char JsonReader::next_byte_slow() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  return at_ == end_ ? '\0' : *at_;
}

bool JsonReader::next_member_slow(JsonString& key) {
  char c = next_byte();
  if (c == '}') return leave();
  if (!fresh_) {
    if (c != ',') return fail();
    ++at_;
    c = next_byte();
  }
  if (c != '"' || !scan_string(key)) return fail();
  if (next_byte() != ':') return fail();
  ++at_;
  fresh_ = false;
  return true;
}

JsonType JsonReader::peek() {
  switch (const char c = next_byte()) {
    case '{':
      return JsonType::object;
    case '[':
      return JsonType::array;
    case '"':
      return JsonType::string;
    case 't':
    case 'f':
      return JsonType::boolean;
    case 'n':
      return JsonType::null;
    default:
      return is_digit(c) || c == '-' ? JsonType::number : JsonType::none;
  }
}

#if defined(__x86_64__)
namespace {

template <bool ascii>
[[gnu::target("avx2")]] const char* skip_blocks(const char* from, const char* end) {
  // Looked up by their low four bits, quote and backslash find themselves; every other byte finds one that it is not.
  const __m256i known = _mm256_broadcastsi128_si256(_mm_setr_epi8(1, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, '\\', 0, 0, 0));
  const __m256i floor = _mm256_set1_epi8(ascii ? 0x20 : 0x1F);
  for (; end - from >= 64; from += 64) {
    __m256i found = _mm256_setzero_si256();
    for (int half = 0; half < 2; ++half) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from) + half);
      const __m256i special = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(known, bytes), bytes);
      const __m256i low = ascii ? _mm256_cmpgt_epi8(floor, bytes)  // with their sign: and from 0x80 on
                                : _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, floor), bytes);
      found = _mm256_or_si256(found, _mm256_or_si256(special, low));
    }
    if (_mm256_movemask_epi8(found)) break;
  }
  return from;
}

}  // namespace

const char* JsonReader::skip_plain_blocks(const char* from, const char* end, bool ascii) {
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  if (!has_avx2) return from;
  return ascii ? skip_blocks<true>(from, end) : skip_blocks<false>(from, end);
}
#else
const char* JsonReader::skip_plain_blocks(const char* from, const char*, bool) { return from; }
#endif

bool JsonReader::scan_string_slow(const char* from, const char* start, JsonString& string) {
  bool escaped = false;
  for (const char* at = from; at != end_; at = utf8_ ? skip_plain<false>(at) : skip_plain<true>(at)) {
    if (*at == '"') {
      string.raw = Bytes(start, static_cast<std::size_t>(at - start));
      string.escaped = escaped;
      at_ = at + 1;
      return true;
    }
    if (*at == '\\') {
      escaped = true;
      if (end_ - at < 2) return fail();
      switch (at[1]) {
        case '"':
        case '\\':
        case '/':
        case 'b':
        case 'f':
        case 'n':
        case 'r':
        case 't':
          at += 2;
          break;
        case 'u':
          if (hex4(at + 2, end_) < 0) return fail();
          at += 6;
          break;
        default:
          return fail();
      }
      continue;
    }
    if (*at >= 0) return fail();  // a control byte
    // The rest of the text is checked once, by simdjson's vector code: measured on 300 KB of Cyrillic this costs a
    // fifth of checking one sequence after the other.
    if (!utf8_ && !simdjson::validate_utf8(at, static_cast<std::size_t>(end_ - at))) return fail();
    utf8_ = true;
  }
  return fail();
}

bool JsonReader::scan_number() {
  const char* at = at_;
  const auto digits = [&] {
    const char* const first = at;
    while (at != end_ && is_digit(*at)) ++at;
    return at != first;
  };
  if (*at == '-') ++at;
  if (at != end_ && *at == '0') {
    ++at;
  } else if (!digits()) {
    return fail();
  }
  if (at != end_ && *at == '.') {
    ++at;
    if (!digits()) return fail();
  }
  if (at != end_ && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end_ && (*at == '+' || *at == '-')) ++at;
    if (!digits()) return fail();
  }
  at_ = at;
  return true;
}

bool JsonReader::scan_literal(const char* word, std::size_t size) {
  if (static_cast<std::size_t>(end_ - at_) < size || std::memcmp(at_, word, size) != 0) return fail();
  at_ += size;
  return true;
}

/// What may stand behind a scalar (comma, bracket, end) is checked by whoever reads on.
bool JsonReader::scan_scalar(char first) {
  switch (first) {
    case 'n':
      return scan_literal("null", 4);
    case 't':
      return scan_literal("true", 4);
    case 'f':
      return scan_literal("false", 5);
    default:
      return is_digit(first) || first == '-' ? scan_number() : fail();
  }
}

/// Without recursion: one bit per level says whether it is an object.
bool JsonReader::skip_container() {
  static_assert(kMaxDepth == 128);
  std::uint64_t objects[2] = {0, 0};
  const int floor = depth_;
  JsonString ignored;
  const auto level_bit = [this](auto use) {
    const auto level = static_cast<unsigned>(depth_ - 1);
    return use(level / 64, std::uint64_t{1} << (level % 64));
  };
  const auto open = [&](char bracket) {
    if (!enter(bracket)) return false;
    level_bit([&](unsigned word, std::uint64_t bit) {
      objects[word] = bracket == '{' ? objects[word] | bit : objects[word] & ~bit;
    });
    return true;
  };
  if (!open(*at_)) return false;
  while (depth_ > floor) {
    const bool in_object = level_bit([&](unsigned word, std::uint64_t bit) { return (objects[word] & bit) != 0; });
    if (!(in_object ? next_member(ignored) : next_element())) {
      if (!ok()) return false;
      continue;  // that was its end
    }
    const char c = next_byte();
    const bool passed = c == '"' ? scan_string(ignored) : c == '{' || c == '[' ? open(c) : scan_scalar(c);
    if (!passed) return false;
  }
  return true;
}

bool JsonReader::raw_value(Bytes& raw) {
  next_byte();
  const char* const start = at_;
  if (!skip_value()) return false;
  raw = Bytes(start, static_cast<std::size_t>(at_ - start));
  return true;
}

/// Digits without white space before and behind them here, anything else apart, as in next_member().
std::optional<std::uint64_t> JsonReader::unsigned_or_skip() {
  constexpr std::ptrdiff_t kDigits = 19;  // cannot overflow
  const char* const end = end_ - at_ > kDigits ? at_ + kDigits : end_;
  std::uint64_t value = 0;
  const char* at = at_;
  for (; at != end && is_digit(*at); ++at) value = value * 10 + static_cast<std::uint64_t>(*at - '0');
  const bool is_whole = at != at_ && at != end_ && (*at == ',' || *at == '}' || *at == ']');
  if (!is_whole || (*at_ == '0' && at - at_ > 1)) return unsigned_or_skip_slow();
  at_ = at;
  return value;
}

std::optional<std::uint64_t> JsonReader::unsigned_or_skip_slow() {
  Bytes raw;
  if (!raw_value(raw)) return std::nullopt;
  return parse_decimal(raw);
}

bool JsonReader::read_boolean(bool& value) {
  const char c = next_byte();
  if (c != 't' && c != 'f') return fail();
  value = c == 't';
  return scan_scalar(c);
}

bool JsonReader::finish() { return ok() && depth_ == 0 && next_byte() == '\0' && at_ == end_; }

}  // namespace weir::codec
