#include "weir/dialect/anthropic_messages.h"

#include <utility>

#include "weir/codec/json_reader.h"
#include "weir/codec/json_writer.h"

// What a body that is passed on has to be known of, and counted tokens.

namespace weir::dialect::anthropic_messages {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

namespace {

/// Empty when all is well.
std::optional<RequestFault> read_model(JsonReader& json, Envelope& request) {
  constexpr RequestFault kInvalid{Fault::field_invalid, "model"};
  if (json.peek() != JsonType::string) return kInvalid;
  JsonString name;
  const std::size_t start = json.offset();
  if (!json.read_string(name)) return std::nullopt;
  request.model_value = {start, json.offset() - start};
  if (!request.take_model(name)) return kInvalid;
  return std::nullopt;
}

std::optional<RequestFault> read_stream(JsonReader& json, Envelope& request) {
  const JsonType type = json.peek();
  if (type == JsonType::boolean) {
    json.read_boolean(request.stream);
  } else if (type == JsonType::null) {
    json.skip_value();
  } else {
    return RequestFault{Fault::field_invalid, "stream"};
  }
  return std::nullopt;
}

}  // namespace

RequestResult<Envelope> read_envelope(Bytes body) {
  Envelope request;
  JsonReader json(body);
  JsonString key;
  bool has_model = false;
  bool has_stream = false;
  if (json.enter_object()) {
    request.first_member = json.offset();
    while (json.next_member(key)) {
      const bool is_model = key.is("model");
      if (!is_model && !key.is("stream")) {
        json.skip_value();
        continue;
      }
      if (std::exchange(is_model ? has_model : has_stream, true))
        return std::unexpected(RequestFault{Fault::field_repeated, is_model ? "model" : "stream"});
      if (const auto fault = is_model ? read_model(json, request) : read_stream(json, request))
        return std::unexpected(*fault);
    }
  }
  if (!json.finish())
    return std::unexpected(RequestFault{json.too_deep() ? Fault::json_too_deep : Fault::json_malformed, {}});
  if (!has_model) return std::unexpected(RequestFault{Fault::field_missing, "model"});
  request.include_usage = true;
  return request;
}

codec::EditList write_passthrough(const Envelope& request, Bytes provider_model, std::string& scratch) {
  codec::EditList edits;
  if (provider_model == request.model()) return edits;
  codec::assign_json_string(scratch, provider_model);
  edits.add({request.model_value.offset, request.model_value.size, scratch});
  return edits;
}

std::optional<std::uint64_t> read_token_count(Bytes body) {
  JsonReader json(body);
  JsonString key;
  std::optional<std::uint64_t> tokens;
  if (json.peek() != JsonType::object) return std::nullopt;
  json.enter_object();
  while (json.next_member(key)) {
    if (key.is("input_tokens")) {
      tokens = json.unsigned_or_skip();
    } else {
      json.skip_value();
    }
  }
  if (!json.finish()) return std::nullopt;
  return tokens;
}

void write_token_count(std::string& out, std::uint64_t tokens) {
  codec::JsonWriter(out).begin_object().key("input_tokens").unsigned_integer(tokens).end_object();
}

}  // namespace weir::dialect::anthropic_messages
