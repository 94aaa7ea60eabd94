#include "weir/catalog/model_traits.h"

#include <gtest/gtest.h>

namespace weir::catalog {
namespace {

TEST(ModelTraits, FamiliesOfClaude) {
  struct Row {
    const char* id;
    std::uint32_t most_tokens;
    const char* takes;  // s ampling, a daptive thinking, o utput schema, i nside system, p refill, t hinking, b oth
                        // samplings, x high effort, off
  };
  const Row rows[] = {
      {"claude-3-haiku-20240307", 4096, "spb0"},
      {"claude-3-5-sonnet-20241022", 8192, "spb0"},
      {"claude-3-7-sonnet-latest", 64000, "sptb0"},
      {"claude-opus-4-20250514", 32000, "sptb0"},
      {"claude-4-sonnet-20250514", 64000, "sptb0"},
      {"claude-sonnet-4-0", 64000, "sptb0"},
      {"claude-opus-4-1-20250805", 32000, "sopt0"},
      {"claude-sonnet-4-5", 64000, "sopt0"},
      {"us.anthropic.claude-sonnet-4-5-20250929-v1:0", 64000, "sopt0"},
      {"anthropic/claude-sonnet-4.5", 64000, "sopt0"},
      {"CLAUDE-HAIKU-4-5@20251001", 64000, "sopt0"},
      {"claude-opus-4-6", 128000, "saot0"},
      {"claude-sonnet-4-6", 64000, "saot0"},
      {"claude-opus-4-7-20260416", 128000, "aotx0"},
      {"claude-opus-4-8", 128000, "aoitx0"},
      {"claude-opus-5", 128000, "aoitx0"},
      {"claude-sonnet-5", 128000, "aotx0"},
      {"claude-fable-5", 128000, "aoitx"},
      {"claude-mythos-5", 128000, "aoitx"},
      {"claude-opus-latest", 64000, "aotx0"},
      {"some-model-of-nobody", 4096, "s?tb0"},
      {"", 4096, "s?tb0"},
      {"claude", 4096, "s?tb0"},
  };
  for (const Row& row : rows) {
    const dialect::ModelTraits traits = model_traits(row.id);
    EXPECT_EQ(traits.default_max_tokens, row.most_tokens) << row.id;
    std::string takes;
    if (traits.takes_sampling) takes += 's';
    if (traits.takes_adaptive_thinking) takes += 'a';
    if (traits.takes_output_schema) takes += 'o';
    if (traits.takes_system_inside) takes += 'i';
    if (traits.prefill == dialect::Prefill::continued) takes += 'p';
    if (traits.prefill == dialect::Prefill::unknown) takes += '?';
    if (traits.takes_thinking) takes += 't';
    if (traits.takes_temperature_and_top_p) takes += 'b';
    if (traits.takes_xhigh_effort) takes += 'x';
    if (traits.takes_thinking_off) takes += '0';
    EXPECT_EQ(takes, row.takes) << row.id;
  }
}

TEST(ModelTraits, FamiliesOfOpenAi) {
  struct Row {
    const char* id;
    const char* takes;  // t hinking, r efuses max_tokens, s ampling, m inimal, x high
  };
  const Row rows[] = {
      {"gpt-3.5-turbo", "sm"},
      {"gpt-4o-mini-2024-07-18", "sm"},
      {"openai/gpt-4.1", "sm"},
      {"o1", "tr"},
      {"o3-mini-2025-01-31", "tr"},
      {"openai/o4-mini", "tr"},
      {"gpt-5", "trm"},
      {"gpt-5-2025-08-07", "trm"},
      {"gpt-5-mini", "trm"},
      {"gpt-5-chat-latest", "sm"},
      {"gpt-5.1-2025-11-13", "trs"},
      {"gpt-5.2", "trsx"},
      {"gpt-oss-120b", "tsm"},  // of nobody's own servers
      {"marco-o1", "tsm"},
      {"o1x", "tsm"},
      {"some-model", "tsm"},
  };
  for (const Row& row : rows) {
    const dialect::ModelTraits traits = model_traits(row.id);
    std::string takes;
    if (traits.takes_thinking) takes += 't';
    if (traits.is_reasoning) takes += 'r';
    if (traits.takes_sampling) takes += 's';
    if (traits.takes_minimal_thinking) takes += 'm';
    if (traits.takes_xhigh_effort) takes += 'x';
    EXPECT_EQ(takes, row.takes) << row.id;
  }
}

TEST(ModelTraits, FamiliesOfGemini) {
  struct Row {
    const char* id;
    const char* takes;  // t hinking, l evel instead of budget, m inimal, j son schema, s ignatures wanted
    std::uint32_t least_thinking = 0;
  };
  const Row rows[] = {
      {"gemini-1.5-flash", "m"},
      {"gemini-2.0-flash", "m"},
      {"gemini-2.5-pro", "tmj", 128},
      {"models/gemini-2.5-pro-preview-05-06", "tmj", 128},
      {"gemini-2.5-flash", "tmj"},
      {"gemini-2.5-flash-lite", "tmj"},
      {"gemini-2.5-flash-image", "mj"},
      {"gemini-3-pro-preview", "tljs"},
      {"google/gemini-3-flash-preview", "tlmjs"},
      {"gemini-3.1-pro-preview", "tljs"},
      {"gemini-3.6-flash", "tljs"},
      {"gemini-flash-latest", "tljs"},
      {"gemma-3-27b-it", "m"},
  };
  for (const Row& row : rows) {
    const dialect::ModelTraits traits = model_traits(row.id);
    std::string takes;
    if (traits.takes_thinking) takes += 't';
    if (traits.takes_thinking_level) takes += 'l';
    if (traits.takes_minimal_thinking) takes += 'm';
    if (traits.takes_json_schema) takes += 'j';
    if (traits.wants_signatures) takes += 's';
    EXPECT_EQ(takes, row.takes) << row.id;
    EXPECT_EQ(traits.least_thinking, row.least_thinking) << row.id;
  }
}

}  // namespace
}  // namespace weir::catalog
