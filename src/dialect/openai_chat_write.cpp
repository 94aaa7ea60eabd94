#include "openai_chat_write.h"

#include <algorithm>

#include "escaped_text.h"
#include "weir/dialect/openai_chat.h"

// The provider's request, written from the neutral one: everything but the messages. Rules: WIREFORMATS.md 16.1 and 17.

namespace weir::dialect::openai_chat {

namespace {

using codec::JsonWriter;

constexpr Bytes kStrictFields[] = {
    "model",      "messages",    "temperature",         "top_p",       "max_tokens",
    "stream",     "stop",        "random_seed",         "metadata",    "response_format",
    "tools",      "tool_choice", "presence_penalty",    "n",           "frequency_penalty",
    "prediction", "prompt_mode", "parallel_tool_calls", "safe_prompt", "reasoning_effort",
};

class RequestWriter {
 public:
  RequestWriter(const Request& request, const Target& target, std::string& out, Loss& loss)
      : request_(request), target_(target), json_(out), loss_(loss) {}

  void write() {
    json_.begin_object();
    if (!has(Quirk::model_in_path)) json_.member("model", target_.model_id);
    json_.key("messages");
    write_messages(request_, target_, json_, loss_);
    if (request_.is_begun && has(Quirk::continues_final_message))
      json_.key("add_generation_prompt").boolean(false).key("continue_final_message").boolean(true);
    write_limits();
    write_sampling();
    write_tools();
    write_format();
    write_reasoning();
    write_hints();
    if (target_.stream) {
      json_.key("stream").boolean(true);
      if (!has(Quirk::no_stream_options))
        json_.key("stream_options").begin_object().key("include_usage").boolean(true).end_object();
    }
    json_.end_object();
  }

 private:
  bool has(Quirk quirk) const { return target_.quirks.has(quirk); }

  /// True when a field may be written under this name; otherwise it is lost.
  bool takes(Bytes name) {
    if (!has(Quirk::strict_fields) || is_strict_field(name)) return true;
    loss_.drop(name);
    return false;
  }
  void raw(Bytes name, Bytes value) {
    if (!value.empty() && takes(name)) json_.key(name).raw(value);
  }
  void text(Bytes name, Bytes value) {
    if (!value.empty() && takes(name)) json_.key(name).escaped_string(value);
  }
  void sampling(Bytes name, Bytes value) {
    if (value.empty()) return;
    target_.traits.takes_sampling ? raw(name, value) : loss_.drop(name);
  }

  void write_limits() {
    if (request_.max_tokens) {
      const bool old_name = has(Quirk::max_tokens_only) || !target_.traits.is_reasoning;
      json_.key(old_name ? "max_tokens" : "max_completion_tokens").unsigned_integer(*request_.max_tokens);
    }
    if (!request_.stop.empty()) {
      json_.key("stop").begin_array();
      for (const Bytes stop : request_.stop) json_.escaped_string(stop);
      json_.end_array();
    }
    if (request_.candidates.value_or(1) != 1) json_.key("n").unsigned_integer(*request_.candidates);
  }

  void write_sampling() {
    sampling("temperature", request_.temperature);
    sampling("top_p", request_.top_p);
    if (!request_.top_k.empty()) loss_.drop("top_k");
    if (!request_.seed.empty()) {
      has(Quirk::random_seed) ? void(json_.key("random_seed").raw(request_.seed)) : raw("seed", request_.seed);
    }
    raw("presence_penalty", request_.presence_penalty);
    raw("frequency_penalty", request_.frequency_penalty);
    raw("logit_bias", request_.logit_bias);
    if (request_.logprobs && takes("logprobs")) {
      json_.key("logprobs").boolean(true);
      if (request_.top_logprobs) json_.key("top_logprobs").unsigned_integer(*request_.top_logprobs);
    }
  }

  bool is_allowed(const Tool& tool) const {
    const auto& allowed = request_.tool_choice.allowed;
    return allowed.empty() || std::ranges::find(allowed, tool.name) != allowed.end();
  }

