// The provider's bytes around an answer, whatever it says: its head, the three framings, line ends, pauses, and where
// it breaks off. What the answer says is planned by answer_plan.cpp (chat completions, passed through) and
// spoken_answer.cpp (all dialects).
#pragma once

#include <string>
#include <vector>

#include "answer_plan.h"

namespace weir::sim {

/// Text as a model might write it, already escaped for JSON.
std::string words(Random& random, std::size_t bytes);

class AnswerWire {
 protected:
  AnswerWire(Random& random, int id, bool may_break)
      : random_(random), id_(std::to_string(id)), may_break_(may_break) {}
  ~AnswerWire() = default;

  void prepend(const std::string& text);
  std::string head(int status, Bytes reason, Bytes type);
  void frame(std::string start, const std::string& body, std::size_t needed_of_body);
  void redirect();
  void malformed();
  /// Whom the request may be given to after this error.
  void read_again(int status, Bytes body);
  std::string line_end();
  /// What happens to an answer of any kind: an interim answer before it, pauses, breaks.
  void happen();

  Random& random_;
  std::string id_;
  const bool may_break_;
  AnswerPlan plan_;
  std::string body_;
  std::vector<std::size_t> frames_;  // of a stream: where its frames end in the body
  std::uint64_t style_ = 0;          // of line ends
  bool mixed_ = false;
  bool old_version_ = false;
  bool breaks_surely_ = false;
  bool late_ = false;  // the first byte, or the first content, is long in coming

 private:
  void pauses();
  void break_off();
};

}  // namespace weir::sim
