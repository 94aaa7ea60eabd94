// Tells a script in any dialect: pieces become neutral events, and the dialect's own encoder puts those on the wire, or
// a collector makes a document of them. Every write appends.
#pragma once

#include <optional>
#include <string>

#include "error_class.h"
#include "script.h"
#include "weir/dialect/answer.h"
#include "weir/dialect/encoder.h"
#include "weir/dialect/registry.h"

namespace weir::simulator {

/// What belongs to the answer as a whole.
struct Telling {
  dialect::Dialect dialect = dialect::Dialect::openai_chat;
  bool as_stream = false;
  bool as_array = false;     ///< a stream as a JSON array (Gemini)
  bool tells_usage = false;  ///< the client asked for usage in the stream
  std::string id;
  std::string model;         ///< as the client wrote it, escaped
  std::int64_t created = 0;  ///< seconds since 1970-01-01 UTC
};

/// What the simulated provider seals reasoning with, where its dialect has seals.
inline constexpr Bytes kSeal = "c2ltdWxhdGVkLXNpZ25hdHVyZQ==";

class Narrator {
 public:
  explicit Narrator(Telling telling);
  Narrator(const Narrator&) = delete;
  Narrator& operator=(const Narrator&) = delete;

  const Telling& telling() const { return telling_; }
  Bytes content_type() const;

  void begin(std::string& out);
  void say(const Delta& delta, std::string& out);
  /// The answer is complete. `has_done`: with its end marker, where the dialect has one.
  void finish(const Script& script, bool has_usage, bool has_done, std::string& out);
  /// Ends the stream with an error.
  void fail(const Failure& failure, std::string& out);
  /// Instead of a stream: takes everything that is left of the script.
  void document(Script& script, bool has_usage, std::string& out);

 private:
  void tell(const dialect::Event& event, std::string& out);
  void open(dialect::BlockBegin block, std::string& out);
  void close(std::string& out);
  std::string call_id(std::uint32_t call) const;

  const Telling telling_;
  const dialect::AnswerContext context_;
  std::optional<dialect::Encoder> encoder_;  // of a stream
  dialect::Collector collector_;             // of a document
  std::uint32_t blocks_ = 0;                 // begun so far
  bool is_open_ = false;                     // the last one
  dialect::BlockKind kind_{};                // of the last one
};

}  // namespace weir::simulator
