#include "weir/dialect/frame_memo.h"

#include <algorithm>
#include <bit>

namespace weir::dialect {

namespace {

constexpr std::size_t kMostDigits = 18;  // of a number that any reader takes

/// How many digits `text` begins with.
std::size_t digits(Bytes text) {
  std::size_t size = 0;
  while (size < text.size() && is_digit(text[size])) ++size;
  return size;
}

/// True for digits that are a whole number in JSON and that every reader takes.
bool is_number(Bytes digits) {
  return !digits.empty() && digits.size() <= kMostDigits && (digits[0] != '0' || digits.size() == 1);
}

/// The blanks that Anthropic puts in front of the brace that ends a payload, between two of them.
Bytes blanks_of(Bytes behind) {
  const std::size_t last = behind.rfind('}');
  if (last == Bytes::npos || last == 0) return {};
  const std::size_t brace = behind.find_last_not_of(' ', last - 1);
  if (brace == Bytes::npos || behind[brace] != '}') return {};
  return behind.substr(brace + 1, last - brace - 1);
}

/// How many bytes are the same.
std::size_t common(const char* a, const char* b, std::size_t size) {
  std::size_t same = 0;
  for (; same + 16 <= size; same += 16) {
    std::uint64_t x[2], y[2];
    std::memcpy(x, a + same, 16);
    std::memcpy(y, b + same, 16);
    if (x[0] != y[0]) return same + static_cast<std::size_t>(std::countr_zero(x[0] ^ y[0])) / 8;
    if (x[1] != y[1]) return same + 8 + static_cast<std::size_t>(std::countr_zero(x[1] ^ y[1])) / 8;
  }
  while (same < size && a[same] == b[same]) ++same;
  return same;
}

}  // namespace

void FrameMemo::remember(Bytes frame, const Varying& varying) {
  forget();
  // A line end that was cut in half between two receives would leave its second half in front of the next frame, or at
  // the end of this one.
  if (frame.starts_with('\n') || frame.starts_with('\r') || !frame.ends_with('\n')) return;
  const auto place = [&](Bytes part) { return static_cast<std::size_t>(part.data() - frame.data()); };
  const std::size_t before = place(varying.text);
  std::size_t behind = before + varying.text.size();  // where it begins
  std::size_t gap = frame.size();                     // where the gap begins...
  std::size_t end = frame.size();                     // ...and where it ends
  Gap kind = Gap::none;

  // OpenAI ends its payloads with a random string of random length.
  constexpr Bytes kPadding = R"("obfuscation":)";
  if (!varying.counts.empty()) {
    // Digits may stand for other digits in a string, too, but not in an escape.
    if (varying.counts.contains('\\') || place(varying.counts) < behind) return;
    kind = Gap::counts;
    gap = place(varying.counts);
    end = gap + varying.counts.size();
  } else if (const std::size_t key = frame.substr(behind).rfind(kPadding); key != Bytes::npos) {
    kind = Gap::padding;
    gap = behind + key + kPadding.size();
    codec::JsonReader json(frame.substr(gap));
    codec::JsonString padding;
    if (!json.read_string(padding)) return;
    end = gap + json.offset();
  } else if (const Bytes blanks = blanks_of(frame.substr(behind)); !blanks.empty()) {
    kind = Gap::blanks;
    gap = place(blanks);
    end = gap + blanks.size();
  }

  std::size_t size = 0;
  const auto keep = [&](std::size_t from, std::size_t to) {
    if (size + (to - from) > kCapacity) return false;
    frame.substr(from, to - from).copy(bytes_.data() + size, to - from);
    size += to - from;
    return true;
  };
  std::size_t number = 0;
  if (varying.number.empty()) {
    if (!keep(0, before)) return;
  } else {
    number = place(varying.number);
    if (number + varying.number.size() > before || !is_number(varying.number)) return;
    if (!keep(0, number) || !keep(number + varying.number.size(), before)) return;
  }
  const std::size_t kept_before = size;
  if (!keep(behind, gap)) return;
  if (kind == Gap::counts && !keep(gap, end)) return;
  if (!keep(end, frame.size())) return;
  number_ = static_cast<std::uint16_t>(number);
  behind_ = static_cast<std::uint16_t>(gap - behind);
  counts_ = static_cast<std::uint16_t>(kind == Gap::counts ? end - gap : 0);
  end_ = static_cast<std::uint16_t>(frame.size() - end);
  gap_ = kind;
  before_ = static_cast<std::uint16_t>(kept_before);
}

std::size_t FrameMemo::match_number(Bytes input) const {
  if (before_ == 0 || input.size() < std::size_t{before_} + behind_) return 0;
  std::size_t at = 0;
  if (!follows(input, at, 0, number_)) return 0;
  const std::size_t size = digits(input.substr(at, kMostDigits + 1));
  if (!is_number(input.substr(at, size))) return 0;
  at += size;
  return follows(input, at, number_, std::size_t{before_} - number_) ? at : 0;
}

std::size_t FrameMemo::skip_gap(Bytes input) const {
  switch (gap_) {
    case Gap::none:
      return 0;
    case Gap::padding:
      return skip_padding(input);
    case Gap::blanks:
      return std::min(input.find_first_not_of(' '), input.size());
    case Gap::counts:
      return skip_counts(input);
  }
  return Bytes::npos;
}

std::size_t FrameMemo::skip_padding(Bytes input) const {
  if (input.empty() || input[0] != '"') return Bytes::npos;  // white space in front of it may end the line
  codec::JsonReader padding(input.substr(0, kNearby));
  codec::JsonString ignored;
  return padding.read_string(ignored) ? padding.offset() : Bytes::npos;
}

/// Compares bytes; where they differ, both sides must have digits of one number there.
std::size_t FrameMemo::skip_counts(Bytes input) const {
  const Bytes known(bytes_.data() + before_ + behind_, counts_);
  std::size_t k = 0;  // in known
  std::size_t i = 0;  // in input
  for (;;) {
    const std::size_t same = common(known.data() + k, input.data() + i, std::min(known.size() - k, input.size() - i));
    k += same;
    i += same;
    if (k == known.size()) return i;
    // The number begins where digits begin that are the same on both sides.
    std::size_t start = i;
    while (start > 0 && is_digit(input[start - 1])) --start;
    if (i - start > k) return Bytes::npos;
    const std::size_t known_start = k - (i - start);
    const std::size_t size = digits(input.substr(start, kMostDigits + 1));
    const std::size_t known_size = digits(known.substr(known_start, kMostDigits + 1));
    if (!is_number(input.substr(start, size)) || !is_number(known.substr(known_start, known_size))) return Bytes::npos;
    if (start + size == i && known_start + known_size == k) return Bytes::npos;
    i = start + size;
    k = known_start + known_size;
  }
}

}  // namespace weir::dialect
