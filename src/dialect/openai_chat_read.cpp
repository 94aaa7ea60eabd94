#include "openai_chat_read.h"

#include "weir/dialect/openai_chat.h"

// A client's chat request becomes the neutral one: everything but its messages. Which fields there are and what becomes
// of those that other dialects lack: WIREFORMATS.md 2.1, 16.1 and 17. Besides OpenAI's own fields those of compatible
// providers are read that have a place in other dialects: top_k, thinking (DeepSeek, Z.ai), reasoning (OpenRouter).

namespace weir::dialect::openai_chat {

using codec::JsonString;
using codec::JsonType;

namespace {

constexpr Bytes kEmptySchema = "{}";

class RequestReader {
 public:
  RequestReader(Bytes body, Request& request, Loss& loss) : in_(body, loss), request_(request) {}

  void read() {
    const Where top;
    request_.include_usage = false;
    bool model = false;
    bool messages = false;
    const auto text = [this](Bytes& into) { return [this, &into](const Where& at) { into = in_.text(at); }; };
    const auto number = [this](Bytes& into) { return [this, &into](const Where& at) { into = in_.number(at); }; };
    const auto whole = [this](std::optional<std::uint64_t>& into) {
      return [this, &into](const Where& at) { into = in_.whole_number(at); };
    };
    const auto boolean = [this](auto& into) { return [this, &into](const Where& at) { into = in_.boolean(at); }; };
    const auto object = [this](Bytes& into) {
      return [this, &into](const Where& at) { into = in_.raw(JsonType::object, at); };
    };
    const auto refused = [this](Bytes why) { return [this, why](const Where& at) { in_.unsupported(at, why); }; };
    std::optional<std::uint64_t> max_tokens;
    std::optional<std::uint64_t> max_completion_tokens;
    Bytes user;
    Bytes safety_identifier;
    // In this order, which is how often they come.
    in_.object_with(
        top, [this](const JsonString& key) { in_.drop(key); },  //
        Field{"model",
              [&](const Where& at) {
                request_.model = in_.text(at);
                model = true;
                if (request_.model.empty() && in_.ok()) in_.invalid(at);
              }},
        Field{"messages",
              [&](const Where& at) {
                read_messages(in_, at, request_);
                messages = true;
              }},
        Field{"stream", boolean(request_.stream)},
        Field{"stream_options",
              [this](const Where& at) {
                in_.object(at, Field{"include_usage",
                                     [this](const Where& option) { request_.include_usage = in_.boolean(option); }});
              }},
        Field{"max_tokens", whole(max_tokens)}, Field{"max_completion_tokens", whole(max_completion_tokens)},
        Field{"temperature", number(request_.temperature)}, Field{"top_p", number(request_.top_p)},
        Field{"top_k", number(request_.top_k)}, Field{"tools", [this](const Where& at) { read_tools(at); }},
        Field{"tool_choice", [this](const Where& at) { read_tool_choice(at); }},
        Field{"parallel_tool_calls", boolean(request_.parallel_tool_calls)},
        Field{"response_format", [this](const Where& at) { read_format(at); }},
        Field{"stop", [this](const Where& at) { read_stop(at); }}, Field{"n", whole(request_.candidates)},
        Field{"seed", number(request_.seed)}, Field{"presence_penalty", number(request_.presence_penalty)},
        Field{"frequency_penalty", number(request_.frequency_penalty)},
        Field{"logit_bias", object(request_.logit_bias)}, Field{"logprobs", boolean(request_.logprobs)},
        Field{"top_logprobs", whole(request_.top_logprobs)},
        Field{"reasoning_effort", [this](const Where& at) { read_effort(at); }},
        Field{"reasoning", [this](const Where& at) { read_reasoning(at); }},
        Field{"thinking", [this](const Where& at) { read_thinking(at); }}, Field{"user", text(user)},
        Field{"safety_identifier", text(safety_identifier)}, Field{"metadata", object(request_.metadata)},
        Field{"store", boolean(request_.store)}, Field{"service_tier", text(request_.service_tier)},
        Field{"verbosity", text(request_.verbosity)}, Field{"prompt_cache_key", text(request_.prompt_cache_key)},
        Field{"modalities", [this](const Where& at) { read_modalities(at); }},
        Field{"audio", refused("Audio output cannot be translated.")},
        Field{"web_search_options", refused("Web search is a tool of OpenAI's own and cannot be translated.")},
        Field{"functions", refused("Functions are given in tools.")},
        Field{"function_call", refused("The choice of a function is given in tool_choice.")});
    if (!in_.finish()) return;
    if (!model) return in_.missing(top, "model");
    if (!messages) return in_.missing(top, "messages");
    request_.max_tokens = max_completion_tokens ? max_completion_tokens : max_tokens;
    request_.user = safety_identifier.empty() ? user : safety_identifier;
  }

 private:
  void read_tools(const Where& at) {
    in_.array(at, kMostTools, [&](const Where& here) {
      Tool tool;
      bool function = false;
      JsonString type;
      in_.object(here, Field{"type", [&](const Where& in) { type = in_.string(in); }},
                 Field{"function",
                       [&](const Where& in) {
                         function = true;
                         read_function(in, tool);
                       }},
                 Field{"cache_control", [&](const Where& in) { tool.cache_control = in_.raw(JsonType::object, in); }});
      if (!in_.ok()) return;
      if (type.empty() || type.is("function")) {
        if (!function || tool.name.empty()) return in_.missing(here, "function.name");
      } else {
        tool.hosted = type.raw;
      }
      request_.tools.push_back(std::move(tool));
    });
  }

