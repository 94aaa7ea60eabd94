// The time of a reset, as providers write it: the first byte chooses the format, the rest is the value.
#include <cstdint>

#include "weir/base/assert.h"
#include "weir/routing/rate_limits.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes value(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto format = static_cast<catalog::ResetFormat>(data[0] % 4);
  const auto reset = routing::parse_reset(value, format, WallTime{1'787'150'340'000'000'000});
  WEIR_ASSERT(!reset || (*reset >= Duration{} && *reset <= 24h), "a reset is between now and a day");
  WEIR_ASSERT(!reset || format != catalog::ResetFormat::none, "without a format nothing is read");
  return 0;
}
