#include "access_log.h"

#include <array>

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

std::array<char, 16> hex(std::uint64_t value) {
  std::array<char, 16> out;
  for (std::size_t i = 16; i-- > 0; value >>= 4) out[i] = "0123456789abcdef"[value & 15];
  return out;
}

}  // namespace

Bytes access_line(const Record& record, WallTime now, std::string& scratch) {
  scratch.clear();
  codec::JsonWriter json(scratch);
  const auto time = rfc3339(now);
  const auto id = hex(record.id);
  const auto duration = [&](Bytes name, std::int64_t ns) {
    if (ns >= 0) json.key(name).integer(ns / 1000);
  };
  const auto text = [&](Bytes name, Bytes value) {
    if (!value.empty()) json.member(name, value);
  };
  json.begin_object().member("time", {time.data(), time.size()}).member("id", {id.data(), id.size()});
  json.key("status").integer(record.status);
  text("key", record.key);
  text("model", record.model.view());
  text("deployment", record.deployment.view());
  json.key("stream").boolean(record.stream);
  json.key("attempts").integer(record.attempts);
  if (record.fault) json.member("fault", to_string(*record.fault));
  if (record.finish != dialect::FinishReason::unspecified) json.member("finish", to_string(record.finish));
  if (record.usage.reported) {
    json.key("usage").begin_object();
    const auto tokens = [&](Bytes name, std::uint64_t count) {
      if (count > 0) json.key(name).unsigned_integer(count);
    };
    tokens("input", record.usage.input);
    tokens("cache_read", record.usage.cache_read);
    tokens("cache_write", record.usage.cache_write);
    tokens("audio_input", record.usage.audio_input);
    tokens("output", record.usage.output);
    tokens("reasoning", record.usage.reasoning);
    tokens("audio_output", record.usage.audio_output);
    json.end_object();
  }
  json.key("request_bytes").unsigned_integer(record.request_bytes);
  json.key("answer_bytes").unsigned_integer(record.answer_bytes);
  duration("connect_us", record.connect_ns);
  duration("ttfb_us", record.ttfb_ns);
  duration("ttft_us", record.ttft_ns);
  duration("total_us", record.total_ns);
  if (record.attempts > 0) json.key("overhead_ns").integer(record.overhead_ns);
  json.end_object();
  return scratch;
}

}  // namespace weir::gateway
