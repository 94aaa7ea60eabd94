// What a model says, in no language: blocks of text, reasoning, tool calls and refusals in pieces, how it ends and what
// it cost. Written as the payloads of a stream or as a document of each dialect, in the manner of that dialect's own
// servers (WIREFORMATS.md), by hands of the test's own.
#pragma once

#include <string>
#include <vector>

#include "weir/base/random.h"
#include "weir/dialect/dialect.h"

namespace weir::sim {

struct ScriptBlock {
  enum class Kind : std::uint8_t { reasoning, text, refusal, call };
  Kind kind = Kind::text;
  std::string id;                   ///< of a call; empty where the dialect's older models give none
  std::string name;                 ///< of a call
  std::vector<std::string> pieces;  ///< escaped; of a call: its arguments, escaped as the inside of a string
  std::string signature;            ///< over reasoning, or a call (Gemini)
  bool redacted = false;

  std::string whole() const;
};

struct Script {
  enum class End : std::uint8_t { stop, length, calls, filtered };
  std::string id;
  std::string model;
  std::vector<ScriptBlock> blocks;
  End end = End::stop;
  bool tells_usage = true;
  bool cites = false;  ///< a source for the last text
  unsigned input = 20, cached = 5, output = 12, reasoning = 4;
};

struct ScriptWish {
  int id = 0;
  dialect::Dialect dialect = dialect::Dialect::openai_chat;
  std::size_t max_bytes = 400;
  bool structured = false;  ///< through a forced tool: the answer is a call of it
  bool huge = false;        ///< some texts are tens of thousands of bytes
};
Script make_script(Random& random, const ScriptWish& wish);

/// One payload of a stream, with the name of its event where the dialect gives it one.
struct Payload {
  std::string event;
  std::string data;
};
/// A whole stream, with its end marker. Chat: usage in a payload of its own behind the finish.
std::vector<Payload> payloads_of(Random& random, dialect::Dialect dialect, const Script& script);
std::string document_of(dialect::Dialect dialect, const Script& script);

/// An error as this dialect's servers tell it: `rate`, else they are overloaded.
std::string error_document(dialect::Dialect dialect, const std::string& id, bool rate);
Payload error_payload(dialect::Dialect dialect, const std::string& id, bool rate);

}  // namespace weir::sim
