// Planning exchanges in all languages (spoken.h): the request, and what its provider answers.
#pragma once

#include "answer_plan.h"
#include "plan.h"
#include "spoken.h"

namespace weir::sim {

/// The providers of a site, by what they speak; all of them are the same actor at the same address. What is kept is
/// kept at the first site alone.
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

inline bool is_at_site(const SpokenProvider& provider, std::size_t site) {
  return site == 0 || provider.dialect != dialect::Dialect::openai_responses;
}
inline std::string name_at_site(const SpokenProvider& provider, std::size_t site) {
  return std::string(provider.name) + (site == 0 ? std::string() : "-" + std::to_string(site));
}

/// What the answer depends on beyond what `Spoken` says.
struct SpokenWish {
  int id = 0;
  bool provider_streams = false;
  bool may_break = false;
  bool ails = false;   ///< something is wrong with this answer
  bool coded = false;  ///< its document is likely to come in a coding
  std::size_t max_bytes = 400;
  Door door = Door::open;  ///< what the credential is answered with
  dialect::Dialect client = dialect::Dialect::openai_chat;
  /// Of an error inside a 200 whose body passes.
  int status_of(const dialect::FaultReport& error) const;
};

AnswerPlan plan_spoken_answer(Random& random, const SpokenWish& wish, Spoken& spoken);

/// Where the models of a world are deployed.
struct SiteWish {
  std::size_t sites = 1;
  bool may_break = false;  ///< answers of models with several deployments may break off
};

/// One client request in any dialect. `last`: the last on its connection.
RequestPlan plan_spoken_request(Random& random, int id, const net::Options& limits, bool faultless, bool last,
                                const SiteWish& wish = {});

/// One for a model of the world's pools.
RequestPlan plan_pooled_request(Random& random, int id, const net::Options& limits, const Pools& pools);

}  // namespace weir::sim
