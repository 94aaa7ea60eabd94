// Private to the writers of chat requests: ids of tool calls as a provider takes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/dialect/request.h"
#include "weir/dialect/target.h"

namespace weir::dialect::openai_chat {

/// Appends `id` (escaped) as nine letters or digits: itself when it is that already, otherwise nine that depend on it
/// alone, so that a call and its result still match, in every request of a conversation.
void append_nine(std::string& out, Bytes id);

/// The ids of one request. Dialects that know calls by name alone give none: then one is made from the call's place,
/// and a result without one answers the first call of its name that has not been answered.
class CallIds {
 public:
  explicit CallIds(Quirks quirks) : nine_(quirks.has(Quirk::nine_character_ids)) {}

  /// A turn of the assistant begins: calls of the one before are not answered any more.
  void begin_turn() { calls_.clear(); }
  /// The id to be written for a call, escaped. Valid until the next call.
  Bytes of_call(const Part& call);
  Bytes of_result(const Part& result);

 private:
  struct Call {
    Bytes name;
    std::string id;  // as it is written
    bool answered = false;
  };
  void append(std::string& out, Bytes id) const { nine_ ? append_nine(out, id) : void(out += id); }

  bool nine_;
  std::uint64_t made_ = 0;
  std::vector<Call> calls_;
  std::string id_;
};

}  // namespace weir::dialect::openai_chat
