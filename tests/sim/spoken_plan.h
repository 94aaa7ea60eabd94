// Planning exchanges in all languages (spoken.h): the request, and what its provider answers.
#pragma once

#include "answer_plan.h"
#include "plan.h"
#include "spoken.h"

namespace weir::sim {

/// The providers of a world, by what they speak; all of them are the same actor at the same address.
struct SpokenProvider {
  Bytes name;
  Bytes kind;
  dialect::Dialect dialect;
  bool stream_only = false;
};
inline constexpr SpokenProvider kSpokenProviders[] = {
    {"local", "openai", dialect::Dialect::openai_chat},
    {"claude", "anthropic", dialect::Dialect::anthropic_messages},
    {"google", "gemini", dialect::Dialect::gemini},
    {"keeper", "openai", dialect::Dialect::openai_responses},
    {"rows", "openai", dialect::Dialect::openai_chat, true},
};

/// What the answer depends on beyond what `Spoken` says.
struct SpokenWish {
  int id = 0;
  bool provider_streams = false;
  bool may_break = false;
  std::size_t max_bytes = 400;
  dialect::Dialect client = dialect::Dialect::openai_chat;
  /// Of an error inside a 200 whose body passes.
  int status_of(const dialect::FaultReport& error) const;
};

AnswerPlan plan_spoken_answer(Random& random, const SpokenWish& wish, Spoken& spoken);

/// One client request in any dialect. `last`: the last on its connection.
RequestPlan plan_spoken_request(Random& random, int id, const net::Options& limits, bool faultless, bool last);

}  // namespace weir::sim
