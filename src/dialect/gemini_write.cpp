#include "gemini_write.h"

#include <algorithm>

#include "gemini_schema.h"
#include "json_members.h"

namespace weir::dialect::gemini {

namespace {

using codec::JsonWriter;

constexpr std::size_t kMaxStops = 5;

class RequestWriter {
 public:
  RequestWriter(std::string& out, const Request& request, const Target& target, Loss& loss)
      : json_(out), request_(request), target_(target), loss_(loss) {}

  void write() {
    json_.begin_object();
    write_contents(json_, request_, target_, loss_);
    write_tools();
    write_config();
    write_rest();
    json_.end_object();
  }

  /// System texts and tools count only inside of a whole request.
  void write_count() {
    json_.begin_object().key("generateContentRequest").begin_object();
    json_.member("model", "models/" + std::string(target_.model_id));
    write_contents(json_, request_, target_, loss_);
    write_tools();
    json_.end_object().end_object();
  }

 private:
  // ---- Tools.

  /// Where the model may choose among some of the functions only, the others are not told to it.
  bool is_offered(const Tool& tool) const {
    const ToolChoice& choice = request_.tool_choice;
    return choice.mode != ToolChoice::Mode::automatic || choice.allowed.empty() ||
           std::ranges::find(choice.allowed, tool.name) != choice.allowed.end();
  }

  void write_tools() {
    bool any = false;
    for (const Tool& tool : request_.tools) {
      if (!tool.hosted.empty()) {
        loss_.refuse("tools." + std::string(tool.hosted), "A tool that another vendor runs is not known here.");
        continue;
      }
      if (!tool.cache_control.empty()) loss_.drop("cache_control");
      if (tool.strict.value_or(false)) loss_.drop("tools.strict");
      if (!is_offered(tool)) continue;
      if (!any) json_.key("tools").begin_array().begin_object().key("functionDeclarations").begin_array();
      any = true;
      write_tool(tool);
    }
    if (!any) return;
    json_.end_array().end_object().end_array();
    write_tool_choice();
    if (!request_.parallel_tool_calls.value_or(true)) loss_.drop("parallel_tool_calls");
  }

  void write_tool(const Tool& tool) {
    json_.begin_object().key("name").escaped_string(tool.name);
    if (!tool.description.empty()) json_.key("description").escaped_string(tool.description);
    if (has_members(tool.parameters)) write_schema("parametersJsonSchema", "parameters", tool.parameters);
    json_.end_object();
  }

  void write_schema(Bytes json_key, Bytes openapi_key, Bytes schema) {
    if (target_.traits.takes_json_schema) return void(json_.key(json_key).raw(schema));
    std::string converted;
    switch (append_openapi_schema(converted, schema)) {
      case SchemaFault::none:
        json_.key(openapi_key).raw(converted);
        return;
      case SchemaFault::reference:
        return loss_.refuse("$ref", "This model takes no schema that refers to itself or to another document.");
      case SchemaFault::too_large:
        return loss_.refuse("schema", "The schema is too large for this model.");
    }
  }

  void write_tool_choice() {
    using enum ToolChoice::Mode;
    const ToolChoice& choice = request_.tool_choice;
    if (choice.mode == unset) return;
    json_.key("toolConfig").begin_object().key("functionCallingConfig").begin_object();
    json_.member("mode", choice.mode == automatic ? "AUTO" : choice.mode == none ? "NONE" : "ANY");
    if (choice.mode == named) {
      json_.key("allowedFunctionNames").begin_array().escaped_string(choice.name).end_array();
    } else if (choice.mode == required && !choice.allowed.empty()) {
      json_.key("allowedFunctionNames").begin_array();
      for (const Bytes name : choice.allowed) json_.escaped_string(name);
      json_.end_array();
    }
    json_.end_object().end_object();
  }

  // ---- generationConfig.

  /// Names a member of generationConfig, which is opened by its first.
  JsonWriter& config(Bytes name) {
    if (!config_open_) json_.key("generationConfig").begin_object();
    config_open_ = true;
    return json_.key(name);
  }