  /// Where the client narrows the choice to some tools, the others are not written: that every provider understands.
  void write_tools() {
    for (const Tool& tool : request_.tools)
      if (!tool.hosted.empty())
        return loss_.refuse("tools",
                            "The provider of this model does not run tools itself; only functions can be given.");
    if (std::ranges::none_of(request_.tools, [&](const Tool& tool) { return is_allowed(tool); })) return;
    json_.key("tools").begin_array();
    for (const Tool& tool : request_.tools)
      if (is_allowed(tool)) write_tool(tool);
    json_.end_array();
    write_tool_choice();
    if (request_.parallel_tool_calls) json_.key("parallel_tool_calls").boolean(*request_.parallel_tool_calls);
  }

  void write_tool(const Tool& tool) {
    if (!tool.cache_control.empty()) loss_.drop("cache_control");
    json_.begin_object().member("type", "function").key("function").begin_object();
    json_.key("name").escaped_string(tool.name);
    if (!tool.description.empty()) json_.key("description").escaped_string(tool.description);
    json_.key("parameters").raw(tool.parameters.empty() ? R"({"type":"object","properties":{}})" : tool.parameters);
    if (tool.strict) json_.key("strict").boolean(*tool.strict);
    json_.end_object().end_object();
  }

  void write_tool_choice() {
    const ToolChoice& choice = request_.tool_choice;
    switch (choice.mode) {
      case ToolChoice::Mode::unset:
        return;
      case ToolChoice::Mode::automatic:
        json_.member("tool_choice", "auto");
        return;
      case ToolChoice::Mode::none:
        json_.member("tool_choice", "none");
        return;
      case ToolChoice::Mode::required:
        json_.member("tool_choice", has(Quirk::tool_choice_any) ? "any" : "required");
        return;
      case ToolChoice::Mode::named:
        json_.key("tool_choice").begin_object().member("type", "function").key("function").begin_object();
        json_.key("name").escaped_string(choice.name).end_object().end_object();
        return;
    }
  }

  void write_format() {
    const OutputFormat& format = request_.format;
    if (format.kind == OutputFormat::Kind::text) return;
    json_.key("response_format").begin_object();
    if (format.kind == OutputFormat::Kind::json_object || has(Quirk::no_json_schema)) {
      json_.member("type", "json_object").end_object();
      return;
    }
    json_.member("type", "json_schema").key("json_schema").begin_object();
    json_.key("name").escaped_string(format.name.empty() ? kSchemaName : format.name);
    if (!format.description.empty()) json_.key("description").escaped_string(format.description);
    json_.key("schema").raw(format.schema);
    if (format.strict) json_.key("strict").boolean(*format.strict);
    json_.end_object().end_object();
  }

  void write_reasoning() {
    const Bytes effort = effort_told(request_.reasoning, target_.traits, target_.budgets);
    if (effort.empty()) return;
    target_.traits.takes_thinking ? text("reasoning_effort", effort) : loss_.drop("reasoning_effort");
  }

  void write_hints() {
    if (count_characters(request_.user) <= kMaxUser) {
      text("user", request_.user);
    } else {
      loss_.drop("user");
    }
    raw("metadata", request_.metadata);
    if (request_.store.value_or(false) && takes("store")) json_.key("store").boolean(true);
    text("service_tier", request_.service_tier == "standard_only" ? Bytes("default") : request_.service_tier);
    text("verbosity", request_.verbosity);
    text("prompt_cache_key", request_.prompt_cache_key);
  }

  /// Longest `user` that OpenAI takes, in characters. Names of Anthropic's own clients are longer.
  static constexpr std::uint64_t kMaxUser = 64;
  /// A schema must have a name here.
  static constexpr Bytes kSchemaName = "answer";

  const Request& request_;
  const Target& target_;
  JsonWriter json_;
  Loss& loss_;
};

}  // namespace

bool is_strict_field(Bytes name) { return std::ranges::find(kStrictFields, name) != std::end(kStrictFields); }

void write(const Request& request, const Target& target, std::string& out, Loss& loss) {
  RequestWriter(request, target, out, loss).write();
}

}  // namespace weir::dialect::openai_chat
