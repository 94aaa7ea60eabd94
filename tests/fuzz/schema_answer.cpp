// Values that fit a schema: whatever the schema, JSON comes out, and not too much of it.
#include <cstdint>
#include <string>

#include "schema_answer.h"
#include "weir/base/assert.h"
#include "weir/codec/json_reader.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes schema(reinterpret_cast<const char*>(data), size);
  std::string out;
  simulator::append_fitting(out, schema);
  codec::JsonReader json(out);
  Bytes value;
  WEIR_ASSERT(json.raw_value(value) && json.finish(), "a value comes out, whole");
  // What is in the schema itself (const, default, the names of properties) may be the largest part of it.
  WEIR_ASSERT(out.size() <= 512 * 1024 + 32 * size, "and not too much");
  return 0;
}
