#include "weir/simulator/scenario.h"

namespace weir::simulator {
namespace {

using enum ItemGroup;
using N = std::uint32_t;

// clang-format off
constexpr Item kItems[] = {
    // name               value     group    alone  least  most
    {"text",              "",       content, 0,     0,     0,          "The built-in text; also what any other model name gets.",
     [](Scenario& s, N) { s.topic = Topic::text; }},
    {"echo",              "",       content, 0,     0,     0,          "The last user message again, up to 16 KiB of it.",
     [](Scenario& s, N) { s.topic = Topic::echo; }},
    {"long",              "N",      content, 500,   1,     kMaxChunks, "A text of N words.",
     [](Scenario& s, N n) { s.topic = Topic::text; s.chunks = n; }},
    {"tool-calls",        "N",      content, 1,     1,     16,         "N calls of the client's functions, in turn, or of `get_weather` if it offers none; after a tool's result, the built-in text.",
     [](Scenario& s, N n) { s.topic = Topic::tool_calls; s.tool_calls = n; }},
    {"reasoning",         "N",      content, 24,    1,     kMaxChunks, "N words of reasoning, then the built-in text, or the calls that were asked for as well.",
     [](Scenario& s, N n) { s.reasoning = n; if (s.topic != Topic::tool_calls) s.topic = Topic::reasoning; }},
    {"refusal",           "",       content, 0,     0,     0,          "A refusal instead of content.",
     [](Scenario& s, N) { s.topic = Topic::refusal; }},
    {"chunks",            "N",      content, 5,     1,     kMaxChunks, "Exactly N chunks of text: the beginning of it, or the text over and over.",
     [](Scenario& s, N n) { s.chunks = n; }},
    {"filtered",          "",       content, 0,     0,     0,          "Half of the text, then the finish that tells of a content filter.",
     [](Scenario& s, N) { s.is_filtered = true; }},

    {"delay-ms",          "N",      pace,    2000,  0,     kMaxWaitMs, "N ms before the first byte of the answer.",
     [](Scenario& s, N n) { s.delay_ms = n; }},
    {"first-token-ms",    "N",      pace,    2000,  0,     kMaxWaitMs, "N ms between the beginning of a stream and its first word.",
     [](Scenario& s, N n) { s.first_token_ms = n; }},
    {"interval-ms",       "N",      pace,    20,    0,     kMaxWaitMs, "N ms between two chunks; 20 unless asked for.",
     [](Scenario& s, N n) { s.interval_ms = n; }},

    {"error",             "STATUS", error,   500,   400,   599,        "An error with this status instead of an answer.",
     [](Scenario& s, N n) { s.error_status = n; s.special_error = SpecialError::none; }},
    {"quota",             "",       error,   0,     0,     0,          "Status 429, and the code `insufficient_quota` where the dialect has codes: trying again does not help.",
     [](Scenario& s, N) { s.error_status = 429; s.special_error = SpecialError::quota; }},
    {"context-length",    "",       error,   0,     0,     0,          "Status 400, and the code `context_length_exceeded` where the dialect has codes.",
     [](Scenario& s, N) { s.error_status = 400; s.special_error = SpecialError::context_length; }},
    {"blocked",           "",       error,   0,     0,     0,          "Status 400, as if the prompt had been blocked by a content filter.",
     [](Scenario& s, N) { s.error_status = 400; s.special_error = SpecialError::blocked; }},
    {"retry-after",       "S",      error,   1,     0,     3600,       "The error's `retry-after`, in seconds; 429, 503 and 529 have 1 unless asked for.",
     [](Scenario& s, N n) { s.retry_after_s = n; }},
    {"html",              "",       error,   0,     0,     0,          "The error's body is a page of HTML, as some proxy would make it.",
     [](Scenario& s, N) { s.is_html = true; }},
    {"error-first-event", "",       error,   0,     0,     0,          "The error comes inside a 200: as the first event, or as the document.",
     [](Scenario& s, N) { s.error_place = ErrorPlace::first_event; }},
    {"error-mid-stream",  "N",      error,   3,     0,     kMaxChunks, "The error comes after N chunks of content, and ends the stream.",
     [](Scenario& s, N n) { s.error_place = ErrorPlace::mid_stream; s.error_after = n; }},

    {"stall-after",       "N",      stream,  3,     0,     kMaxChunks, "After N chunks of content nothing comes any more, for ten minutes; then the connection ends.",
     [](Scenario& s, N n) { s.break_off = BreakOff::stall; s.break_after = n; }},
    {"cut-after",         "N",      stream,  3,     0,     kMaxChunks, "After N chunks of content the connection ends.",
     [](Scenario& s, N n) { s.break_off = BreakOff::cut; s.break_after = n; }},
    {"no-finish",         "",       stream,  0,     0,     0,          "The body ends properly, but without a finish, usage and end marker.",
     [](Scenario& s, N) { s.has_finish = false; }},
    {"no-done",           "",       stream,  0,     0,     0,          "The stream lacks its end marker: `[DONE]` of chat completions, `message_stop` of messages.",
     [](Scenario& s, N) { s.has_done = false; }},
    {"no-usage",          "",       stream,  0,     0,     0,          "There is no usage, even if it was asked for.",
     [](Scenario& s, N) { s.has_usage = false; }},
};
// clang-format on

const Item* find_item(Bytes name) {
  for (const Item& item : kItems)
    if (item.name == name) return &item;
  return nullptr;
}

Bytes name_of(Bytes item) { return trim(item.substr(0, item.find('='))); }

/// Takes the text up to the next comma off the front of `list`.
Bytes take_item(Bytes& list) {
  const std::size_t comma = list.find(',');
  const Bytes item = trim(list.substr(0, comma));
  list = comma == Bytes::npos ? Bytes{} : list.substr(comma + 1);
  return item;
}

std::string quoted(Bytes text) {
  constexpr std::size_t kShown = 64;
  return "\"" + std::string(text.substr(0, kShown)) + (text.size() > kShown ? "...\"" : "\"");
}

std::string spelling(const Item& item) {
  std::string text(item.name);
  if (!item.value.empty()) text.append("=").append(item.value);
  return text;
}

std::string unknown(Bytes name) {
  std::string text = "The simulated provider cannot do " + quoted(name) + ". It knows, in a list with commas:";
  const char* separator = " ";
  for (const Item& item : kItems) {
    text.append(separator).append(spelling(item));
    separator = ", ";
  }
  return text + ".";
}

std::expected<void, std::string> apply_item(Scenario& scenario, Bytes text) {
  const Item* item = find_item(name_of(text));
  if (!item) return std::unexpected(unknown(name_of(text)));
  const std::size_t equals = text.find('=');
  if (equals == Bytes::npos) {
    item->apply(scenario, item->by_default);
    return {};
  }
  if (item->value.empty()) return std::unexpected(quoted(item->name) + " takes no value.");
  const auto value = parse_decimal(trim(text.substr(equals + 1)));
  if (!value || *value < item->least || *value > item->most)
    return std::unexpected(quoted(item->name) + " takes a whole number from " + std::to_string(item->least) + " to " +
                           std::to_string(item->most) + ", as in " + std::string(item->name) + "=" +
                           std::to_string(item->by_default) + ".");
  item->apply(scenario, static_cast<N>(*value));
  return {};
}

}  // namespace

std::span<const Item> items() { return kItems; }

std::expected<void, std::string> apply_items(Scenario& scenario, Bytes list) {
  while (!list.empty()) {
    const Bytes text = take_item(list);
    if (text.empty()) continue;
    if (auto applied = apply_item(scenario, text); !applied) return applied;
  }
  return {};
}

std::expected<Scenario, std::string> scenario_of_model(Bytes model) {
  constexpr Bytes kPrefix = "simulated/";
  if (model.starts_with(kPrefix)) model.remove_prefix(kPrefix.size());
  Scenario scenario;
  Bytes list = model;
  if (!find_item(name_of(take_item(list)))) return scenario;
  if (auto applied = apply_items(scenario, model); !applied) return std::unexpected(applied.error());
  return scenario;
}

std::string markdown_table(ItemGroup group) {
  std::string out = "| item | alone | what happens |\n|---|---|---|\n";
  for (const Item& item : kItems) {
    if (item.group != group) continue;
    out.append("| `").append(spelling(item)).append("` | ");
    if (!item.value.empty()) out.append(std::to_string(item.by_default));
    out.append(" | ").append(item.sentence).append(" |\n");
  }
  return out;
}

}  // namespace weir::simulator
