#include <algorithm>

#include "escaped_text.h"
#include "openai_responses_input.h"
#include "weir/codec/json_writer.h"
#include "weir/dialect/encoder.h"
#include "weir/dialect/openai_responses.h"

// Everything of a provider's request but its input items.

namespace weir::dialect::openai_responses {

namespace {

using codec::JsonWriter;

/// Least `max_output_tokens` that OpenAI takes. Other dialects allow less: clients ask for one token to see whether
/// there is an answer at all.
constexpr std::uint64_t kLeastOutput = 16;

/// Longest `user` that OpenAI takes, in characters.
constexpr std::uint64_t kMaxUser = 64;

void write_text(JsonWriter& json, Bytes name, Bytes escaped) {
  if (!escaped.empty()) json.key(name).escaped_string(escaped);
}
void write_raw(JsonWriter& json, Bytes name, Bytes raw) {
  if (!raw.empty()) json.key(name).raw(raw);
}

void write_sampling(JsonWriter& json, Bytes name, Bytes number, const Target& target, Loss& loss) {
  if (number.empty()) return;
  target.traits.takes_sampling ? write_raw(json, name, number) : loss.drop(name);
}

void write_tools(JsonWriter& json, const Request& request, Loss& loss) {
  if (request.tools.empty()) return;
  json.key("tools").begin_array();
  for (const Tool& tool : request.tools) {
    if (!tool.hosted.empty()) {
      loss.refuse("tools", "A tool that a vendor runs itself cannot be given to another vendor's model.");
      continue;
    }
    if (!tool.cache_control.empty()) loss.drop("cache_control");
    json.begin_object().member("type", "function").key("name").escaped_string(tool.name);
    write_text(json, "description", tool.description);
    json.key("parameters").raw(tool.parameters.empty() ? R"({"type":"object","properties":{}})" : tool.parameters);
    // Absent means true here, and false everywhere else.
    json.key("strict").boolean(tool.strict.value_or(false)).end_object();
  }
  json.end_array();
}

void write_function(JsonWriter& json, Bytes name) {
  json.begin_object().member("type", "function").key("name").escaped_string(name).end_object();
}

void write_tool_choice(JsonWriter& json, const ToolChoice& choice) {
  using enum ToolChoice::Mode;
  if (choice.mode == unset) return;
  json.key("tool_choice");
  if (choice.mode == none) {
    json.string("none");
  } else if (choice.mode == named) {
    write_function(json, choice.name);
  } else if (choice.allowed.empty()) {
    json.string(choice.mode == required ? "required" : "auto");
  } else {
    json.begin_object().member("type", "allowed_tools");
    json.member("mode", choice.mode == required ? "required" : "auto").key("tools").begin_array();
    for (const Bytes name : choice.allowed) write_function(json, name);
    json.end_array().end_object();
  }
}

void write_text_format(JsonWriter& json, const OutputFormat& format, Bytes verbosity) {
  using enum OutputFormat::Kind;
  if (format.kind == text && verbosity.empty()) return;
  json.key("text").begin_object();
  if (format.kind != text) {
    json.key("format").begin_object();
    json.member("type", format.kind == json_schema ? "json_schema" : "json_object");
    if (format.kind == json_schema) {
      json.key("name").escaped_string(format.name.empty() ? kSchemaTool : format.name);
      write_text(json, "description", format.description);
      json.key("schema").raw(format.schema.empty() ? R"({"type":"object"})" : format.schema);
      if (format.strict) json.key("strict").boolean(*format.strict);
    }
    json.end_object();
  }
  write_text(json, "verbosity", verbosity);
  json.end_object();
}

/// A client that asks for thinking by its own dialect's switch (and not only for some effort) wants to see it; OpenAI
/// shows summaries, and only when asked.
Bytes summary_of(const Reasoning& reasoning) {
  if (!reasoning.summary.empty()) return reasoning.summary;
  if (reasoning.show) return *reasoning.show ? Bytes("auto") : Bytes();
  const bool thinking =
      reasoning.mode == Reasoning::Mode::adaptive ||
      (reasoning.mode == Reasoning::Mode::on && (reasoning.budget_tokens || reasoning.effort.empty()));
  return thinking ? Bytes("auto") : Bytes();
}

/// True when the model is asked to think.
bool write_reasoning(JsonWriter& json, const Reasoning& reasoning, const Target& target, Loss& loss) {
  const Bytes effort = effort_told(reasoning, target.traits, target.budgets);
  if (reasoning.mode == Reasoning::Mode::off && reasoning.effort.empty()) {
    // Models that cannot be stopped from thinking refuse `none`.
    if (target.traits.is_reasoning) loss.drop("reasoning");
    return false;
  }
  const Bytes summary = summary_of(reasoning);
  if (!target.traits.takes_thinking && (!effort.empty() || !summary.empty())) {
    if (effort != "none") loss.drop("reasoning");
    return false;
  }
  if (effort.empty() && summary.empty()) return reasoning.mode != Reasoning::Mode::unset;
  json.key("reasoning").begin_object();
  write_text(json, "effort", effort);
  write_text(json, "summary", summary);
  json.end_object();
  return effort != "none";
}

void write_include(JsonWriter& json, bool reasoning, bool logprobs) {
  if (!reasoning && !logprobs) return;
  json.key("include").begin_array();
  if (reasoning) json.string("reasoning.encrypted_content");
  if (logprobs) json.string("message.output_text.logprobs");
  json.end_array();
}

/// Fields that this dialect has no place for.
void tell_losses(const Request& request, Loss& loss) {
  if (request.candidates.value_or(1) > 1) loss.refuse("n", "The provider of this model gives one answer to a request.");
  if (!request.stop.empty()) loss.refuse("stop", "The provider of this model knows no stop sequences.");
  if (!request.top_k.empty()) loss.drop("top_k");
  if (!request.seed.empty()) loss.drop("seed");
  if (!request.presence_penalty.empty()) loss.drop("presence_penalty");
  if (!request.frequency_penalty.empty()) loss.drop("frequency_penalty");
  if (!request.logit_bias.empty()) loss.drop("logit_bias");
  if (request.logprobs) loss.drop("logprobs");  // asked for, but events of answers cannot carry them
  if (request.store.value_or(false)) loss.drop("store");
}

void write_shared(JsonWriter& json, const Request& request, const Target& target, Loss& loss) {
  if (!target.quirks.has(Quirk::model_in_path)) json.member("model", target.model_id);
  json.key("input");
  write_input(json, request, loss);
  write_tools(json, request, loss);
  if (!request.tools.empty()) {
    write_tool_choice(json, request.tool_choice);
    if (request.parallel_tool_calls) json.key("parallel_tool_calls").boolean(*request.parallel_tool_calls);
  }
  write_text_format(json, request.format, request.verbosity);
}

}  // namespace

void write(const Request& request, const Target& target, std::string& out, Loss& loss) {
  tell_losses(request, loss);
  JsonWriter json(out);
  json.begin_object();
  write_shared(json, request, target, loss);
  if (request.max_tokens) json.key("max_output_tokens").unsigned_integer(std::max(*request.max_tokens, kLeastOutput));
  write_sampling(json, "temperature", request.temperature, target, loss);
  write_sampling(json, "top_p", request.top_p, target, loss);
  if (request.logprobs && request.top_logprobs) json.key("top_logprobs").unsigned_integer(*request.top_logprobs);
  const bool thinks = write_reasoning(json, request.reasoning, target, loss) || target.traits.is_reasoning;
  write_include(json, thinks, request.logprobs);
  json.key("store").boolean(false);
  write_raw(json, "metadata", request.metadata);
  if (count_characters(request.user) <= kMaxUser) {
    write_text(json, "user", request.user);
  } else {
    loss.drop("user");
  }
  write_text(json, "service_tier", request.service_tier);
  write_text(json, "prompt_cache_key", request.prompt_cache_key);
  if (target.stream) json.key("stream").boolean(true);
  json.end_object();
}

void write_input_tokens(const Request& request, const Target& target, std::string& out, Loss& loss) {
  JsonWriter json(out);
  json.begin_object();
  write_shared(json, request, target, loss);
  write_reasoning(json, request.reasoning, target, loss);
  json.end_object();
}

void write_input_tokens_answer(std::string& out, std::uint64_t tokens) {
  JsonWriter(out)
      .begin_object()
      .member("object", "response.input_tokens")
      .key("input_tokens")
      .unsigned_integer(tokens)
      .end_object();
}

}  // namespace weir::dialect::openai_responses
