// Amounts of money as an operator writes them.
#include <cstdint>

#include "weir/base/assert.h"
#include "weir/catalog/dollars.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes text(reinterpret_cast<const char*>(data), size);
  const auto nano = catalog::parse_dollars(text);
  if (!nano) return 0;
  WEIR_ASSERT(*nano >= 0 && *nano <= catalog::kMostNanoDollars, "what is read is bounded");
  WEIR_ASSERT(text.size() <= 17, "what is read is short");
  for (const bool all_decimals : {false, true}) {
    const catalog::DollarText written(*nano, all_decimals);
    WEIR_ASSERT(catalog::parse_dollars(written.view()) == nano, "what is written reads back");
  }
  return 0;
}
