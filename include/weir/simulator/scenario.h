// What a client asked the simulated provider to do: what to say, how fast, and what shall go wrong.
//
// Asked for with a list of items, `chunks=5,interval-ms=0,cut-after=3`: in the header x-simulate, or as the model's id,
// for clients that cannot set a header. Every item is a row of one table, from which the parser, the list in an error
// and docs/simulator.md come.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

#include "weir/base/bytes.h"

namespace weir::simulator {

enum class Topic : std::uint8_t { text, echo, tool_calls, reasoning, refusal };

/// Errors that have a status in common with others.
enum class SpecialError : std::uint8_t { none, quota, context_length, blocked };

/// Where the error comes: as the answer itself, as the first event inside a 200, or after so many chunks of content.
enum class ErrorPlace : std::uint8_t { answer, first_event, mid_stream };

/// What ends the answer before its end: silence, or the end of the connection.
enum class BreakOff : std::uint8_t { none, stall, cut };

struct Scenario {
  Topic topic = Topic::text;
  std::uint32_t chunks = 0;      ///< of content, exactly; 0: as many as there is to say
  std::uint32_t tool_calls = 1;  ///< for Topic::tool_calls
  std::uint32_t reasoning = 0;   ///< chunks of reasoning, before text or calls

  std::uint32_t delay_ms = 0;        ///< before the answer's head
  std::uint32_t first_token_ms = 0;  ///< between the beginning of a stream and the first content
  std::uint32_t interval_ms = 20;    ///< between two chunks

  std::uint32_t error_status = 0;  ///< 0: no error was asked for
  SpecialError special_error = SpecialError::none;
  ErrorPlace error_place = ErrorPlace::answer;
  std::uint32_t error_after = 0;               ///< chunks of content, for ErrorPlace::mid_stream
  bool is_html = false;                        ///< the error's body
  std::optional<std::uint32_t> retry_after_s;  ///< nothing: 1 for the statuses that usually carry it

  BreakOff break_off = BreakOff::none;
  std::uint32_t break_after = 0;  ///< chunks of content
  bool is_filtered = false;       ///< half of it, then finish_reason content_filter
  bool has_finish = true;
  bool has_done = true;
  bool has_usage = true;  ///< when the client asked for it
};

/// Largest number of chunks that can be asked for.
inline constexpr std::uint32_t kMaxChunks = 100'000;
/// Largest time that can be asked for.
inline constexpr std::uint32_t kMaxWaitMs = 600'000;

enum class ItemGroup : std::uint8_t { content, pace, error, stream };

/// One row of the table.
struct Item {
  Bytes name;
  Bytes value;  ///< what stands behind the equals sign (`N`); empty: no value
  ItemGroup group;
  std::uint32_t by_default;  ///< when the name stands alone
  std::uint32_t least;
  std::uint32_t most;
  Bytes sentence;
  void (*apply)(Scenario& scenario, std::uint32_t value);
};

std::span<const Item> items();

/// Applies a list of items to `scenario`, each over what was there. Else a sentence that tells what is wrong and what
/// would be right; `scenario` is then of no use.
std::expected<void, std::string> apply_items(Scenario& scenario, Bytes list);

/// The scenario of a model's id, with or without `simulated/` before it. An id whose first item is in the table is a
/// list of items; any other is a name, and gets the built-in text.
std::expected<Scenario, std::string> scenario_of_model(Bytes model);

/// The rows of one group as a Markdown table; docs/simulator.md holds one per group.
std::string markdown_table(ItemGroup group);

}  // namespace weir::simulator
