// What clients ask, written in each dialect by the test's own hands: text, pictures, history with tool calls and
// reasoning, tools, limits, hints; and now and then something that only one dialect can say.
#pragma once

#include <string>

#include "weir/base/random.h"
#include "weir/dialect/dialect.h"

namespace weir::sim {

struct QuestionWish {
  int id = 0;
  dialect::Dialect client = dialect::Dialect::openai_chat;
  bool stream = false;
  bool counts = false;     ///< asks for a count of tokens: nothing about the answer
  bool translated = true;  ///< otherwise anything goes
  std::size_t max_bytes = 300;
};

/// Stands where the model's name belongs.
inline constexpr char kModelHole = '\x01';

/// A body with holes.
std::string make_question(Random& random, const QuestionWish& wish);
std::string fill_model(const std::string& body, const std::string& model);

}  // namespace weir::sim
