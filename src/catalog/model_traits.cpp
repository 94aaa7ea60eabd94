#include "weir/catalog/model_traits.h"

namespace weir::catalog {

using dialect::ModelTraits;
using dialect::Prefill;

namespace {

/// A family of models: every id that holds `name`, unless an earlier row has taken it.
struct Family {
  Bytes name;  ///< in lower case, versions with hyphens
  ModelTraits traits;
};

// ---- Claude. Limits are the greatest outputs of the public price registries; what is refused is told by the vendor's
// errors (WIREFORMATS.md section 4).

constexpr ModelTraits claude_3(std::uint32_t most_tokens) {
  return {.default_max_tokens = most_tokens, .prefill = Prefill::continued, .takes_thinking = false};
}
/// 3.7 and the first of generation 4: thinking with a budget.
constexpr ModelTraits claude_budget(std::uint32_t most_tokens) {
  return {.default_max_tokens = most_tokens, .prefill = Prefill::continued};
}
/// Opus 4.1, and all of 4.5: structured output as well, but temperature and top_p exclude each other.
constexpr ModelTraits claude_4_5(std::uint32_t most_tokens) {
  return {.default_max_tokens = most_tokens,
          .takes_output_schema = true,
          .prefill = Prefill::continued,
          .takes_temperature_and_top_p = false};
}
/// 4.6: thinks as much as it needs; an answer cannot be begun for it.
constexpr ModelTraits claude_4_6(std::uint32_t most_tokens) {
  ModelTraits traits = claude_4_5(most_tokens);
  traits.takes_adaptive_thinking = true;
  traits.prefill = Prefill::refused;
  return traits;
}
/// After Opus 4.6: no sampling.
constexpr ModelTraits claude_adaptive_only(std::uint32_t most_tokens) {
  ModelTraits traits = claude_4_6(most_tokens);
  traits.takes_sampling = false;
  traits.takes_xhigh_effort = true;
  return traits;
}
/// From Opus 4.8 on, but not all models: system messages among the others.
constexpr ModelTraits claude_system_inside() {
  ModelTraits traits = claude_adaptive_only(128'000);
  traits.takes_system_inside = true;
  return traits;
}
constexpr ModelTraits claude_always_thinking() {
  ModelTraits traits = claude_system_inside();
  traits.takes_thinking_off = false;
  return traits;
}

// ---- Gemini (WIREFORMATS.md section 5): what thinks, how it is told how much, and which schemas it takes.

/// Before 2.5: no thinking, schemas of the OpenAPI subset.
constexpr ModelTraits gemini_2() { return {.takes_thinking = false, .takes_json_schema = false}; }
/// 2.5: a budget. `least`: below it the model refuses; 0: thinking can be turned off.
constexpr ModelTraits gemini_2_5(std::uint32_t least) { return {.least_thinking = least}; }
constexpr ModelTraits gemini_2_5_image() { return {.takes_thinking = false}; }
/// From 3 on: a level, and function calls are given back with their signatures.
constexpr ModelTraits gemini_3(bool minimal) {
  return {.takes_thinking_level = true, .wants_signatures = true, .takes_minimal_thinking = minimal};
}

// ---- OpenAI (WIREFORMATS.md 2.1). Its models that think refuse max_tokens, others refuse an effort.

constexpr ModelTraits openai_plain() { return {.takes_thinking = false}; }
/// The o series: no sampling, efforts low to high.
constexpr ModelTraits openai_o() {
  return {.takes_sampling = false, .is_reasoning = true, .takes_minimal_thinking = false};
}
/// GPT 5: no sampling, efforts minimal to high.
constexpr ModelTraits gpt_5() { return {.takes_sampling = false, .is_reasoning = true}; }
/// From 5.1 on: sampling where it does not think.
constexpr ModelTraits gpt_later(bool xhigh) {
  return {.is_reasoning = true, .takes_xhigh_effort = xhigh, .takes_minimal_thinking = false};
}

/// Names too short to be looked for anywhere in an id: it begins with them, behind what a vendor may be called.
constexpr Family kShortNames[] = {{"o1", openai_o()}, {"o3", openai_o()}, {"o4", openai_o()}};

/// The first row whose name an id holds is its family, so a name stands behind those that it is part of.
constexpr Family kFamilies[] = {
    {"claude-fable-5", claude_always_thinking()},
    {"claude-mythos-5", claude_always_thinking()},
    {"claude-opus-5", claude_system_inside()},
    {"claude-sonnet-5", claude_adaptive_only(128'000)},
    {"claude-opus-4-8", claude_system_inside()},
    {"claude-opus-4-7", claude_adaptive_only(128'000)},
    {"claude-opus-4-6", claude_4_6(128'000)},
    {"claude-sonnet-4-6", claude_4_6(64'000)},
    {"claude-opus-4-5", claude_4_5(64'000)},
    {"claude-sonnet-4-5", claude_4_5(64'000)},
    {"claude-haiku-4-5", claude_4_5(64'000)},
    {"claude-opus-4-1", claude_4_5(32'000)},
    {"claude-opus-4", claude_budget(32'000)},
    {"claude-4-opus", claude_budget(32'000)},
    {"claude-sonnet-4", claude_budget(64'000)},
    {"claude-4-sonnet", claude_budget(64'000)},
    {"claude-3-7", claude_budget(64'000)},
    {"claude-3-5", claude_3(8'192)},
    {"claude-3", claude_3(4'096)},
    {"claude-2", claude_3(4'096)},
    {"claude-instant", claude_3(4'096)},
    {"claude-", claude_adaptive_only(64'000)},  // one that is newer than this table
    {"gemini-1", gemini_2()},
    {"gemini-2-0", gemini_2()},
    {"gemini-2-5-pro", gemini_2_5(128)},
    {"gemini-2-5-flash-image", gemini_2_5_image()},
    {"gemini-2-5", gemini_2_5(0)},
    {"gemini-3-flash", gemini_3(true)},
    {"gemini-3-1-flash", gemini_3(true)},
    {"gemini-", gemini_3(false)},  // Pro, and one that is newer than this table
    {"gemma", gemini_2()},
    {"gpt-3", openai_plain()},
    {"gpt-4", openai_plain()},
    {"gpt-5-chat", openai_plain()},
    {"gpt-5-mini", gpt_5()},
    {"gpt-5-nano", gpt_5()},
    {"gpt-5-pro", gpt_5()},
    {"gpt-5-codex", gpt_5()},
    {"gpt-5-20", gpt_5()},  // a date
    {"gpt-5-1", gpt_later(false)},
    {"gpt-5-", gpt_later(true)},
    {"gpt-5", gpt_5()},
    {"gpt-6", gpt_later(true)},
};

/// True when `id` holds `name`, whatever its case and whether versions are written with dots.
bool holds(Bytes id, Bytes name) {
  const auto same = [](char c, char of_name) { return (c == '.' ? '-' : to_lower(c)) == of_name; };
  for (std::size_t at = 0; at + name.size() <= id.size(); ++at) {
    std::size_t size = 0;
    while (size < name.size() && same(id[at + size], name[size])) ++size;
    if (size == name.size()) return true;
  }
  return false;
}

}  // namespace

ModelTraits model_traits(Bytes model_id) {
  const Bytes name = model_id.substr(model_id.rfind('/') + 1);
  for (const Family& family : kShortNames)
    if (name.starts_with(family.name) && (name.size() == family.name.size() || name[family.name.size()] == '-'))
      return family.traits;
  for (const Family& family : kFamilies)
    if (holds(model_id, family.name)) return family.traits;
  return {};
}

}  // namespace weir::catalog
