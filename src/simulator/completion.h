// Writes an answer as OpenAI's chat completions servers do: the chunks of a stream, or one document.
// Format: WIREFORMATS.md 2.1. Every write appends.
#pragma once

#include <cstdint>
#include <string>

#include "script.h"
#include "weir/codec/json_writer.h"

namespace weir::simulator {

inline constexpr Bytes kEndMarker = "data: [DONE]\n\n";

/// What every chunk of an answer repeats.
struct Completion {
  std::string id;
  std::string model;         ///< as the client wrote it
  std::int64_t created = 0;  ///< seconds since 1970-01-01 UTC
  bool tells_usage = false;  ///< the client asked for usage in the stream: the other chunks say null

  void write_role(std::string& out) const;
  void write_delta(std::string& out, const Delta& delta) const;
  void write_finish(std::string& out, const Script& script) const;
  void write_usage_chunk(std::string& out, const Script& script) const;
  /// Takes everything that is left of the script.
  void write_document(std::string& out, Script& script, bool has_usage) const;

 private:
  void begin(codec::JsonWriter& json, Bytes object) const;
  template <class WriteDelta>
  void write_chunk(std::string& out, Bytes finish_reason, WriteDelta&& write_delta) const;
};

/// The id of a tool call.
std::string tool_call_id(Bytes completion_id, std::uint32_t call);

}  // namespace weir::simulator
