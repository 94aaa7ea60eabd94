#include "weir/codec/chunked.h"

#include <algorithm>
#include <array>

#include "byte_class.h"

namespace weir::codec {
namespace {

constexpr std::array<std::uint8_t, 256> kHexValues = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(16);
  for (unsigned i = 0; i < 10; ++i) table['0' + i] = static_cast<std::uint8_t>(i);
  for (unsigned i = 10; i < 16; ++i) table['a' + i - 10] = table['A' + i - 10] = static_cast<std::uint8_t>(i);
  return table;
}();

/// 0 to 15, or 16 for what is no hexadecimal digit.
constexpr std::uint64_t hex_value(char c) { return kHexValues[static_cast<unsigned char>(c)]; }

constexpr std::uint8_t kMaxDigits = 16;
constexpr std::size_t kMaxPlainDigits = 8;  // cannot reach kMaxChunkBytes

}  // namespace

Result<ChunkedDecoder::Step> ChunkedDecoder::next(Bytes input) {
  std::size_t at = 0;
  while (at < input.size() && state_ != State::done) {
    if (state_ == State::data) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - at));
      left_ -= size;
      std::size_t behind = at + size;
      if (left_ == 0) {
        state_ = State::data_cr;
        behind += skip_chunk_end(input.substr(behind));
      }
      return Step{behind, input.substr(at, size), false};
    }
    if (const std::size_t plain = skip_plain_line(input.substr(at)); plain != 0) {
      at += plain;
      continue;
    }
    if (!step(input[at])) {
      state_ = State::broken;
      return fail(chunk_malformed(sender_));
    }
    ++at;
  }
  if (state_ == State::broken) return fail(chunk_malformed(sender_));
  return Step{at, {}, done()};
}

Bytes ChunkedDecoder::whole_chunk(Bytes input) const {
  constexpr std::size_t kDigits = 5;
  if (!between_chunks() || input.size() < kDigits + 2 * kChunkEnd.size() || input[0] == '0') return {};
  std::size_t at = 0;
  std::uint64_t size = 0;
  for (; at < kDigits; ++at) {
    const std::uint64_t digit = hex_value(input[at]);
    if (digit == 16) break;
    size = size * 16 + digit;
  }
  const bool fits = at > 0 && size + at + 2 * kChunkEnd.size() == input.size();
  if (!fits || !input.substr(at).starts_with(kChunkEnd) || !input.ends_with(kChunkEnd)) return {};
  return input.substr(at + kChunkEnd.size(), static_cast<std::size_t>(size));
}

std::size_t ChunkedDecoder::skip_chunk_end(Bytes input) {
  if (!input.starts_with(kChunkEnd)) return 0;
  state_ = State::size;
  digits_ = 0;
  return kChunkEnd.size();
}

std::size_t ChunkedDecoder::skip_plain_line(Bytes input) {
  if (!between_chunks()) return 0;
  std::size_t at = 0;
  std::uint64_t size = 0;
  for (; at < input.size() && at < kMaxPlainDigits; ++at) {
    const std::uint64_t digit = hex_value(input[at]);
    if (digit == 16) break;
    size = size * 16 + digit;
  }
  if (at == 0 || input.size() - at < 2 || input[at] != '\r' || input[at + 1] != '\n') return 0;
  left_ = size;
  state_ = size == 0 ? State::trailer_start : State::data;
  return at + 2;
}

bool ChunkedDecoder::step(char c) {
  const auto expect = [this, c](char wanted, State next_state) {
    state_ = next_state;
    return c == wanted;
  };
  switch (state_) {
    case State::size:
      return on_size(c);
    case State::size_space:
    case State::extension:
      return on_extension(c);
    case State::size_lf:
      return expect('\n', left_ == 0 ? State::trailer_start : State::data);
    case State::data_cr:
      return expect('\r', State::data_lf);
    case State::data_lf:
      digits_ = 0;
      return expect('\n', State::size);
    case State::trailer_start:
    case State::trailer_name:
    case State::trailer_value:
      return on_trailer(c);
    case State::trailer_lf:
      return expect('\n', State::trailer_start);
    case State::end_lf:
      return expect('\n', State::done);
    case State::data:
    case State::done:
    case State::broken:
      return false;
  }
  return false;
}

bool ChunkedDecoder::on_size(char c) {
  if (const std::uint64_t digit = hex_value(c); digit < 16) {
    left_ = left_ * 16 + digit;  // at most 2^40 before, so this cannot overflow
    return ++digits_ <= kMaxDigits && left_ <= kMaxChunkBytes;
  }
  if (digits_ == 0) return false;
  if (c == '\r') {
    state_ = State::size_lf;
    return true;
  }
  line_extension_ = 0;
  state_ = c == ';' ? State::extension : State::size_space;
  return on_extension(c);
}

bool ChunkedDecoder::on_extension(char c) {
  if (c == '\r') {
    const bool follows_extension = state_ == State::extension;  // "5 CRLF" is not in the grammar, "5 ;x CRLF" is
    state_ = State::size_lf;
    return follows_extension;
  }
  if (state_ == State::size_space) {
    if (c == ';')
      state_ = State::extension;
    else if (c != ' ' && c != '\t')
      return false;
  }
  return is(c, kValue) && ++line_extension_ <= kMaxChunkExtensionBytes && ++total_extension_ <= kMaxTotalExtensionBytes;
}

bool ChunkedDecoder::on_trailer(char c) {
  if (++trailer_ > kMaxTrailerBytes) return false;
  switch (state_) {
    case State::trailer_start:
      state_ = c == '\r' ? State::end_lf : State::trailer_name;
      return c == '\r' || is(c, kToken);
    case State::trailer_name:
      if (c == ':') state_ = State::trailer_value;
      return c == ':' || is(c, kToken);
    default:
      if (c == '\r') state_ = State::trailer_lf;
      return c == '\r' || is(c, kValue);
  }
}

std::size_t write_chunk_header(std::uint64_t size, char* out) {
  unsigned digits = 1;
  for (std::uint64_t rest = size >> 4; rest != 0; rest >>= 4) ++digits;
  for (unsigned i = 0; i < digits; ++i) out[i] = "0123456789abcdef"[size >> 4 * (digits - 1 - i) & 15];
  out[digits] = '\r';
  out[digits + 1] = '\n';
  return digits + 2;
}

}  // namespace weir::codec
