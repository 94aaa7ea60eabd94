#include <optional>

#include "json_members.h"
#include "weir/codec/json_writer.h"
#include "weir/dialect/gemini.h"

// What of a request has to be understood to pass it on, and countTokens' answers.

namespace weir::dialect::gemini {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

namespace {

constexpr Bytes kModelPrefix = "models/";

/// `generateContentRequest`: where its `model` stands, and the name without `models/`.
std::optional<RequestFault> read_inner(JsonReader& json, Envelope& request) {
  constexpr Bytes kField = "generateContentRequest.model";
  std::optional<RequestFault> fault;
  for_members(json, [&](const JsonString& key) {
    if (!key.is("model") || json.peek() != JsonType::string || fault) return void(json.skip_value());
    if (request.model_value.size > 0) fault = {Fault::field_repeated, kField};
    const std::size_t start = json.offset();
    JsonString name;
    json.read_string(name);
    request.model_value = {start, json.offset() - start};
    if (name.raw.starts_with(kModelPrefix)) name.raw.remove_prefix(kModelPrefix.size());
    if (!name.empty() && !request.take_model(name)) fault = {Fault::field_invalid, kField};
  });
  return fault;
}

}  // namespace

RequestResult<Envelope> read_envelope(Bytes body) {
  Envelope request;
  JsonReader json(body);
  JsonString key;
  bool inner_seen = false;
  if (json.enter_object()) {
    request.first_member = json.offset();
    while (json.next_member(key)) {
      if (key.is("generateContentRequest") || key.is("generate_content_request")) {
        if (std::exchange(inner_seen, true))
          return std::unexpected(RequestFault{Fault::field_repeated, "generateContentRequest"});
        if (const auto fault = read_inner(json, request)) return std::unexpected(*fault);
      } else {
        json.skip_value();
      }
    }
  }
  if (!json.finish())
    return std::unexpected(RequestFault{json.too_deep() ? Fault::json_too_deep : Fault::json_malformed, {}});
  return request;
}

codec::EditList write_passthrough(const Envelope& request, Bytes provider_model, std::string& scratch) {
  codec::EditList edits;
  if (request.model_value.size == 0 || provider_model == request.model()) return edits;
  scratch = "\"models/";
  codec::append_json_escaped(scratch, provider_model);
  scratch += '"';
  edits.add({request.model_value.offset, request.model_value.size, scratch});
  return edits;
}

std::optional<std::uint64_t> read_token_count(Bytes body) {
  std::optional<std::uint64_t> tokens;
  JsonReader json(body);
  for_members(json, [&](const JsonString& key) {
    if (!key.is("totalTokens")) return void(json.skip_value());
    tokens = json.unsigned_or_skip();
  });
  return json.finish() ? tokens : std::nullopt;
}

void write_token_count(std::uint64_t tokens, std::string& out) {
  codec::JsonWriter json(out);
  json.begin_object().key("totalTokens").unsigned_integer(tokens).key("promptTokensDetails").begin_array();
  json.begin_object().member("modality", "TEXT").key("tokenCount").unsigned_integer(tokens).end_object();
  json.end_array().end_object();
}

}  // namespace weir::dialect::gemini
