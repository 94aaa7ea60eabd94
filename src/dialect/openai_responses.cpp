#include "weir/dialect/openai_responses.h"

#include "json_members.h"
#include "weir/codec/json_reader.h"
#include "weir/codec/json_writer.h"

// What needs no translation: passing a request on, and the small answers.

namespace weir::dialect::openai_responses {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

namespace {

using MaybeFault = std::optional<RequestFault>;

MaybeFault read_model(JsonReader& json, Envelope& request) {
  if (json.peek() != JsonType::string) return RequestFault{Fault::field_invalid, "model"};
  const std::size_t start = json.offset();
  JsonString name;
  if (!json.read_string(name)) return {};
  request.model_value = {start, json.offset() - start};
  if (!request.take_model(name)) return RequestFault{Fault::field_invalid, "model"};
  return {};
}

MaybeFault read_stream(JsonReader& json, Envelope& request) {
  if (json.peek() == JsonType::null) {
    json.skip_value();
  } else if (json.peek() == JsonType::boolean) {
    json.read_boolean(request.stream);
  } else {
    return RequestFault{Fault::field_invalid, "stream"};
  }
  return {};
}

}  // namespace

RequestResult<Envelope> read_envelope(Bytes body) {
  Envelope request;
  request.include_usage = true;
  JsonReader json(body);
  bool model_seen = false;
  bool stream_seen = false;
  MaybeFault fault;
  JsonString key;
  if (json.enter_object()) {
    request.first_member = json.offset();
    while (!fault && json.next_member(key)) {
      if (key.is("model")) {
        fault = model_seen ? RequestFault{Fault::field_repeated, "model"} : read_model(json, request);
        model_seen = true;
      } else if (key.is("stream")) {
        fault = stream_seen ? RequestFault{Fault::field_repeated, "stream"} : read_stream(json, request);
        stream_seen = true;
      } else if (key.is("previous_response_id") && json.peek() == JsonType::string) {
        JsonString id;
        if (json.read_string(id)) request.previous_answer = {json.offset() - 1 - id.raw.size(), id.raw.size()};
      } else {
        json.skip_value();
      }
    }
  }
  if (fault) return std::unexpected(*fault);
  if (!json.finish())
    return std::unexpected(RequestFault{json.too_deep() ? Fault::json_too_deep : Fault::json_malformed, {}});
  if (!model_seen) return std::unexpected(RequestFault{Fault::field_missing, "model"});
  return request;
}

codec::EditList write_passthrough(const Envelope& request, Bytes provider_model, std::string& scratch) {
  codec::EditList edits;
  if (provider_model == request.model()) return edits;
  codec::assign_json_string(scratch, provider_model);
  edits.add({request.model_value.offset, request.model_value.size, scratch});
  return edits;
}

std::optional<std::uint64_t> read_input_tokens(Bytes body) {
  JsonReader json(body);
  std::optional<std::uint64_t> tokens;
  for_members(json, [&](const JsonString& key) {
    key.is("input_tokens") ? void(tokens = json.unsigned_or_skip()) : void(json.skip_value());
  });
  return json.finish() ? tokens : std::nullopt;
}

}  // namespace weir::dialect::openai_responses
