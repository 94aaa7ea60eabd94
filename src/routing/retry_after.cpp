#include "weir/routing/retry_after.h"

#include "weir/codec/told_time.h"

namespace weir::routing {

std::optional<Duration> read_retry_after(const codec::FieldList& fields, WallTime now) {
  if (const auto* field = fields.find(Bytes("retry-after-ms")))
    if (const auto thousand_times = codec::parse_seconds(trim(field->value))) return *thousand_times / 1000;
  const auto* field = fields.find(codec::HeaderId::retry_after);
  if (!field) return std::nullopt;
  const Bytes value = trim(field->value);
  if (const auto seconds = codec::parse_seconds(value)) return seconds;
  if (const auto duration = codec::parse_duration(value)) return duration;
  return codec::parse_http_date(value, now);
}

}  // namespace weir::routing
