// The laws of requests for the models of a world's pools: who may be asked, before whom, with which credential, and
// that a session keeps its deployment. A law is said only where what shards could know at the time leaves no doubt.
#pragma once

#include <map>
#include <string>

#include "client.h"
#include "first_content.h"
#include "health_history.h"
#include "provider.h"
#include "telling.h"

namespace weir::sim {

class PoolLaws {
 public:
  PoolLaws(const Plan& plan, const HealthHistory& history, const FirstContent& first_content, Telling& telling)
      : plan_(plan), history_(history), first_content_(first_content), telling_(telling) {}

  /// When a client sent its request, and when it had an answer. Clocks of the network, which is nobody's but the
  /// test's.
  using Life = HealthHistory::Life;

  /// True when the client must have got the whole answer of somebody who answers.
  bool is_decided(const RequestPlan& request, const Life& life) const;
  void judge(const RequestPlan& request, const HttpMessage& answer, const Provider::Visit& visit, const Life& life);
  /// For every visit, answered or not: the credentials that it came with.
  void judge_credentials(const RequestPlan& request, const Provider::Visit& visit, Instant begun);

 private:
  class Judge;
  struct Home {
    int request = 0;
    std::size_t member = 0;
  };

  const Plan& plan_;
  const HealthHistory& history_;
  const FirstContent& first_content_;
  Telling& telling_;
  std::map<std::string, Home> homes_;  // by tenant, model, session and who may be asked
};

}  // namespace weir::sim
