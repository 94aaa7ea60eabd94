#include <array>

#include "anthropic_messages_reader.h"
#include "weir/dialect/anthropic_messages.h"

namespace weir::dialect::anthropic_messages {

using codec::JsonType;

void read(Bytes body, Request& request, Loss& loss) { RequestReader(body, request, loss).read(false); }
void read_count_tokens(Bytes body, Request& request, Loss& loss) { RequestReader(body, request, loss).read(true); }

struct RequestReader::Field {
  Bytes name;
  void (RequestReader::*read)(Json& json);
};
constexpr RequestReader::Field RequestReader::kFields[] = {
    {"model", &RequestReader::read_model},
    {"messages", &RequestReader::read_messages},
    {"max_tokens", &RequestReader::read_max_tokens},
    {"system", &RequestReader::read_system},
    {"stream", &RequestReader::read_stream},
    {"tools", &RequestReader::read_tools},
    {"tool_choice", &RequestReader::read_tool_choice},
    {"thinking", &RequestReader::read_thinking},
    {"output_config", &RequestReader::read_output_config},
    {"output_format", &RequestReader::read_output_format},
    {"stop_sequences", &RequestReader::read_stop_sequences},
    {"temperature", &RequestReader::read_temperature},
    {"top_p", &RequestReader::read_top_p},
    {"top_k", &RequestReader::read_top_k},
    {"metadata", &RequestReader::read_metadata},
    {"service_tier", &RequestReader::read_service_tier},
    {"container", &RequestReader::read_container},
    {"mcp_servers", &RequestReader::read_mcp_servers},
    {"inference_geo", &RequestReader::read_inference_geo},
    {"thread", &RequestReader::read_thread},
};
constexpr std::size_t RequestReader::kFieldCount = std::size(kFields);

void RequestReader::read(bool counts_only) {
  std::array<bool, kFieldCount> seen{};
  String key;
  if (json_.enter_object()) {
    while (json_.next_member(key)) {
      std::size_t field = 0;
      while (field < kFieldCount && !key.is(kFields[field].name)) ++field;
      if (field == kFieldCount) {
        drop_member(json_, {}, key);
        continue;
      }
      if (seen[field]) loss_.refuse({Fault::field_repeated, std::string(kFields[field].name), {}});
      if (json_.peek() == JsonType::null) {
        json_.skip_value();
        continue;
      }
      seen[field] = true;
      (this->*kFields[field].read)(json_);
    }
  }
  if (!json_.finish()) return loss_.refuse({json_.too_deep() ? Fault::json_too_deep : Fault::json_malformed, {}, {}});
  constexpr std::size_t kRequired[] = {0, 1, 2};
  for (const std::size_t field : kRequired)
    if (!seen[field] && !(counts_only && kFields[field].name == "max_tokens")) missing(kFields[field].name);
  if (system_) request_.messages.insert(request_.messages.begin(), std::move(*system_));
}

// ---- Values.

void RequestReader::invalid(Bytes path, Bytes why) {
  loss_.refuse({Fault::field_invalid, std::string(path), std::string(why)});
}

void RequestReader::missing(Bytes path) { loss_.refuse({Fault::field_missing, std::string(path), {}}); }

bool RequestReader::string(Json& json, Bytes path, String& into) {
  const JsonType type = json.peek();
  if (type == JsonType::string) return json.read_string(into);
  if (type != JsonType::null) invalid(path, "It must be a string.");
  json.skip_value();
  return false;
}

bool RequestReader::text(Json& json, Bytes path, Bytes& into) {
  String read;
  if (!string(json, path, read)) return false;
  into = read.raw;
  return true;
}

bool RequestReader::number(Json& json, Bytes path, Bytes& into) {
  const JsonType type = json.peek();
  if (type == JsonType::number) return json.raw_value(into);
  if (type != JsonType::null) invalid(path, "It must be a number.");
  json.skip_value();
  return false;
}

bool RequestReader::count(Json& json, Bytes path, std::optional<std::uint64_t>& into) {
  if (json.peek() == JsonType::null) return json.skip_value(), false;
  const auto value = json.unsigned_or_skip();
  if (!value) return invalid(path, "It must be a whole number that is not negative."), false;
  into = value;
  return true;
}

bool RequestReader::boolean(Json& json, Bytes path, std::optional<bool>& into) {
  const JsonType type = json.peek();
  if (type == JsonType::boolean) {
    bool value = false;
    json.read_boolean(value);
    into = value;
    return true;
  }
  if (type != JsonType::null) invalid(path, "It must be true or false.");
  json.skip_value();
  return false;
}

bool RequestReader::object_value(Json& json, Bytes path, Bytes& into) {
  const JsonType type = json.peek();
  if (type == JsonType::object) return json.raw_value(into);
  if (type != JsonType::null) invalid(path, "It must be an object.");
  json.skip_value();
  return false;
}

bool RequestReader::enter_object(Json& json, Bytes path) {
  const JsonType type = json.peek();
  if (type == JsonType::object) return json.enter_object();
  if (type != JsonType::null) invalid(path, "It must be an object.");
  json.skip_value();
  return false;
}

bool RequestReader::enter_array(Json& json, Bytes path) {
  const JsonType type = json.peek();
  if (type == JsonType::array) return json.enter_array();
  if (type != JsonType::null) invalid(path, "It must be a list.");
  json.skip_value();
  return false;
}

/// Names are told in a header, so only those that look like names are told as they are.
void RequestReader::drop_member(Json& json, Bytes path, const String& key) {
  if (json.peek() == JsonType::null) return void(json.skip_value());
  json.skip_value();
  const auto plain = [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '_' || c == '-' || c == '.';
  };
  bool is_name = !key.raw.empty() && key.raw.size() <= 64;
  for (const char c : key.raw) is_name = is_name && plain(c);
  std::string name(path);
  if (!name.empty()) name += '.';
  loss_.drop(name.append(is_name ? key.raw : "unknown"));
}

// ---- Members.

void RequestReader::read_model(Json& json) {
  if (text(json, "model", request_.model) && request_.model.empty()) invalid("model", "It must name a model.");
}

void RequestReader::read_max_tokens(Json& json) { count(json, "max_tokens", request_.max_tokens); }

void RequestReader::read_stream(Json& json) {
  std::optional<bool> stream;
  boolean(json, "stream", stream);
  request_.stream = stream.value_or(false);
}

void RequestReader::read_temperature(Json& json) { number(json, "temperature", request_.temperature); }
void RequestReader::read_top_p(Json& json) { number(json, "top_p", request_.top_p); }
void RequestReader::read_top_k(Json& json) { number(json, "top_k", request_.top_k); }

void RequestReader::read_stop_sequences(Json& json) {
  if (!enter_array(json, "stop_sequences")) return;
  while (json.next_element()) {
    Bytes stop;
    if (!text(json, "stop_sequences", stop)) continue;
    if (request_.stop.size() == kMaxStops) {
      invalid("stop_sequences", "There are too many.");
    } else {
      request_.stop.push_back(stop);
    }
  }
}

void RequestReader::read_system(Json& json) {
  std::vector<Part> parts;
  read_content(json, "system", parts);
  for (const Part& part : parts)
    if (part.kind != PartKind::text) invalid("system", "It must hold nothing but text.");
  if (!parts.empty()) system_ = Message{.role = Role::system, .parts = std::move(parts)};
}

void RequestReader::read_tools(Json& json) {
  if (!enter_array(json, "tools")) return;
  for (std::size_t i = 0; json.next_element(); ++i) {
    if (i == kMaxTools) invalid("tools", "There are too many.");
    if (i >= kMaxTools) {
      json.skip_value();
    } else {
      read_tool(json, "tools." + std::to_string(i));
    }
  }
}

void RequestReader::read_tool(Json& json, const std::string& path) {
  if (json.peek() != JsonType::object) {
    invalid(path, "It must be an object.");
    return void(json.skip_value());
  }
  Tool tool;
  String type;
  String key;
  std::vector<Bytes> hints;  // of functions; a hosted tool has members of its own
  json.enter_object();
  while (json.next_member(key)) {
    if (key.is("name")) {
      text(json, path + ".name", tool.name);
    } else if (key.is("description")) {
      text(json, path + ".description", tool.description);
    } else if (key.is("input_schema")) {
      object_value(json, path + ".input_schema", tool.parameters);
    } else if (key.is("strict")) {
      boolean(json, path + ".strict", tool.strict);
    } else if (key.is("cache_control")) {
      object_value(json, path + ".cache_control", tool.cache_control);
    } else if (key.is("type")) {
      string(json, path + ".type", type);
    } else {
      for (const Bytes hint : {"input_examples", "defer_loading", "eager_input_streaming", "allowed_callers"})
        if (key.is(hint)) hints.push_back(hint);
      json.skip_value();
    }
  }
  if (!type.empty() && !type.is("custom")) {
    tool.hosted = type.raw;
  } else {
    for (const Bytes hint : hints) loss_.drop("tools." + std::string(hint));
    if (tool.name.empty()) missing(path + ".name");
  }
  request_.tools.push_back(tool);
}

void RequestReader::read_tool_choice(Json& json) {
  if (!enter_object(json, "tool_choice")) return;
  ToolChoice& choice = request_.tool_choice;
  String key;
  String type;
  while (json.next_member(key)) {
    if (key.is("type")) {
      string(json, "tool_choice.type", type);
    } else if (key.is("name")) {
      text(json, "tool_choice.name", choice.name);
    } else if (key.is("disable_parallel_tool_use")) {
      std::optional<bool> one_at_a_time;
      if (boolean(json, "tool_choice.disable_parallel_tool_use", one_at_a_time))
        request_.parallel_tool_calls = !*one_at_a_time;
    } else {
      drop_member(json, "tool_choice", key);
    }
  }
  if (type.is("auto")) {
    choice.mode = ToolChoice::Mode::automatic;
  } else if (type.is("any")) {
    choice.mode = ToolChoice::Mode::required;
  } else if (type.is("tool")) {
    choice.mode = ToolChoice::Mode::named;
    if (choice.name.empty()) missing("tool_choice.name");
  } else if (type.is("none")) {
    choice.mode = ToolChoice::Mode::none;
  } else if (json.ok()) {
    invalid("tool_choice.type", "It must be auto, any, tool or none.");
  }
}

void RequestReader::read_thinking(Json& json) {
  if (!enter_object(json, "thinking")) return;
  Reasoning& reasoning = request_.reasoning;
  String key;
  String type;
  String display;
  while (json.next_member(key)) {
    if (key.is("type")) {
      string(json, "thinking.type", type);
    } else if (key.is("budget_tokens")) {
      count(json, "thinking.budget_tokens", reasoning.budget_tokens);
    } else if (key.is("display")) {
      if (string(json, "thinking.display", display)) reasoning.show = !display.is("omitted");
    } else {
      drop_member(json, "thinking", key);
    }
  }
  if (type.is("enabled")) {
    reasoning.mode = Reasoning::Mode::on;
  } else if (type.is("adaptive") || type.is("between_tools")) {
    reasoning.mode = Reasoning::Mode::adaptive;
  } else if (type.is("disabled")) {
    reasoning.mode = Reasoning::Mode::off;
  } else if (json.ok()) {
    invalid("thinking.type", "It must be enabled, adaptive, between_tools or disabled.");
  }
}

void RequestReader::read_format(Json& json, const char* path) {
  if (!enter_object(json, path)) return;
  OutputFormat& format = request_.format;
  String key;
  String type;
  while (json.next_member(key)) {
    if (key.is("type")) {
      string(json, path, type);
    } else if (key.is("schema")) {
      object_value(json, path, format.schema);
    } else {
      drop_member(json, path, key);
    }
  }
  if (type.is("json_schema")) {
    format.kind = OutputFormat::Kind::json_schema;
    if (format.schema.empty()) missing(std::string(path) + ".schema");
  } else if (json.ok()) {
    invalid(std::string(path) + ".type", "It must be json_schema.");
  }
}

void RequestReader::read_output_config(Json& json) {
  if (!enter_object(json, "output_config")) return;
  String key;
  while (json.next_member(key)) {
    if (key.is("effort")) {
      Bytes& effort = request_.reasoning.effort;
      text(json, "output_config.effort", effort);
      if (!effort.empty() && !is_effort(effort))
        invalid("output_config.effort", "It must be low, medium, high, xhigh or max.");
    } else if (key.is("format")) {
      read_format(json, "output_config.format");
    } else {
      drop_member(json, "output_config", key);
    }
  }
}

/// The name of an earlier beta.
void RequestReader::read_output_format(Json& json) { read_format(json, "output_format"); }

void RequestReader::read_metadata(Json& json) {
  if (!enter_object(json, "metadata")) return;
  String key;
  while (json.next_member(key)) {
    if (key.is("user_id")) {
      text(json, "metadata.user_id", request_.user);
    } else {
      drop_member(json, "metadata", key);
    }
  }
}

/// In the words of OpenAI, which the neutral request uses.
void RequestReader::read_service_tier(Json& json) {
  String tier;
  if (!string(json, "service_tier", tier)) return;
  request_.service_tier = tier.is("standard_only") ? Bytes("default") : tier.raw;
}

void RequestReader::read_container(Json& json) {
  json.skip_value();
  loss_.refuse("container", "A container lives at one vendor: it cannot be taken to another.");
}

void RequestReader::read_mcp_servers(Json& json) {
  if (!enter_array(json, "mcp_servers")) return;
  bool any = false;
  while (json.next_element()) {
    any = true;
    json.skip_value();
  }
  if (any) loss_.refuse("mcp_servers", "Servers that a vendor calls itself cannot be taken to another vendor.");
}

/// The vendor keeps the messages, and later requests hold only the new ones. Anthropic's SDK goes on without a thread
/// when it is refused in the words of anthropic_messages_error.cpp.
void RequestReader::read_thread(Json& json) {
  json.skip_value();
  loss_.refuse("thread",
               "Messages that the vendor keeps cannot be taken to another vendor: send them all, without a thread.");
}

void RequestReader::read_inference_geo(Json& json) {
  json.skip_value();
  loss_.refuse("inference_geo", "Only Anthropic can promise where its models run.");
}

}  // namespace weir::dialect::anthropic_messages
