#include "weir/codec/sse.h"

#include <bit>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir::codec {

namespace {

/// Offset behind the line end at `at`, where a CR LF counts as one.
std::size_t behind_line_end(Bytes text, std::size_t at) {
  const bool pair = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
  return at + (pair ? 2 : 1);
}

}  // namespace

std::size_t find_line_end(Bytes text, std::size_t from) {
  const char* const data = text.data();
  const std::size_t size = text.size();
  std::size_t at = from;
  if (at < size && data[at] == '\n') return at;  // the second line feed of two
#if defined(__SSE2__)
  // Bytes up to CR are rare in JSON, so they are looked for first (two instructions per 16 bytes instead of three) and
  // sorted out on a hit.
  const __m128i limit = _mm_set1_epi8('\r');
  const auto load = [data](std::size_t offset) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + offset));
  };
  const auto is_low = [&](__m128i bytes) {
    return _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(bytes, limit), bytes));
  };
  const auto line_end_in = [&](std::size_t block, unsigned mask) {
    for (; mask; mask &= mask - 1) {
      const std::size_t hit = block + static_cast<std::size_t>(std::countr_zero(mask));
      if (data[hit] == '\n' || data[hit] == '\r') return hit;
    }
    return size;
  };
  while (at + 16 <= size) {
    while (at + 64 <= size) {
      const __m128i lowest =
          _mm_min_epu8(_mm_min_epu8(load(at), load(at + 16)), _mm_min_epu8(load(at + 32), load(at + 48)));
      if (is_low(lowest)) break;
      at += 64;
    }
    for (const std::size_t stop = at + 64; at + 16 <= size && at < stop; at += 16) {
      const auto mask = static_cast<unsigned>(is_low(load(at)));
      if (mask == 0) continue;
      if (const std::size_t hit = line_end_in(at, mask); hit != size) return hit;
    }
  }
  if (size - from >= 16) {  // the last bytes, by a load that ends with the text
    const auto mask = static_cast<unsigned>(is_low(load(size - 16))) >> (16 - (size - at));
    return line_end_in(at, mask);
  }
#endif
  while (at < size && data[at] != '\n' && data[at] != '\r') ++at;
  return at;
}

std::size_t SseScanner::find_end(Bytes input) {
  if (input.empty()) return npos;
  only_line_ = {};
  std::size_t at = 0;
  const bool fresh = !inside_ && !swallow_lf_;
  inside_ = true;
  if (swallow_lf_) {
    if (input[0] == '\n') at = 1;
    swallow_lf_ = false;
  }
  while (at < input.size()) {
    const std::size_t line_end = find_line_end(input, at);
    if (line_end == input.size()) {
      at_line_start_ = false;
      return npos;
    }
    if (fresh && at == 0 && line_end > 0 && input.substr(line_end).starts_with("\n\n")) {  // nearly all frames
      inside_ = false;
      only_line_ = input.substr(0, line_end);
      return line_end + 2;
    }
    const bool blank = at_line_start_ && line_end == at;
    at = behind_line_end(input, line_end);
    at_line_start_ = true;
    swallow_lf_ = at == input.size() && input[at - 1] == '\r';
    if (blank) {
      inside_ = false;
      return at;
    }
  }
  return npos;
}

SseFrame parse_sse_frame(Bytes frame, std::string& scratch) {
  SseFrame result;
  bool joined = false;
  bool first = true;
  for (std::size_t at = 0; at < frame.size();) {
    const std::size_t line_end = find_line_end(frame, at);
    Bytes line = frame.substr(at, line_end - at);
    if (first && !line.empty()) {
      first = false;
      if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    }
    at = line_end == frame.size() ? line_end : behind_line_end(frame, line_end);
    const auto value_behind = [line](std::size_t colon) {
      return line.substr(colon + (line.size() > colon && line[colon] == ' ' ? 1 : 0));
    };
    if (line.starts_with("data") && (line.size() == 4 || line[4] == ':')) {
      const Bytes value = line.size() == 4 ? Bytes() : value_behind(5);
      if (!result.has_data) {
        result.data = value;
        result.has_data = true;
        continue;
      }
      if (!joined) {
        scratch.assign(result.data);
        joined = true;
      }
      scratch += '\n';
      scratch += value;
    } else if (line.starts_with("event") && (line.size() == 5 || line[5] == ':')) {
      result.event = line.size() == 5 ? Bytes() : value_behind(6);
    }
  }
  if (joined) result.data = scratch;
  return result;
}

}  // namespace weir::codec
