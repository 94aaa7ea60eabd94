// The responses that can be asked for again (Responses API): as many as fit a bound, the newest ones. What is kept is
// how to say it again.
#pragma once

#include <cstddef>
#include <deque>

#include "narrator.h"

namespace weir::simulator {

struct StoredAnswer {
  Scenario scenario;
  Prompt prompt;
  Telling telling;
};

class StoredAnswers {
 public:
  static constexpr std::size_t kMost = 64;

  /// Without whatever went wrong with it, and without its pauses.
  void keep(const Scenario& scenario, const Prompt& prompt, const Telling& telling) {
    if (answers_.size() == kMost) answers_.pop_front();
    Scenario calm = scenario;
    calm.delay_ms = calm.first_token_ms = calm.interval_ms = 0;
    calm.error_status = 0;
    calm.error_place = ErrorPlace::answer;
    calm.break_off = BreakOff::none;
    answers_.push_back({calm, prompt, telling});
  }
  /// nullptr if it is not here. Valid until the next call that is not const.
  const StoredAnswer* find(Bytes id) const {
    for (const StoredAnswer& answer : answers_)
      if (answer.telling.id == id) return &answer;
    return nullptr;
  }
  void forget(Bytes id) {
    std::erase_if(answers_, [id](const StoredAnswer& answer) { return answer.telling.id == id; });
  }

 private:
  std::deque<StoredAnswer> answers_;
};

}  // namespace weir::simulator
