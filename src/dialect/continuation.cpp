#include "weir/dialect/continuation.h"

#include <algorithm>

#include "escaped_text.h"
#include "weir/dialect/estimate.h"

namespace weir::dialect {

namespace {

bool names_a_call(const ToolChoice& choice) {
  return choice.mode == ToolChoice::Mode::required || choice.mode == ToolChoice::Mode::named;
}

}  // namespace

bool can_continue(Dialect provider, const Quirks& quirks, const ModelTraits& traits) {
  switch (provider) {
    case Dialect::openai_chat:
      return quirks.has_any(kContinuing);
    case Dialect::anthropic_messages:
      return traits.prefill == Prefill::continued;
    case Dialect::openai_responses:
    case Dialect::gemini:
      break;
  }
  return false;
}

bool repeats_what_was_said(Dialect provider, const Quirks& quirks) {
  return provider == Dialect::openai_chat && quirks.has(Quirk::continues_prefix);
}

bool can_be_continued(const Request& request) {
  const bool is_begun = request.messages.empty() || request.messages.back().role == Role::assistant;
  const bool has_hosted_tools =
      std::ranges::any_of(request.tools, [](const Tool& tool) { return !tool.hosted.empty(); });
  return !is_begun && !has_hosted_tools && request.candidates.value_or(1) == 1 && !request.logprobs &&
         request.format.kind == OutputFormat::Kind::text && !names_a_call(request.tool_choice);
}

Bytes without_space_at_end(Bytes escaped) { return trim_end(escaped); }

void ask_for_rest(Request& request, Bytes said) {
  request.reasoning = {};
  if (said.empty()) return;
  if (request.max_tokens)
    *request.max_tokens -= std::min(estimate_tokens(said), std::max<std::uint64_t>(*request.max_tokens, 1) - 1);
  request.messages.push_back({.role = Role::assistant, .parts = {{.kind = PartKind::text, .text = said}}, .name = {}});
  request.is_begun = true;
}

}  // namespace weir::dialect
