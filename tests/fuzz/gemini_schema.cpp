// Any JSON as a schema for Gemini's subset of OpenAPI, and back. Both ways give JSON, of a bounded size, and what went
// there and back once does not change any more.
#include "gemini_schema.h"

#include <cstdint>
#include <string>

#include "weir/base/assert.h"
#include "weir/codec/json_reader.h"

namespace {

using namespace weir::dialect::gemini;
using weir::Bytes;

bool is_json(Bytes text) {
  weir::codec::JsonReader json(text);
  json.skip_value();
  return json.finish() || json.too_deep();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes schema(reinterpret_cast<const char*>(data), size);
  weir::codec::JsonReader json(schema);
  json.skip_value();
  if (!json.finish()) return 0;
  std::string plain;
  append_json_schema(plain, schema);
  WEIR_ASSERT(is_json(plain), "a JSON Schema is JSON");

  std::string reduced;
  if (append_openapi_schema(reduced, schema) != SchemaFault::none) return 0;
  WEIR_ASSERT(is_json(reduced), "a schema of the subset is JSON");
  WEIR_ASSERT(reduced.size() <= kMaxSchemaSize, "a schema has a bound");
  // Not all that is written in the subset comes back as it stood (numbers in strings, nullable without a type), but
  // what has come back does.
  const auto there_and_back = [](Bytes openapi) {
    std::string back;
    append_json_schema(back, openapi);
    WEIR_ASSERT(is_json(back), "a schema taken back is JSON");
    std::string again;
    WEIR_ASSERT(append_openapi_schema(again, back) == SchemaFault::none, "what was taken back can be taken again");
    return again;
  };
  const std::string once = there_and_back(reduced);
  const std::string twice = there_and_back(once);
  if (once != twice) weir::assert_failed(once.c_str(), twice.c_str(), __FILE__, __LINE__);
  return 0;
}
