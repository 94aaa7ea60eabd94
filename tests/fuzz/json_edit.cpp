// Any bytes as a chat request. What the reader accepts must be JSON for simdjson too (which is as strict), and the
// edited body must be the original but for the edited members.
#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/assert.h"
#include "weir/codec/json_edit.h"
#include "weir/codec/json_reader.h"
#include "weir/dialect/openai_chat.h"

namespace {

namespace dom = simdjson::dom;
using weir::Bytes;

constexpr Bytes kModel = "provider/\"model\"\n";

struct Rebuild {
  Bytes body;
  std::string out;
  void operator()(weir::codec::OriginalRange range) { out += body.substr(range.offset, range.size); }
  void operator()(Bytes inserted) { out += inserted; }
};

/// The document with the edited members left out.
std::string rest_of(const dom::element& document) {
  std::string rest;
  for (const auto& [key, value] : document.get_object().value_unsafe()) {
    if (key == "model") continue;
    if (key != "stream_options") {
      rest += std::string(key) + '=' + std::string(simdjson::minify(value)) + '\n';
      continue;
    }
    dom::object options;
    if (value.get(options) != simdjson::SUCCESS) continue;
    for (const auto& [option, setting] : options)
      if (option != "include_usage")
        rest += "options." + std::string(option) + '=' + std::string(simdjson::minify(setting)) + '\n';
  }
  return rest;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes body(reinterpret_cast<const char*>(data), size);
  static dom::parser before_parser;
  static dom::parser after_parser;
  static bool allocated = before_parser.allocate(1 << 20, 256) == simdjson::SUCCESS &&
                          after_parser.allocate(1 << 20, 256) == simdjson::SUCCESS;
  WEIR_ASSERT(allocated, "the parsers have their memory");
  if (size > 1 << 19) return 0;
  dom::element before;
  const simdjson::error_code error = before_parser.parse(body.data(), body.size()).get(before);
  // simdjson refuses numbers that do not fit its types, for weir they are only text; it skips a byte order mark, which
  // weir refuses; and it refuses lone surrogates, which are grammatical.
  weir::codec::JsonReader strict(body);
  strict.skip_value();
  const bool valid = strict.finish();
  if (error == simdjson::SUCCESS && !strict.too_deep() && !body.starts_with("\xEF\xBB\xBF"))
    WEIR_ASSERT(valid, "weir refuses what simdjson accepts");
  if (valid)
    WEIR_ASSERT(error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR,
                "weir accepts what simdjson refuses");

  const auto request = weir::dialect::openai_chat::read_envelope(body);
  if (!request) return 0;
  WEIR_ASSERT(valid, "an accepted request is JSON");
  std::string scratch;
  const auto edits = weir::dialect::openai_chat::write_passthrough(*request, kModel, true, scratch);
  Rebuild rebuild{body, {}};
  edits.for_each_piece(body.size(), rebuild);
  WEIR_ASSERT(rebuild.out.size() == edits.size_after(body.size()), "the size is told before");

  const auto again = weir::dialect::openai_chat::read_envelope(rebuild.out);
  WEIR_ASSERT(again && again->model() == kModel, "the provider reads its model");
  WEIR_ASSERT(again->stream == request->stream, "streaming stays as it was");
  WEIR_ASSERT(again->include_usage || !request->stream, "a stream is asked for usage");
  if (!request->stream) WEIR_ASSERT(again->include_usage == request->include_usage, "no stream, no option");
  if (error != simdjson::SUCCESS) return 0;
  dom::element after;
  WEIR_ASSERT(after_parser.parse(rebuild.out).get(after) == simdjson::SUCCESS, "the edited body is JSON");
  WEIR_ASSERT(rest_of(before) == rest_of(after), "nothing else changed");
  std::string_view client_model;
  if (before["model"].get(client_model) == simdjson::SUCCESS)
    WEIR_ASSERT(client_model == request->model(), "the client's model is what it wrote");
  return 0;
}
