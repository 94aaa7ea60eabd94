#include "gemini_read.h"

#include <cstring>

#include "gemini_schema.h"

namespace weir::dialect::gemini {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

namespace {

constexpr std::size_t kMaxTools = 1024;

}  // namespace

// ---- Fields.

FieldName::FieldName(const JsonString& key) : text_(key.raw) {
  if (!key.escaped && key.raw.find('_') == Bytes::npos) return;
  std::size_t size = 0;
  struct Made {
    std::array<char, kMaxSize>& made;
    std::size_t& size;
  } made{made_, size};
  const bool fits = key.raw.size() <= kMaxSize && codec::decode_json_string(
                                                      key.raw,
                                                      [](void* receiver, Bytes part) {
                                                        Made& into = *static_cast<Made*>(receiver);
                                                        if (part.size() > kMaxSize - into.size) return false;
                                                        part.copy(into.made.data() + into.size, part.size());
                                                        into.size += part.size();
                                                        return true;
                                                      },
                                                      &made);
  if (!fits) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const bool joint = made_[i] == '_' && kept > 0 && i + 1 < size && made_[i + 1] >= 'a' && made_[i + 1] <= 'z';
    made_[kept++] = joint ? static_cast<char>(made_[++i] - 'a' + 'A') : made_[i];
  }
  text_ = Bytes(made_.data(), kept);
}

void FieldReader::text(Bytes path, Bytes& into) {
  if (json.peek() != JsonType::string) return invalid(path, "It is no string.");
  JsonString string;
  if (json.read_string(string)) into = string.raw;
}

void FieldReader::number(Bytes path, Bytes& into) {
  if (json.peek() != JsonType::number) return invalid(path, "It is no number.");
  json.raw_value(into);
}

void FieldReader::unsigned_number(Bytes path, std::optional<std::uint64_t>& into) {
  if (json.peek() == JsonType::number) into = json.unsigned_or_skip();
  if (!into) invalid(path, "It is no whole number from 0 on.");
}

void FieldReader::boolean(Bytes path, bool& into) {
  if (json.peek() != JsonType::boolean) return invalid(path, "It is neither true nor false.");
  json.read_boolean(into);
}

void FieldReader::raw_object(Bytes path, Bytes& into) {
  if (json.peek() != JsonType::object) return invalid(path, "It is no object.");
  json.raw_value(into);
}

