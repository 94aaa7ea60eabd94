#include "weir/dialect/openai_chat.h"

#include <optional>

#include "weir/codec/json_reader.h"
#include "weir/codec/json_writer.h"

namespace weir::dialect::openai_chat {

using codec::EditList;
using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

namespace {

using Presence = Envelope::Presence;
using MaybeFault = std::optional<RequestFault>;

RequestFault invalid(Bytes field) { return {Fault::field_invalid, field}; }
RequestFault repeated(Bytes field) { return {Fault::field_repeated, field}; }

/// The offsets of the value that `read` consumes.
template <class Read>
BodyRange range_of(JsonReader& json, Read&& read) {
  json.peek();  // moves to the value
  const std::size_t start = json.offset();
  read();
  return {start, json.offset() - start};
}

MaybeFault read_model(JsonReader& json, Envelope& request) {
  if (json.peek() != JsonType::string) return invalid("model");
  JsonString name;
  request.model_value = range_of(json, [&] { json.read_string(name); });
  if (!json.ok()) return {};
  if (!request.take_model(name)) return invalid("model");
  return {};
}

MaybeFault read_stream(JsonReader& json, Envelope& request) {
  const JsonType type = json.peek();
  if (type != JsonType::null && type != JsonType::boolean) return invalid("stream");
  request.stream_value = range_of(json, [&] {
    if (type == JsonType::null) {
      json.skip_value();
    } else {
      json.read_boolean(request.stream);
    }
  });
  return {};
}

MaybeFault read_include_usage(JsonReader& json, Envelope& request) {
  constexpr Bytes kField = "stream_options.include_usage";
  if (request.include_usage_option != Presence::absent) return repeated(kField);
  const JsonType type = json.peek();
  if (type != JsonType::null && type != JsonType::boolean) return invalid(kField);
  request.include_usage_option = type == JsonType::null ? Presence::null : Presence::value;
  request.include_usage_value = range_of(json, [&] {
    if (type == JsonType::null) {
      json.skip_value();
    } else {
      json.read_boolean(request.include_usage);
    }
  });
  return {};
}

MaybeFault read_stream_options(JsonReader& json, Envelope& request) {
  const JsonType type = json.peek();
  if (type != JsonType::null && type != JsonType::object) return invalid("stream_options");
  request.stream_options = type == JsonType::null ? Presence::null : Presence::object;
  MaybeFault fault;
  request.stream_options_value = range_of(json, [&] {
    if (type == JsonType::null) {
      json.skip_value();
      return;
    }
    request.stream_options_empty = true;
    JsonString key;
    json.enter_object();
    while (!fault && json.next_member(key)) {
      request.stream_options_empty = false;
      if (key.is("include_usage")) {
        fault = read_include_usage(json, request);
      } else {
        json.skip_value();
      }
    }
  });
  return fault;
}

/// Where `max_tokens` and `max_completion_tokens` stand.
void note_limit(Bytes body, const JsonString& key, Envelope& request) {
  const BodyRange range{static_cast<std::size_t>(key.raw.data() - body.data()) - 1, key.raw.size() + 2};
  if (key.is("max_tokens")) request.max_tokens_key = range;
  if (key.is("max_completion_tokens")) request.max_completion_tokens_key = range;
}

/// The top-level members that are read; everything else is validated and passes through.
struct Field {
  Bytes name;
  MaybeFault (*read)(JsonReader& json, Envelope& request);
};
constexpr Field kFields[] = {
    {"model", read_model},
    {"stream", read_stream},
    {"stream_options", read_stream_options},
};
constexpr std::size_t kModel = 0;

}  // namespace

RequestResult<Envelope> read_envelope(Bytes body) {
  Envelope request;
  JsonReader json(body);
  bool seen[std::size(kFields)] = {};
  MaybeFault fault;
  JsonString key;
  if (json.enter_object()) {
    request.first_member = json.offset();
    while (json.next_member(key)) {
      std::size_t field = 0;
      while (field < std::size(kFields) && !key.is(kFields[field].name)) ++field;
      if (field == std::size(kFields)) {
        if (key.raw.starts_with("max_")) note_limit(body, key, request);
        json.skip_value();
        continue;
      }
      const MaybeFault found = seen[field] ? repeated(kFields[field].name) : kFields[field].read(json, request);
      seen[field] = true;
      if (found) {
        fault = found;
        break;
      }
    }
  }
  if (fault) return std::unexpected(*fault);
  if (!json.finish())
    return std::unexpected(RequestFault{json.too_deep() ? Fault::json_too_deep : Fault::json_malformed, {}});
  if (!seen[kModel]) return std::unexpected(RequestFault{Fault::field_missing, "model"});
  return request;
}

EditList write_passthrough(const Envelope& request, Bytes provider_model, bool ask_usage, std::string& scratch) {
  EditList edits;
  if (provider_model != request.model()) {
    codec::assign_json_string(scratch, provider_model);
    edits.add({request.model_value.offset, request.model_value.size, scratch});
  }
  if (!ask_usage || !request.stream || request.include_usage) return edits;

  if (request.include_usage_option != Presence::absent) {
    edits.add({request.include_usage_value.offset, request.include_usage_value.size, "true"});
  } else if (request.stream_options == Presence::object) {
    const Bytes member = request.stream_options_empty ? R"("include_usage":true)" : R"("include_usage":true,)";
    edits.add({request.stream_options_value.offset + 1, 0, member});
  } else if (request.stream_options == Presence::null) {
    edits.add({request.stream_options_value.offset, request.stream_options_value.size, R"({"include_usage":true})"});
  } else {
    edits.add({request.first_member, 0, R"("stream_options":{"include_usage":true},)"});
  }
  return edits;
}

}  // namespace weir::dialect::openai_chat
