#include "openai_responses_read.h"

#include "weir/codec/json_writer.h"

namespace weir::dialect::openai_responses {

namespace {

/// What lives on the servers of one vendor, and cannot be asked of another.
struct Refused {
  Bytes name;
  Bytes why;
};
constexpr Refused kRefused[] = {
    {"previous_response_id", "Answers are not stored here; send the whole conversation as input."},
    {"conversation", "Conversations are not stored here; send the whole conversation as input."},
    {"prompt", "Prompts that are stored at one vendor cannot be used with another."},
};
/// A field's name as a header may hold it.
Bytes printable(Bytes name) {
  for (const char c : name)
    if (!is_digit(c) && c != '_' && c != '-' && c != '.' && (to_lower(c) < 'a' || to_lower(c) > 'z')) return "unknown";
  return name.size() <= 64 ? name : "unknown";
}

constexpr Bytes kHostedTool = "A tool that a vendor runs itself cannot be given to another vendor's model.";

}  // namespace

void RequestReader::invalid(Bytes field, Bytes why) {
  loss_.refuse({.fault = Fault::field_invalid, .field = std::string(field), .why = std::string(why)});
}

bool RequestReader::is_null() {
  if (json_.peek() != JsonType::null) return false;
  json_.skip_value();
  return true;
}

bool RequestReader::string(JsonString& into, Bytes field) {
  if (is_null()) return false;
  if (json_.peek() == JsonType::string) return json_.read_string(into);
  json_.skip_value();
  invalid(field, "A string belongs there.");
  return false;
}

/// A text, with its escapes.
void RequestReader::text(Bytes& into, Bytes field) {
  JsonString read;
  if (string(read, field)) into = read.raw;
}

/// A text that decides something: without needless escapes, so that it can be compared.
void RequestReader::word(Bytes& into, Bytes field) {
  JsonString read;
  if (string(read, field)) into = plain(read);
}

Bytes RequestReader::plain(const JsonString& string) {
  if (!string.escaped) return string.raw;
  std::string decoded;
  codec::decode_json_string(
      string.raw,
      [](void* receiver, Bytes part) {
        *static_cast<std::string*>(receiver) += part;
        return true;
      },
      &decoded);
  std::string escaped;
  codec::append_json_escaped(escaped, decoded);
  return request_.keep(std::move(escaped));
}

void RequestReader::number(Bytes& into, Bytes field) {
  if (is_null()) return;
  if (json_.peek() == JsonType::number) return void(json_.raw_value(into));
  json_.skip_value();
  invalid(field, "A number belongs there.");
}

void RequestReader::whole_number(std::optional<std::uint64_t>& into, Bytes field) {
  if (is_null()) return;
  into = json_.unsigned_or_skip();
  if (!into) invalid(field, "A whole number belongs there.");
}

void RequestReader::boolean(std::optional<bool>& into, Bytes field) {
  if (is_null()) return;
  bool value = false;
  if (json_.peek() == JsonType::boolean) {
    if (json_.read_boolean(value)) into = value;
    return;
  }
  json_.skip_value();
  invalid(field, "true or false belongs there.");
}

void RequestReader::object(Bytes& raw, Bytes field) {
  if (is_null()) return;
  if (json_.peek() == JsonType::object) return void(json_.raw_value(raw));
  json_.skip_value();
  invalid(field, "An object belongs there.");
}

/// False when there is none to walk over.
bool RequestReader::enter_array(Bytes field) {
  if (is_null()) return false;
  if (json_.peek() == JsonType::array) return json_.enter_array();
  json_.skip_value();
  invalid(field, "An array belongs there.");
  return false;
}

void RequestReader::run() {
  JsonString key;
  std::vector<Bytes> seen;  // of the fields that are read
  if (json_.enter_object()) {
    while (json_.next_member(key)) {
      if (!read_field(key)) {
        json_.skip_value();
        loss_.drop(printable(key.raw));
        continue;
      }
      const Bytes name = plain(key);
      for (const Bytes other : seen)
        if (other == name)
          loss_.refuse({.fault = Fault::field_repeated, .field = std::string(name), .why = std::string()});
      seen.push_back(name);
      if (seen.size() > 64) break;
    }
  }
  if (!json_.finish())
    return loss_.refuse(
        {.fault = json_.too_deep() ? Fault::json_too_deep : Fault::json_malformed, .field = {}, .why = {}});
  const auto missing = [&](Bytes field) {
    loss_.refuse({.fault = Fault::field_missing, .field = std::string(field), .why = {}});
  };
  if (request_.model.empty()) missing("model");
  if (!has_input_) missing("input");
  if (!instructions_.empty())
    request_.messages.insert(request_.messages.begin(),
                             Message{.role = Role::system, .parts = {Part{.text = instructions_}}, .name = {}});
}

/// False when the field is unknown; its value is then still unread.
bool RequestReader::read_field(const JsonString& key) {
  Request& r = request_;
  if (key.is("model")) return text(r.model, "model"), true;
  if (key.is("input")) return read_input(), true;
  if (key.is("instructions")) return text(instructions_, "instructions"), true;
  if (key.is("max_output_tokens")) return whole_number(r.max_tokens, "max_output_tokens"), true;
  if (key.is("temperature")) return number(r.temperature, "temperature"), true;
  if (key.is("top_p")) return number(r.top_p, "top_p"), true;
  if (key.is("top_logprobs")) return whole_number(r.top_logprobs, "top_logprobs"), true;
  if (key.is("parallel_tool_calls")) return boolean(r.parallel_tool_calls, "parallel_tool_calls"), true;
  if (key.is("store")) return boolean(r.store, "store"), true;
  if (key.is("metadata")) return object(r.metadata, "metadata"), true;
  if (key.is("service_tier")) return word(r.service_tier, "service_tier"), true;
  if (key.is("prompt_cache_key")) return text(r.prompt_cache_key, "prompt_cache_key"), true;
  if (key.is("include")) return read_include(), true;
  if (key.is("text")) return read_text_options(), true;
  if (key.is("reasoning")) return read_reasoning(), true;
  if (key.is("tools")) return read_tools(), true;
  if (key.is("tool_choice")) return read_tool_choice(), true;
  if (key.is("user") || key.is("safety_identifier")) {
    text(r.user, "user");
  } else if (key.is("stream")) {
    std::optional<bool> stream;
    boolean(stream, "stream");
    r.stream = stream.value_or(false);
  } else if (key.is("background")) {
    std::optional<bool> background;
    boolean(background, "background");
    if (background.value_or(false)) loss_.refuse("background", "Answers are not made in the background here.");
  } else if (key.is("truncation")) {  // "disabled" is what everybody does
    Bytes truncation;
    word(truncation, "truncation");
    if (!truncation.empty() && truncation != "disabled") loss_.drop("truncation");
  } else {
    for (const Refused& refused : kRefused) {
      if (!key.is(refused.name)) continue;
      if (!is_null()) {
        json_.skip_value();
        loss_.refuse(refused.name, refused.why);
      }
      return true;
    }
    return false;
  }
  return true;
}

void RequestReader::read_include() {
  if (!enter_array("include")) return;
  while (json_.next_element()) {
    JsonString what;
    if (!string(what, "include")) continue;
    if (what.is("message.output_text.logprobs")) {
      request_.logprobs = true;
    } else if (!what.is("reasoning.encrypted_content")) {  // that is given unasked
      loss_.drop("include");
    }
  }
}

void RequestReader::read_text_options() {
  if (is_null()) return;
  if (json_.peek() != JsonType::object) {
    json_.skip_value();
    return invalid("text", "An object belongs there.");
  }
  for_members(json_, [&](const JsonString& key) {
    if (key.is("format")) return read_format();
    if (key.is("verbosity")) return word(request_.verbosity, "text.verbosity");
    json_.skip_value();
  });
}

void RequestReader::read_format() {
  if (is_null()) return;
  OutputFormat& format = request_.format;
  Bytes type;
  if (json_.peek() != JsonType::object) {
    json_.skip_value();
    return invalid("text.format", "An object belongs there.");
  }
  for_members(json_, [&](const JsonString& key) {
    if (key.is("type")) return word(type, "text.format.type");
    if (key.is("name")) return text(format.name, "text.format.name");
    if (key.is("description")) return text(format.description, "text.format.description");
    if (key.is("schema")) return object(format.schema, "text.format.schema");
    if (key.is("strict")) return boolean(format.strict, "text.format.strict");
    json_.skip_value();
  });
  if (type == "json_schema") {
    format.kind = OutputFormat::Kind::json_schema;
    if (format.schema.empty()) loss_.refuse({.fault = Fault::field_missing, .field = "text.format.schema", .why = {}});
  } else if (type == "json_object") {
    format.kind = OutputFormat::Kind::json_object;
  } else if (type != "text") {
    loss_.refuse("text.format.type", "Formats are text, json_object and json_schema.");
  }
}

void RequestReader::read_reasoning() {
  if (is_null()) return;
  if (json_.peek() != JsonType::object) {
    json_.skip_value();
    return invalid("reasoning", "An object belongs there.");
  }
  Reasoning& reasoning = request_.reasoning;
  for_members(json_, [&](const JsonString& key) {
    if (key.is("effort")) return word(reasoning.effort, "reasoning.effort");
    if (key.is("summary")) return word(reasoning.summary, "reasoning.summary");
    if (key.is("generate_summary")) {
      Bytes summary;
      word(summary, "reasoning.generate_summary");
      if (reasoning.summary.empty()) reasoning.summary = summary;
      return;
    }
    json_.skip_value();
  });
  if (!reasoning.effort.empty() && !is_effort(reasoning.effort))
    return invalid("reasoning.effort", "It must be none, minimal, low, medium, high, xhigh or max.");
  if (!reasoning.effort.empty())
    reasoning.mode = reasoning.effort == "none" ? Reasoning::Mode::off : Reasoning::Mode::on;
  if (!reasoning.summary.empty()) reasoning.show = true;
}

void RequestReader::read_tools() {
  if (!enter_array("tools")) return;
  while (json_.next_element()) {
    if (request_.tools.size() == kMaxTools) {
      json_.skip_value();
      invalid("tools", "There are too many.");
      continue;
    }
    if (json_.peek() != JsonType::object) {
      json_.skip_value();
      invalid("tools", "An object belongs there.");
      continue;
    }
    read_tool();
  }
}

void RequestReader::read_tool() {
  Tool tool;
  Bytes type;
  for_members(json_, [&](const JsonString& key) {
    if (key.is("type")) return word(type, "tools.type");
    if (key.is("name")) return text(tool.name, "tools.name");
    if (key.is("description")) {
      JsonString description;  // hosted tools may have other things there
      if (json_.string_or_skip(description)) tool.description = description.raw;
      return;
    }
    if (key.is("parameters")) return object(tool.parameters, "tools.parameters");
    if (key.is("strict")) return boolean(tool.strict, "tools.strict");
    json_.skip_value();
  });
  if (type != "function") {
    tool.hosted = type.empty() ? Bytes("?") : type;
    loss_.refuse("tools", kHostedTool);
  } else if (tool.name.empty()) {
    loss_.refuse({.fault = Fault::field_missing, .field = "tools.name", .why = {}});
  }
  request_.tools.push_back(tool);
}

void RequestReader::read_allowed_tools(std::vector<Bytes>& into) {
  if (!enter_array("tool_choice.tools")) return;
  while (json_.next_element()) {
    Bytes name;
    Bytes type = "function";
    for_members(json_, [&](const JsonString& key) {
      if (key.is("name")) return text(name, "tool_choice.tools.name");
      if (key.is("type")) return word(type, "tool_choice.tools.type");
      json_.skip_value();
    });
    if (type != "function") loss_.refuse("tool_choice", kHostedTool);
    if (name.empty() || into.size() == kMaxTools)
      invalid("tool_choice.tools", "Names of functions belong there.");
    else
      into.push_back(name);
  }
}

void RequestReader::read_tool_choice() {
  using enum ToolChoice::Mode;
  if (is_null()) return;
  ToolChoice& choice = request_.tool_choice;
  const auto read_mode = [&](Bytes mode) {
    if (mode == "auto") return choice.mode = automatic, true;
    if (mode == "none") return choice.mode = none, true;
    if (mode == "required") return choice.mode = required, true;
    return false;
  };
  if (json_.peek() == JsonType::string) {
    Bytes mode;
    word(mode, "tool_choice");
    if (!read_mode(mode)) invalid("tool_choice", "It is auto, none, required, or an object.");
    return;
  }
  if (json_.peek() != JsonType::object) {
    json_.skip_value();
    return invalid("tool_choice");
  }
  Bytes type;
  Bytes mode;
  for_members(json_, [&](const JsonString& key) {
    if (key.is("type")) return word(type, "tool_choice.type");
    if (key.is("name")) return text(choice.name, "tool_choice.name");
    if (key.is("mode")) return word(mode, "tool_choice.mode");
    if (key.is("tools")) return read_allowed_tools(choice.allowed);
    json_.skip_value();
  });
  if (type == "function") {
    choice.mode = named;
    if (choice.name.empty()) loss_.refuse({.fault = Fault::field_missing, .field = "tool_choice.name", .why = {}});
  } else if (type == "allowed_tools") {
    if (!read_mode(mode)) invalid("tool_choice.mode", "It is auto or required.");
  } else {
    loss_.refuse("tool_choice", kHostedTool);
  }
}

void read(Bytes body, Request& request, Loss& loss) { RequestReader(body, request, loss).run(); }

}  // namespace weir::dialect::openai_responses
