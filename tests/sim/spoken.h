// Exchanges in all languages: what a client of one dialect asks a provider of any, which of weir's lanes that takes,
// and what a client of a faultless gateway hears. The golden answer is what the pure functions of room dialect make of
// the provider's payloads, one after another: no framing, no cuts, no gateway.
#pragma once

#include <string>
#include <vector>

#include "weir/dialect/registry.h"

namespace weir::sim {

enum class SpokenLane : std::uint8_t { pass, translate, collect, count, stored };

/// A part of a provider's answer, in the order it comes.
struct Told {
  std::string payload;
  bool comment = false;  ///< nothing but a sign of life
};

/// What is special about an exchange that was planned by spoken_request.cpp.
struct Spoken {
  bool planned = false;  ///< false: chat completions passed through, planned by request_plan.cpp
  dialect::Dialect client = dialect::Dialect::openai_chat;
  dialect::Dialect provider = dialect::Dialect::openai_chat;
  SpokenLane lane = SpokenLane::pass;
  bool array = false;            ///< Gemini: the client gets a JSON array
  std::string deployment;        ///< x-weir-deployment
  std::string dropped;           ///< x-weir-dropped; empty: it must not be there
  std::string method = "POST";   ///< of the request to the provider...
  std::string target;            ///< ...its target...
  std::string credential_field;  ///< ...and the field with weir's credential
  std::string credential;
  std::string shown;  ///< refused or answered by weir: what the body holds
  std::uint64_t estimate = 0;

  // What the golden answer is made of.
  dialect::AnswerContext context;  ///< its model is set when it is used
  std::string model;               ///< escaped
  bool document = false;           ///< the client gets one JSON document
  std::vector<Told> told;

  bool heard = false;  ///< the answer goes through the neutral events

  bool translates() const { return lane == SpokenLane::translate || lane == SpokenLane::collect; }
  /// A stream of the client's own dialect in another frame: what is said passes as it is.
  bool reframes() const { return array && client == provider && !document; }
  /// The request goes through the neutral model.
  bool translates_request() const { return translates() && !reframes(); }
};

/// What a client hears.
struct Heard {
  int status = 200;
  bool stream = false;  ///< bytes of a stream, else one document
  bool failed = false;  ///< ends in an error event, or is an error
  dialect::ErrorClass error_class = dialect::ErrorClass::server;
  std::string body;
  std::vector<std::size_t> ends;  ///< of a stream: where it stands behind each part that was told
};

/// All of an answer through the pure functions. `parts`: only so many of its parts come before its end. `other`: with
/// another seed and time, so that what weir makes up differs and can be told from what it was given.
Heard hear(const Spoken& spoken, std::size_t parts, bool other = false);

/// Compares texts but for ids and times that weir makes up: `golden` and `other` differ in nothing else. In `got`
/// every made text must stand for the same one everywhere.
class Likeness {
 public:
  Likeness() = default;
  Likeness(std::string golden, const std::string& other);
  const std::string& golden() const { return golden_; }
  /// How many bytes from the start are alike.
  std::size_t alike(Bytes got) const;

 private:
  std::string golden_;
  std::string made_;  // 'x' where weir made it up
};

/// An error document of weir's in this dialect; `whole`: false for the beginning of one.
bool is_error_document(dialect::Dialect client, Bytes body, bool whole);
/// The error event that ends a stream of this dialect; `whole`: likewise.
bool is_error_end(dialect::Dialect client, bool array, Bytes rest, bool whole);

}  // namespace weir::sim