namespace {

// ---- Tools.

/// The schema of the subset that `parameters` and `responseSchema` hold, as JSON Schema.
Bytes as_json_schema(Request& request, Bytes openapi) {
  std::string schema;
  append_json_schema(schema, openapi);
  return request.keep(std::move(schema));
}

void read_declaration(FieldReader& in) {
  constexpr Bytes kPath = "tools.functionDeclarations";
  if (in.request.tools.size() == kMaxTools) return in.invalid("tools", "There are too many.");
  Tool tool;
  Bytes openapi;
  bool name_seen = false;
  in.object(kPath, [&](const FieldName& name) {
    if (name == "name") {
      if (in.first_time(name_seen, "tools.functionDeclarations.name"))
        in.text("tools.functionDeclarations.name", tool.name);
    } else if (name == "description") {
      in.text("tools.functionDeclarations.description", tool.description);
    } else if (name == "parameters") {
      in.raw_object("tools.functionDeclarations.parameters", openapi);
    } else if (name == "parametersJsonSchema") {
      in.raw_object("tools.functionDeclarations.parametersJsonSchema", tool.parameters);
    } else {
      in.drop(kPath, name);
    }
  });
  if (in.stopped()) return;
  if (tool.name.empty()) return in.invalid("tools.functionDeclarations.name", "It is missing.");
  if (tool.parameters.empty() && !openapi.empty()) tool.parameters = as_json_schema(in.request, openapi);
  in.request.tools.push_back(tool);
}

void read_tool(FieldReader& in) {
  in.object("tools", [&](const FieldName& name) {
    if (name == "functionDeclarations") return in.list([&] { read_declaration(in); });
    if (in.request.tools.size() == kMaxTools) return in.invalid("tools", "There are too many.");
    in.json.skip_value();
    in.request.tools.push_back({.hosted = in.request.keep(std::string(name.text()))});
  });
}

void read_tool_config(FieldReader& in) {
  constexpr Bytes kPath = "toolConfig.functionCallingConfig";
  ToolChoice& choice = in.request.tool_choice;
  in.object("toolConfig", [&](const FieldName& outer) {
    if (outer == "includeServerSideToolInvocations") return void(in.json.skip_value());
    if (outer != "functionCallingConfig") return in.drop("toolConfig", outer);
    in.object(kPath, [&](const FieldName& name) {
      if (name == "allowedFunctionNames")
        return in.list([&] {
          if (choice.allowed.size() == kMaxTools) return in.invalid(kPath, "There are too many.");
          in.text("toolConfig.functionCallingConfig.allowedFunctionNames", choice.allowed.emplace_back());
        });
      if (name != "mode") return in.drop(kPath, name);
      using enum ToolChoice::Mode;
      Bytes mode;
      in.text("toolConfig.functionCallingConfig.mode", mode);
      if (mode == "AUTO" || mode == "VALIDATED" || mode == "auto") {
        choice.mode = automatic;
      } else if (mode == "ANY" || mode == "any") {
        choice.mode = required;
      } else if (mode == "NONE" || mode == "none") {
        choice.mode = none;
      } else if (mode != "MODE_UNSPECIFIED") {
        in.invalid("toolConfig.functionCallingConfig.mode", "It is AUTO, ANY, NONE or VALIDATED.");
      }
    });
  });
  if (choice.mode == ToolChoice::Mode::required && choice.allowed.size() == 1) {
    choice.mode = ToolChoice::Mode::named;
    choice.name = choice.allowed[0];
    choice.allowed.clear();
  } else if (choice.mode == ToolChoice::Mode::unset && !choice.allowed.empty()) {
    choice.mode = ToolChoice::Mode::automatic;
  }
}

// ---- The request.

struct Seen {
  bool contents = false;
  bool system = false;
  bool tools = false;
  bool tool_config = false;
  bool config = false;
  bool whole = false;
};

void read_request(FieldReader& in, Seen& seen, bool inner) {
  in.object({}, [&](const FieldName& name) {
    if (name == "contents") {
      if (in.first_time(seen.contents, "contents")) read_contents(in);
    } else if (name == "systemInstruction") {
      if (in.first_time(seen.system, "systemInstruction")) read_system_instruction(in);
    } else if (name == "tools") {
      if (in.first_time(seen.tools, "tools")) in.list([&] { read_tool(in); });
    } else if (name == "toolConfig") {
      if (in.first_time(seen.tool_config, "toolConfig")) read_tool_config(in);
    } else if (name == "generationConfig") {
      if (in.first_time(seen.config, "generationConfig")) read_generation_config(in);
    } else if (name == "generateContentRequest" && !inner) {  // of countTokens
      if (in.first_time(seen.whole, "generateContentRequest")) read_request(in, seen, true);
    } else if (name == "cachedContent") {
      in.refuse("cachedContent", "What one vendor has stored is not known to another.");
    } else if (name == "labels") {
      in.raw_object("labels", in.request.metadata);
    } else if (name == "serviceTier") {
      in.text("serviceTier", in.request.service_tier);
    } else if (name == "store") {
      bool store = false;
      in.boolean("store", store);
      in.request.store = store;
    } else if (name == "model") {  // the URL tells
      in.json.skip_value();
    } else {
      in.drop({}, name);
    }
  });
}

}  // namespace

void read(Bytes body, Request& request, Loss& loss) {
  JsonReader json(body);
  FieldReader in{json, request, loss};
  Seen seen;
  if (json.peek() == JsonType::object) {
    read_request(in, seen, false);
  } else {
    json.skip_value();
    if (json.finish()) in.invalid({}, "The body is no JSON object.");
  }
  if (loss.refused()) return;
  if (!json.finish())
    return loss.refuse(
        {.fault = json.too_deep() ? Fault::json_too_deep : Fault::json_malformed, .field = {}, .why = {}});
  finish_contents(request);
  for (const Message& message : request.messages)
    if (message.role != Role::system) return;
  loss.refuse({.fault = Fault::field_missing, .field = "contents", .why = {}});
}

}  // namespace weir::dialect::gemini