  void write_config() {
    const auto number = [&](Bytes name, Bytes raw) {
      if (!raw.empty()) config(name).raw(raw);
    };
    if (request_.max_tokens) config("maxOutputTokens").unsigned_integer(*request_.max_tokens);
    number("temperature", request_.temperature);
    number("topP", request_.top_p);
    number("topK", request_.top_k);
    number("seed", request_.seed);
    number("presencePenalty", request_.presence_penalty);
    number("frequencyPenalty", request_.frequency_penalty);
    if (!request_.stop.empty()) {
      if (request_.stop.size() > kMaxStops) loss_.refuse("stop", "Gemini takes at most five stop sequences.");
      config("stopSequences").begin_array();
      for (const Bytes stop : request_.stop) json_.escaped_string(stop);
      json_.end_array();
    }
    if (request_.candidates.value_or(1) != 1) config("candidateCount").unsigned_integer(*request_.candidates);
    if (request_.logprobs) config("responseLogprobs").boolean(true);
    if (request_.logprobs && request_.top_logprobs) config("logprobs").unsigned_integer(*request_.top_logprobs);
    write_format();
    write_thinking();
    if (config_open_) json_.end_object();
  }

  void write_format() {
    const OutputFormat& format = request_.format;
    if (format.kind == OutputFormat::Kind::text) return;
    config("responseMimeType").string("application/json");
    if (format.kind == OutputFormat::Kind::json_schema && !format.schema.empty())
      write_schema("responseJsonSchema", "responseSchema", format.schema);
  }

  void write_thinking() {
    const Reasoning& reasoning = request_.reasoning;
    const bool off = reasoning.mode == Reasoning::Mode::off || reasoning.effort == "none";
    const bool asked = reasoning.mode != Reasoning::Mode::unset || !reasoning.effort.empty() ||
                       reasoning.budget_tokens || reasoning.show;
    if (!asked) return;
    if (!target_.traits.takes_thinking) {
      if (!off) loss_.drop("reasoning_effort");
      return;
    }
    config("thinkingConfig").begin_object();
    // Never both: the servers refuse that. Without either the model thinks as much as it likes.
    if (target_.traits.takes_thinking_level) {
      if (const Bytes level = level_of(reasoning, off); !level.empty()) json_.member("thinkingLevel", level);
    } else if (const auto budget = budget_of(reasoning, off)) {
      json_.key("thinkingBudget").integer(*budget);
    }
    json_.key("includeThoughts").boolean(reasoning.show.value_or(!off)).end_object();
  }

  Bytes level_of(const Reasoning& reasoning, bool off) const {
    const Bytes least = target_.traits.takes_minimal_thinking ? "MINIMAL" : "LOW";
    if (off) return least;
    Bytes effort = reasoning.effort;
    if (effort.empty() && reasoning.budget_tokens) effort = target_.budgets.effort_of(*reasoning.budget_tokens);
    if (effort == "minimal") return least;
    if (effort == "low") return "LOW";
    if (effort == "medium") return "MEDIUM";
    if (effort == "high" || effort == "xhigh" || effort == "max") return "HIGH";
    return {};
  }

  std::optional<std::int64_t> budget_of(const Reasoning& reasoning, bool off) const {
    constexpr std::uint64_t kMost = 24'576;  // what every 2.5 model takes
    const std::uint64_t least = target_.traits.least_thinking;
    std::uint64_t budget = 0;
    if (off) return static_cast<std::int64_t>(least);
    if (reasoning.budget_tokens) {
      budget = *reasoning.budget_tokens;
    } else if (!reasoning.effort.empty()) {
      budget = target_.budgets.of(reasoning.effort);
    }
    if (budget == 0)
      return reasoning.mode == Reasoning::Mode::adaptive ? std::optional<std::int64_t>(-1) : std::nullopt;
    return static_cast<std::int64_t>(std::clamp(budget, least, kMost));
  }

  // ---- What has no place, or one of its own.

  void write_rest() {
    const Bytes tier = request_.service_tier;
    if (tier == "flex" || tier == "priority") {
      if (target_.traits.takes_thinking_level) {
        json_.member("serviceTier", tier);
      } else {
        loss_.drop("service_tier");
      }
    } else if (!tier.empty() && tier != "auto" && tier != "default") {
      loss_.drop("service_tier");
    }
    if (!request_.logit_bias.empty()) loss_.drop("logit_bias");
    if (!request_.user.empty()) loss_.drop("user");
    if (!request_.metadata.empty()) loss_.drop("metadata");
    if (request_.store.value_or(false)) loss_.drop("store");
    if (!request_.verbosity.empty()) loss_.drop("verbosity");
    if (!request_.prompt_cache_key.empty()) loss_.drop("prompt_cache_key");
  }

  JsonWriter json_;
  const Request& request_;
  const Target& target_;
  Loss& loss_;
  bool config_open_ = false;
};

}  // namespace

void write(const Request& request, const Target& target, std::string& out, Loss& loss) {
  RequestWriter(out, request, target, loss).write();
}

void write_count_tokens(const Request& request, const Target& target, std::string& out, Loss& loss) {
  RequestWriter(out, request, target, loss).write_count();
}

}  // namespace weir::dialect::gemini
