// Any bytes as a seal: through a client it comes back as the vendor's whose it is, and no vendor gets another's. The
// first byte chooses the vendor and whose client it goes through.
#include "weir/dialect/seal.h"

#include <cstdint>

#include "weir/base/assert.h"

using namespace weir::dialect;
using weir::Bytes;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr Vendor kVendors[] = {Vendor::openai, Vendor::anthropic, Vendor::anthropic_redacted, Vendor::gemini};
  const Vendor home = vendor_of(kDialects[data[0] / 4 % kDialects.size()]);
  const Seal seal{kVendors[data[0] % 4], Bytes(reinterpret_cast<const char*>(data) + 1, size - 1)};
  std::string told;
  append_seal(told, seal, home);
  const Seal back = read_seal(told, home);
  if (seal.vendor == home && back.data != seal.data) return 0;  // it looks like one with a tag
  WEIR_ASSERT(back.vendor == seal.vendor && back.data == seal.data, "a seal comes back as it was");
  std::string again;
  append_seal(again, back, home);
  WEIR_ASSERT(again == told, "and goes out as it did");
  return 0;
}
