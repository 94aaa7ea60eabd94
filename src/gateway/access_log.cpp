#include "access_log.h"

#include <charconv>

#include "weir/base/assert.h"
#include "weir/codec/json_writer.h"

namespace weir::gateway {
namespace {

/// RFC 3339 in UTC with milliseconds, "2026-11-21T01:02:03.456Z". Civil-from-days after Howard Hinnant.
std::array<char, 24> rfc3339(WallTime time) {
  const std::int64_t ms = time.unix_ns / 1'000'000;
  const std::int64_t seconds = ms / 1000;
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

  std::array<char, 24> out;
  std::size_t at = 0;
  const auto digits = [&](unsigned value, unsigned count) {
    for (unsigned i = count; i-- > 0; value /= 10) out[at + i] = static_cast<char>('0' + value % 10);
    at += count;
  };
  const auto mark = [&](char c) { out[at++] = c; };
  digits(year, 4), mark('-'), digits(month, 2), mark('-'), digits(day, 2), mark('T');
  digits(of_day / 3600, 2), mark(':'), digits(of_day / 60 % 60, 2), mark(':'), digits(of_day % 60, 2), mark('.');
  digits(static_cast<unsigned>(ms % 1000), 3), mark('Z');
  return out;
}

}  // namespace

/// Appends to the line's bytes; the names are literals with their comma and colon, because a line is written for every
/// exchange and a general writer costs more than all the rest of it.
class AccessLine::Pen {
 public:
  explicit Pen(AccessLine& line) : line_(line) {}

  void raw(Bytes text) {
    WEIR_ASSERT(text.size() <= line_.bytes_.size() - line_.size_, "every part of a line is bounded");
    line_.size_ += text.copy(line_.bytes_.data() + line_.size_, text.size());
  }
  void text(Bytes name, Bytes value) {
    if (value.empty()) return;
    raw(name);
    codec::JsonWriter json(MutableBytes(line_.bytes_).subspan(line_.size_));
    line_.size_ += json.string(value).written().size();
  }
  void number(Bytes name, std::int64_t value) {
    raw(name);
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    raw(Bytes(digits, static_cast<std::size_t>(end - digits)));
  }
  void microseconds(Bytes name, std::int64_t ns) {
    if (ns >= 0) number(name, ns / 1000);
  }
  void tokens(Bytes name, std::uint64_t count) {
    if (count > 0) number(name, static_cast<std::int64_t>(count));
  }
  void hex(std::uint64_t value) {
    char digits[16];
    for (std::size_t i = sizeof digits; i-- > 0; value >>= 4) digits[i] = "0123456789abcdef"[value & 15];
    raw(Bytes(digits, sizeof digits));
  }

 private:
  AccessLine& line_;
};

AccessLine::AccessLine(const Record& record, WallTime now) {
  Pen pen(*this);
  const auto time = rfc3339(now);
  pen.raw("{\"time\":\"");
  pen.raw({time.data(), time.size()});
  pen.raw("\",\"id\":\"");
  pen.hex(record.id);
  pen.number("\",\"status\":", record.status);
  pen.text(",\"key\":", record.key.substr(0, kMaxKeyName));
  pen.text(",\"model\":", record.model.view());
  pen.text(",\"deployment\":", record.deployment.view());
  pen.raw(record.stream ? ",\"stream\":true" : ",\"stream\":false");
  pen.number(",\"attempts\":", record.attempts);
  if (record.fault) pen.text(",\"fault\":", to_string(*record.fault));
  if (!record.detail.view().empty()) pen.text(",\"detail\":", record.detail.view());
  if (record.finish != dialect::FinishReason::unspecified) pen.text(",\"finish\":", to_string(record.finish));
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
  pen.number(",\"request_bytes\":", static_cast<std::int64_t>(record.request_bytes));
  pen.number(",\"answer_bytes\":", static_cast<std::int64_t>(record.answer_bytes));
  pen.microseconds(",\"connect_us\":", record.connect_ns);
  pen.microseconds(",\"ttfb_us\":", record.ttfb_ns);
  pen.microseconds(",\"ttft_us\":", record.ttft_ns);
  pen.microseconds(",\"total_us\":", record.total_ns);
  if (record.attempts > 0) pen.number(",\"overhead_ns\":", record.overhead_ns);
  pen.raw("}");
}

}  // namespace weir::gateway