  void read_function(const Where& at, Tool& tool) {
    in_.object(at, Field{"name", [&](const Where& in) { tool.name = in_.text(in); }},
               Field{"description", [&](const Where& in) { tool.description = in_.text(in); }},
               Field{"parameters", [&](const Where& in) { tool.parameters = in_.raw(JsonType::object, in); }},
               Field{"strict", [&](const Where& in) { tool.strict = in_.boolean(in); }});
  }

  /// `{"name": …}` of a function.
  Bytes read_name(const Where& at) {
    Bytes name;
    in_.object(at, Field{"name", [&](const Where& in) { name = in_.text(in); }});
    if (name.empty() && in_.ok()) in_.missing(at, "name");
    return name;
  }

  void read_mode(const Where& at) {
    using enum ToolChoice::Mode;
    constexpr Bytes kModes[] = {"auto", "none", "required", "any"};
    const Bytes mode = in_.word(at, kModes);
    request_.tool_choice.mode = mode == "auto" ? automatic : mode == "none" ? none : required;
  }

  void read_tool_choice(const Where& at) {
    if (in_.json().peek() == JsonType::string) return read_mode(at);
    ToolChoice& choice = request_.tool_choice;
    JsonString type;
    in_.object(at, Field{"type", [&](const Where& in) { type = in_.string(in); }},
               Field{"function",
                     [&](const Where& in) {
                       choice.mode = ToolChoice::Mode::named;
                       choice.name = read_name(in);
                     }},
               Field{"allowed_tools", [&](const Where& in) {
                       choice.mode = ToolChoice::Mode::automatic;
                       in_.object(in, Field{"mode", [&](const Where& mode) { read_mode(mode); }},
                                  Field{"tools", [&](const Where& tools) { read_allowed(tools); }});
                     }});
    if (in_.ok() && choice.mode == ToolChoice::Mode::unset)
      in_.unsupported(at, "Only functions can be chosen, since only they can be translated.");
  }

  void read_allowed(const Where& at) {
    in_.array(at, kMostTools, [&](const Where& here) {
      Bytes name;
      in_.object(here, Field{"function", [&](const Where& in) { name = read_name(in); }});
      if (name.empty() && in_.ok()) in_.unsupported(here, "Only functions can be translated.");
      request_.tool_choice.allowed.push_back(name);
    });
  }

  void read_format(const Where& at) {
    constexpr Bytes kTypes[] = {"text", "json_object", "json_schema"};
    OutputFormat& format = request_.format;
    Bytes type;
    in_.object(at, Field{"type", [&](const Where& in) { type = in_.word(in, kTypes); }},
               Field{"json_schema", [&](const Where& in) {
                       in_.object(
                           in, Field{"name", [&](const Where& here) { format.name = in_.text(here); }},
                           Field{"description", [&](const Where& here) { format.description = in_.text(here); }},
                           Field{"schema", [&](const Where& here) { format.schema = in_.raw(JsonType::object, here); }},
                           Field{"strict", [&](const Where& here) { format.strict = in_.boolean(here); }});
                     }});
    if (!in_.ok()) return;
    if (type.empty()) return in_.missing(at, "type");
    if (type == "json_object") format.kind = OutputFormat::Kind::json_object;
    if (type == "json_schema") format.kind = OutputFormat::Kind::json_schema;
    if (format.schema.empty()) format.schema = kEmptySchema;
  }

  void read_stop(const Where& at) {
    const auto one = [this](const Where& here) { request_.stop.push_back(in_.text(here)); };
    in_.json().peek() == JsonType::string ? one(at) : in_.array(at, kMostStops, one);
  }

  void set_effort(Bytes effort) {
    request_.reasoning.effort = effort;
    request_.reasoning.mode = effort == "none" ? Reasoning::Mode::off : Reasoning::Mode::on;
  }
  void read_effort(const Where& at) { set_effort(in_.word(at, kEfforts)); }

  /// OpenRouter's form.
  void read_reasoning(const Where& at) {
    Reasoning& reasoning = request_.reasoning;
    in_.object(at, Field{"effort", [&](const Where& in) { read_effort(in); }},
               Field{"max_tokens", [&](const Where& in) { reasoning.budget_tokens = in_.whole_number(in); }},
               Field{"exclude", [&](const Where& in) { reasoning.show = !in_.boolean(in); }},
               Field{"enabled", [&](const Where& in) {
                       reasoning.mode = in_.boolean(in) ? Reasoning::Mode::on : Reasoning::Mode::off;
                     }});
    if (reasoning.budget_tokens && reasoning.mode == Reasoning::Mode::unset) reasoning.mode = Reasoning::Mode::on;
  }

  /// The form of DeepSeek and Z.ai, which is Anthropic's.
  void read_thinking(const Where& at) {
    constexpr Bytes kTypes[] = {"enabled", "disabled", "adaptive", "auto"};
    Reasoning& reasoning = request_.reasoning;
    in_.object(at,
               Field{"type",
                     [&](const Where& in) {
                       using enum Reasoning::Mode;
                       const Bytes type = in_.word(in, kTypes);
                       reasoning.mode = type == "enabled" ? on : type == "disabled" ? off : adaptive;
                     }},
               Field{"budget_tokens", [&](const Where& in) { reasoning.budget_tokens = in_.whole_number(in); }});
  }

  void read_modalities(const Where& at) {
    in_.array(at, kMostStops, [&](const Where& here) {
      if (!in_.string(here).is("text") && in_.ok()) in_.unsupported(at, "Only text output can be translated.");
    });
  }

  FieldReader in_;
  Request& request_;
};

}  // namespace

void read(Bytes body, Request& request, Loss& loss) { RequestReader(body, request, loss).read(); }

}  // namespace weir::dialect::openai_chat
