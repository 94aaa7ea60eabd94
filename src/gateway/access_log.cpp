#include "access_log.h"

#include <cstring>

#include "weir/base/assert.h"
#include "weir/base/decimal.h"
#include "weir/codec/json_writer.h"

namespace weir::gateway {
/// Civil-from-days after Howard Hinnant.
void LogTime::write_second(std::int64_t seconds) {
  const std::int64_t days = seconds / 86'400;
  const auto of_day = static_cast<unsigned>(seconds % 86'400);
  const std::int64_t z = days + 719'468;
  const std::int64_t era = z / 146'097;
  const auto doe = static_cast<unsigned>(z - era * 146'097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned day = doy - (153 * mp + 2) / 5 + 1;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  const auto year = static_cast<unsigned>(static_cast<std::int64_t>(yoe) + era * 400 + (month <= 2));

  std::size_t at = 0;
  const auto digits = [&](unsigned value, unsigned count) {
    for (unsigned i = count; i-- > 0; value /= 10) text_[at + i] = static_cast<char>('0' + value % 10);
    at += count;
  };
  const auto mark = [&](char c) { text_[at++] = c; };
  digits(year, 4), mark('-'), digits(month, 2), mark('-'), digits(day, 2), mark('T');
  digits(of_day / 3600, 2), mark(':'), digits(of_day / 60 % 60, 2), mark(':'), digits(of_day % 60, 2), mark('.');
  text_[kSize - 1] = 'Z';
}

Bytes LogTime::text(WallTime time) {
  const std::int64_t ms = time.unix_ns / 1'000'000;
  const std::int64_t second = ms / 1000;
  if (second != second_) write_second(second_ = second);
  auto rest = static_cast<unsigned>(ms % 1000);
  for (std::size_t i = kSize - 2; i > kSize - 5; --i, rest /= 10) text_[i] = static_cast<char>('0' + rest % 10);
  return {text_.data(), kSize};
}

/// Appends to the line's bytes; the names are literals with their comma and colon, because a line is written for every
/// exchange and a general writer costs more than all the rest of it.
class AccessLine::Pen {
 public:
  explicit Pen(char* at) : at_(at) {}
  char* at() const { return at_; }

  template <std::size_t N>
  void raw(const char (&literal)[N]) {
    std::memcpy(at_, literal, N - 1);
    at_ += N - 1;
  }
  /// "first/second".
  template <std::size_t N>
  void text(const char (&name)[N], Bytes first, Bytes second) {
    if (first.empty()) return;
    raw(name);
    std::size_t size = first.copy(at_ + 1, kMaxText / 2 - 1);
    at_[++size] = '/';
    size += second.copy(at_ + 1 + size, kMaxText / 2);
    quote(size);
  }
  /// One of weir's own words.
  template <std::size_t N>
  void word(const char (&name)[N], Bytes value) {
    raw(name);
    *at_++ = '"';
    at_ += value.copy(at_, kMaxText);
    *at_++ = '"';
  }
  /// A string of at most kMaxText bytes.
  template <std::size_t N>
  void text(const char (&name)[N], Bytes value) {
    if (value.empty()) return;
    WEIR_ASSERT(value.size() <= kMaxText, "every part of a line is bounded");
    raw(name);
    std::memcpy(at_ + 1, value.data(), value.size());
    quote(value.size());
  }
  template <std::size_t N>
  void number(const char (&name)[N], std::int64_t value) {
    raw(name);
    if (value < 0) *at_++ = '-';
    at_ = put_decimal(at_, value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value));
  }
  template <std::size_t N>
  void microseconds(const char (&name)[N], std::int64_t ns) {
    if (ns >= 0) number(name, ns / 1000);
  }
  template <std::size_t N>
  void tokens(const char (&name)[N], std::uint64_t count) {
    if (count > 0) number(name, static_cast<std::int64_t>(count));
  }
  void hex(std::uint64_t value) {
    for (std::size_t i = 16; i > 0; value >>= 8) std::memcpy(at_ + (i -= 2), kHexPairs[value & 255].data(), 2);
    at_ += 16;
  }
  void time(Bytes text) {
    std::memcpy(at_, text.data(), LogTime::kSize);
    at_ += LogTime::kSize;
  }

 private:
  static constexpr std::size_t kBlock = 16;
  static constexpr std::array<std::array<char, 2>, 256> kHexPairs = [] {
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {"0123456789abcdef"[i >> 4], "0123456789abcdef"[i & 15]};
    return pairs;
  }();

  /// The text that stands one byte on becomes a JSON string.
  void quote(std::size_t size) {
    char* const text = at_ + 1;
    std::memset(text + size, ' ', kBlock);
    if (is_plain(text, size)) {
      text[-1] = text[size] = '"';
      at_ = text + size + 1;
    } else {
      char bare[kMaxText];
      std::memcpy(bare, text, size);
      codec::JsonWriter json(MutableBytes(at_, 6 * kMaxText + 2));
      at_ += json.string({bare, size}).written().size();
    }
  }
  /// Whether nothing has to be escaped or checked. Looks at whole blocks (the compiler makes vector code of that), so
  /// there are as many spaces behind the text.
  static bool is_plain(const char* text, std::size_t size) {
    unsigned char special = 0;
    for (std::size_t begin = 0; begin < size; begin += kBlock)
      for (std::size_t i = begin; i < begin + kBlock; ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        special = static_cast<unsigned char>(special | (c < 0x20) | (c >= 0x80) | (c == '"') | (c == '\\'));
      }
    return special == 0;
  }

  char* at_;
};

namespace {

/// As many entries ("one/model 503") as have room, whole; of one that is too long its beginning.
Bytes cut_trail(Bytes trail, std::size_t most) {
  if (trail.size() <= most) return trail;
  const std::size_t end = trail.rfind(", ", most);
  return trail.substr(0, end == Bytes::npos ? most : end);
}

}  // namespace

AccessLine::AccessLine(const Record& record, Bytes time) {
  Pen pen(bytes_.data());
  pen.raw("{\"time\":\"");
  pen.time(time);
  pen.raw("\",\"id\":\"");
  pen.hex(record.id);
  pen.number("\",\"status\":", record.status);
  pen.text(",\"key\":", record.key.substr(0, kMaxKeyName));
  pen.text(",\"model\":", record.model.view());
  pen.text(",\"deployment\":", record.provider, record.model_id);
  pen.word(",\"dialect\":", to_string(record.client_dialect));
  if (record.provider_dialect != record.client_dialect)
    pen.word(",\"provider_dialect\":", to_string(record.provider_dialect));
  if (record.stream) {
    pen.raw(",\"stream\":true");
  } else {
    pen.raw(",\"stream\":false");
  }
  pen.number(",\"attempts\":", record.attempts);
  if (!record.trail.empty() && (record.tries > 1 || record.exhausted))
    pen.text(",\"trail\":", cut_trail(record.trail.view(), kMaxText));
  if (record.exhausted) pen.raw(",\"exhausted\":true");
  if (record.stitched > 0) pen.number(",\"stitched\":", record.stitched);
  if (record.fault) pen.word(",\"fault\":", to_string(*record.fault));
  pen.text(",\"detail\":", record.detail.view().substr(0, kMaxText));
  if (record.finish != dialect::FinishReason::unspecified) pen.word(",\"finish\":", to_string(record.finish));
  if (record.usage.reported) {
    const auto& usage = record.usage;
    pen.number(",\"usage\":{\"input\":", static_cast<std::int64_t>(usage.input));
    pen.tokens(",\"cache_read\":", usage.cache_read);
    pen.tokens(",\"cache_write\":", usage.cache_write);
    pen.tokens(",\"audio_input\":", usage.audio_input);
    pen.number(",\"output\":", static_cast<std::int64_t>(usage.output));
    pen.tokens(",\"reasoning\":", usage.reasoning);
    pen.tokens(",\"audio_output\":", usage.audio_output);
    pen.raw("}");
  }
  if (record.cost_known) pen.number(",\"cost_nano_usd\":", record.cost_nano_usd);
  pen.number(",\"request_bytes\":", static_cast<std::int64_t>(record.request_bytes));
  pen.number(",\"answer_bytes\":", static_cast<std::int64_t>(record.answer_bytes));
  pen.microseconds(",\"connect_us\":", record.connect_ns);
  pen.microseconds(",\"ttfb_us\":", record.ttfb_ns);
  pen.microseconds(",\"ttft_us\":", record.ttft_ns);
  pen.microseconds(",\"total_us\":", record.total_ns);
  if (record.attempts > 0) pen.number(",\"overhead_ns\":", record.overhead_ns);
  pen.raw("}");
  size_ = static_cast<std::size_t>(pen.at() - bytes_.data());
}

}  // namespace weir::gateway
