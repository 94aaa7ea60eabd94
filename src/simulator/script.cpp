#include "script.h"

#include <algorithm>

#include "schema_answer.h"
#include "weir/codec/json_writer.h"

namespace weir::simulator {
namespace {

// Plain ASCII without quotes and backslashes, so that they are their own escaped form.
constexpr Bytes kText =
    "Hello! I am the simulated provider inside weir: no key, no model, and nothing leaves this machine. "
    "weir reads your request once, finds out who answers for the model you named, and hands you every piece of the "
    "answer the moment it arrives, which is why these words come one by one. "
    "Name a provider of your own in weir.yaml, and answers stream from there just like this one. "
    "Or stay a while and see how your client copes with trouble: send the header x-simulate with error=429, "
    "stall-after=5 or cut-after=5. Happy building!";
constexpr Bytes kReasoning =
    "Somebody wants an answer. I cannot think, but I can show what thinking looks like on the wire: "
    "words that come before the answer, in a field of their own.";
constexpr Bytes kRefusal = "I am sorry, but I was asked to refuse, and so I do.";
constexpr Bytes kNothingToEcho = "There is no user message with text that I could repeat.";
constexpr Bytes kAnySchema = R"({"properties":{"answer":{"type":"string"}}})";
constexpr Bytes kCities[] = {"Lisbon", "Oslo", "Nairobi", "Kyoto"};

}  // namespace

Script::Script(const Scenario& scenario, Prompt prompt) : prompt_(std::move(prompt)) {
  if (calls_functions(scenario)) {
    plan_calls(scenario.topic == Topic::tool_calls ? scenario.tool_calls : 1);
  } else {
    plan_words(scenario);
  }
  if (calls_ == 0) return;
  reasoning_tokens_ = scenario.reasoning;
  reasoning_ = Words(kReasoning, scenario.reasoning);
  completion_tokens_ += reasoning_tokens_;
}

/// Because it was asked to, or because a client that has asked for nothing else leaves no choice.
bool Script::calls_functions(const Scenario& scenario) const {
  if (scenario.topic == Topic::tool_calls) return prompt_.must_call_named || !prompt_.ends_with_tool_result;
  if (scenario.topic != Topic::text || scenario.chunks != 0) return false;
  return prompt_.must_call_named || (prompt_.must_call && !prompt_.ends_with_tool_result);
}

void Script::plan_words(const Scenario& scenario) {
  Bytes text = kText;
  const bool is_structured = prompt_.wants_json && scenario.chunks == 0;
  if (scenario.topic == Topic::echo) {
    text = prompt_.last_user.empty() ? kNothingToEcho : Bytes(prompt_.last_user);
  } else if (scenario.topic == Topic::refusal) {
    text = kRefusal;
    kind_ = Delta::Kind::refusal;
  } else if (is_structured) {
    std::string value;
    append_fitting(value, prompt_.schema.empty() ? kAnySchema : Bytes(prompt_.schema));
    codec::append_json_escaped(structured_, value);
    text = structured_;
  }
  std::uint32_t reasoning = scenario.topic == Topic::reasoning ? scenario.reasoning : 0;
  std::uint32_t words = scenario.chunks ? scenario.chunks : static_cast<std::uint32_t>(count_words(text));
  if (scenario.is_filtered) {
    words = (words + 1) / 2;
    finish_reason_ = dialect::FinishReason::content_filter;
  }
  if (kind_ == Delta::Kind::content && !is_structured) text = behind_begun(text, words);
  // Thinking counts against the limit as well, and comes first.
  if (prompt_.max_tokens && *prompt_.max_tokens < reasoning + words) {
    const auto limit = static_cast<std::uint32_t>(*prompt_.max_tokens);
    reasoning = std::min(reasoning, limit);
    words = limit - reasoning;
    finish_reason_ = dialect::FinishReason::length;
  }
  reasoning_ = Words(kReasoning, reasoning);
  words_ = Words(text, words);
  reasoning_tokens_ = reasoning;
  completion_tokens_ = reasoning + words;
}

/// What there is to be said of `words` words of `text` when the prompt ends with their beginning.
Bytes Script::behind_begun(Bytes text, std::uint32_t& words) {
  if (prompt_.begun.empty()) return text;
  Words all(text, words);
  std::string whole;
  while (all.left() > 0) whole += all.next();
  if (!whole.starts_with(prompt_.begun)) return text;
  rest_ = whole.substr(prompt_.begun.size());
  words = static_cast<std::uint32_t>(count_words(rest_));
  return rest_;
}

void Script::plan_calls(std::uint32_t calls) {
  calls_ = calls;
  finish_reason_ = dialect::FinishReason::tool_calls;
  for (std::uint32_t call = 0; call < calls; ++call) {
    write_arguments(call);
    completion_tokens_ += 1 + count_words(arguments_);  // the name is one
  }
}

Bytes Script::name_of_call(std::uint32_t call) const {
  return prompt_.functions.empty() ? kToolName : Bytes(prompt_.functions[call % prompt_.functions.size()].name);
}

/// What a function of the client's is called with fits its parameters.
void Script::write_arguments(std::uint32_t call) {
  arguments_.clear();
  if (name_of_call(call) == kToolName) {
    arguments_.append(R"({\"city\": \")").append(kCities[call % std::size(kCities)]);
    arguments_.append(R"(\", \"unit\": \"celsius\"})");
    return;
  }
  std::string value;
  append_fitting(value, prompt_.functions[call % prompt_.functions.size()].parameters);
  codec::append_json_escaped(arguments_, value);
}

bool Script::next(Delta& delta) {
  if (reasoning_.left() > 0) {
    delta = {Delta::Kind::reasoning, reasoning_.next()};
    return true;
  }
  if (words_.left() > 0) {
    const bool is_call = begun_calls_ > 0;
    delta = {is_call ? Delta::Kind::tool_arguments : kind_, words_.next(), is_call ? begun_calls_ - 1 : 0};
    return true;
  }
  if (begun_calls_ == calls_) return false;
  write_arguments(begun_calls_);
  words_ = Words(arguments_, static_cast<std::uint32_t>(count_words(arguments_)));
  delta = {Delta::Kind::tool_call, name_of_call(begun_calls_), begun_calls_};
  ++begun_calls_;
  return true;
}

}  // namespace weir::simulator
