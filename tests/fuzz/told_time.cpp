// Times in heads and bodies of answers, as providers write them: the first byte chooses the format, the rest is the
// text.
#include <cstdint>

#include "weir/base/assert.h"
#include "weir/codec/told_time.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes text(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr WallTime kNow{1'787'150'340'000'000'000};
  std::optional<Duration> told;
  switch (data[0] % 4) {
    case 0:
      told = codec::parse_http_date(text, kNow);
      break;
    case 1:
      told = codec::parse_duration(text);
      break;
    case 2:
      told = codec::parse_seconds(text);
      break;
    default:
      told = codec::parse_rfc3339(text, kNow);
  }
  WEIR_ASSERT(!told || (*told >= Duration{} && *told <= 24h), "a time that is told is between now and a day");
  return 0;
}
