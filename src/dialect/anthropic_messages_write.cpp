#include <algorithm>
#include <charconv>

#include "anthropic_messages_text.h"
#include "anthropic_messages_writer.h"
#include "json_word.h"
#include "weir/dialect/anthropic_messages.h"
#include "weir/dialect/encoder.h"

// The members of the body. Whatever the API does not document is left out: it answers unknown members with 400.

namespace weir::dialect::anthropic_messages {

namespace {

/// A JSON number's value; nothing when it is beyond all measure.
std::optional<double> value_of(Bytes number) {
  double value = 0;
  const auto result = std::from_chars(number.data(), number.data() + number.size(), value);
  if (result.ec != std::errc() || result.ptr != number.data() + number.size()) return std::nullopt;
  return value;
}

}  // namespace

bool emulates_schema(const Request& request, const Target& target) {
  if (request.format.kind != OutputFormat::Kind::json_schema) return false;
  if (target.traits.takes_output_schema && is_enforceable(request.format.schema)) return false;
  // A turn in which the client wants a tool called has no text to be shaped.
  return request.tools.empty() || (request.tool_choice.mode != ToolChoice::Mode::required &&
                                   request.tool_choice.mode != ToolChoice::Mode::named);
}

void write(const Request& request, const Target& target, std::string& out, Loss& loss) {
  RequestWriter(request, target, out, loss).write_messages_request();
}

void write_count_tokens(const Request& request, const Target& target, std::string& out, Loss& loss) {
  RequestWriter(request, target, out, loss).write_count_request();
}

/// Within a list that the client narrowed.
bool RequestWriter::offers(const Tool& tool) const {
  const auto& allowed = request_.tool_choice.allowed;
  return allowed.empty() || std::ranges::find(allowed, tool.name) != allowed.end();
}

bool RequestWriter::has_tools() const {
  return std::ranges::any_of(request_.tools, [&](const Tool& tool) { return offers(tool); });
}

bool RequestWriter::forces_tool() const {
  using enum ToolChoice::Mode;
  return emulates_schema_ ||
         (has_tools() && (request_.tool_choice.mode == required || request_.tool_choice.mode == named));
}

void RequestWriter::write_messages_request() {
  emulates_schema_ = emulates_schema(request_, target_);
  plan_turns();
  plan_thinking();
  json_.begin_object();
  if (!target_.quirks.has(Quirk::model_in_path)) json_.member("model", target_.model_id);
  json_.key("max_tokens").unsigned_integer(max_tokens());
  if (target_.stream) json_.key("stream").boolean(true);
  write_common();
  write_sampling();
  bool any = false;
  for (const Bytes stop : request_.stop) {
    if (stop.empty()) continue;
    if (is_blank(stop)) {
      loss_.refuse("stop", "Claude takes no stop sequence that is white space alone.");
      continue;
    }
    if (!any) json_.key("stop_sequences").begin_array();
    any = true;
    json_.escaped_string(stop);
  }
  if (any) json_.end_array();
  if (!request_.user.empty())
    json_.key("metadata").begin_object().key("user_id").escaped_string(request_.user).end_object();
  if (request_.service_tier == "auto") {
    json_.member("service_tier", "auto");
  } else if (request_.service_tier == "default" || request_.service_tier == "standard_only") {
    json_.member("service_tier", "standard_only");
  } else if (!request_.service_tier.empty()) {
    loss_.drop("service_tier");
  }
  json_.end_object();
  report_losses();
}

void RequestWriter::write_count_request() {
  emulates_schema_ = emulates_schema(request_, target_);
  plan_turns();
  plan_thinking();
  json_.begin_object();
  if (!target_.quirks.has(Quirk::model_in_path)) json_.member("model", target_.model_id);
  write_common();
  json_.end_object();
}

/// What counts as input, and so is in both kinds of requests.
void RequestWriter::write_common() {
  write_system();
  write_messages();
  write_tools();
  write_tool_choice();
  write_thinking();
  write_output_config();
}

void RequestWriter::write_tool(const Tool& tool) {
  if (!tool.hosted.empty())
    return loss_.refuse("tools", "A tool that its provider runs itself cannot be taken to another provider.");
  json_.begin_object().key("name").escaped_string(tool.name);
  if (!tool.description.empty()) json_.key("description").escaped_string(tool.description);
  const bool strict =
      tool.strict.value_or(false) && target_.traits.takes_output_schema && is_enforceable(tool.parameters);
  if (tool.strict.value_or(false) && !strict) loss_.drop("tools.strict");
  std::string schema;
  strict ? void(append_enforced_schema(schema, tool.parameters)) : append_object_schema(schema, tool.parameters);
  json_.key("input_schema").raw(schema);
  if (strict) json_.key("strict").boolean(true);
  if (!tool.cache_control.empty()) json_.key("cache_control").raw(tool.cache_control);
  json_.end_object();
}

void RequestWriter::write_tools() {
  if (!has_tools() && !emulates_schema_) return;
  json_.key("tools").begin_array();
  for (const Tool& tool : request_.tools)
    if (offers(tool)) write_tool(tool);
  if (emulates_schema_) {
    Tool schema{.name = kSchemaTool, .parameters = request_.format.schema};
    schema.description = request_.format.description.empty()
                             ? "Gives the answer. Its arguments are the answer, in the form that is asked for."
                             : request_.format.description;
    write_tool(schema);
  }
  json_.end_array();
}

void RequestWriter::write_tool_choice() {
  using enum ToolChoice::Mode;
  const ToolChoice& choice = request_.tool_choice;
  const bool one_at_a_time = !request_.parallel_tool_calls.value_or(true);
  if (!has_tools() && !emulates_schema_) return;
  if (choice.mode == unset && !one_at_a_time && !emulates_schema_) return;
  json_.key("tool_choice").begin_object();
  if (emulates_schema_) {
    // With tools of the client the model chooses: one of them, or the answer.
    const bool alone = !has_tools() || choice.mode == none;
    json_.member("type", alone ? "tool" : "any");
    if (alone) json_.member("name", kSchemaTool);
  } else if (choice.mode == named) {
    json_.member("type", "tool").key("name").escaped_string(choice.name);
  } else {
    json_.member("type", choice.mode == none ? "none" : choice.mode == required ? "any" : "auto");
  }
  if (one_at_a_time && (choice.mode != none || emulates_schema_)) json_.key("disable_parallel_tool_use").boolean(true);
  json_.end_object();
}

/// Thinking forbids every temperature but 1, top_k, and a top_p below 0.95; the newest models forbid all of it always.
void RequestWriter::write_sampling() {
  const bool refused = !target_.traits.takes_sampling;
  bool has_temperature = false;
  if (!request_.temperature.empty()) {
    const auto value = value_of(request_.temperature);
    if (refused || thinking_.on() || !value) {
      if (value != 1.0) loss_.drop("temperature");
    } else if (*value > 1) {
      loss_.drop("temperature");
      json_.key("temperature").raw("1");
    } else {
      has_temperature = *value != 1;
      json_.key("temperature").raw(request_.temperature);
    }
  }
  if (!request_.top_p.empty()) {
    const auto value = value_of(request_.top_p);
    const bool excluded = has_temperature && !target_.traits.takes_temperature_and_top_p;
    const double least = refused ? 0.99 : thinking_.on() ? 0.95 : excluded ? 1 : 0;
    if (!value || *value < least) {
      loss_.drop("top_p");
    } else if (!refused && !excluded) {
      json_.key("top_p").raw(request_.top_p);
    }
  }
  if (!request_.top_k.empty()) {
    if (refused || thinking_.on()) {
      loss_.drop("top_k");
    } else {
      json_.key("top_k").raw(request_.top_k);
    }
  }
}

void RequestWriter::write_output_config() {
  const bool has_schema = request_.format.kind == OutputFormat::Kind::json_schema &&
                          target_.traits.takes_output_schema && is_enforceable(request_.format.schema);
  if (!has_schema && thinking_.effort.empty()) return;
  json_.key("output_config").begin_object();
  if (!thinking_.effort.empty()) json_.member("effort", thinking_.effort);
  if (has_schema) {
    std::string schema;
    append_enforced_schema(schema, request_.format.schema);
    json_.key("format").begin_object().member("type", "json_schema").key("schema").raw(schema).end_object();
  }
  json_.end_object();
}

void RequestWriter::report_losses() {
  if (request_.candidates.value_or(1) > 1) loss_.refuse("n", "Claude gives one answer to a request.");
  const auto drop = [&](bool is_there, Bytes name) {
    if (is_there) loss_.drop(name);
  };
  drop(!request_.seed.empty(), "seed");
  drop(!request_.presence_penalty.empty(), "presence_penalty");
  drop(!request_.frequency_penalty.empty(), "frequency_penalty");
  drop(!request_.logit_bias.empty(), "logit_bias");
  drop(request_.logprobs, "logprobs");
  drop(request_.top_logprobs.has_value(), "top_logprobs");
  drop(!request_.metadata.empty(), "metadata");
  drop(request_.store.value_or(false), "store");
  drop(!request_.verbosity.empty(), "verbosity");
  drop(!request_.prompt_cache_key.empty(), "prompt_cache_key");
}

void RequestWriter::write_system() {
  const bool wants_json = request_.format.kind == OutputFormat::Kind::json_object;
  bool any = false;
  const auto begin = [&] {
    if (!any) json_.key("system").begin_array();
    any = true;
  };
  for (const Message* const message : system_)
    for (const Part& part : message->parts) {
      if (part.kind != PartKind::text) {
        loss_.refuse("messages", "Claude takes nothing but text in a system message.");
      } else if (!is_blank(part.text)) {
        begin();
        write_text(part.text, part.cache_control);
      }
    }
  if (wants_json) {
    begin();
    write_text(kJsonInstruction, {});
  }
  if (any) json_.end_array();
}

}  // namespace weir::dialect::anthropic_messages
