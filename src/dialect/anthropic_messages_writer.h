// Private to write(): one request on its way to a provider. Its sources:
//
//   anthropic_messages_write.cpp           the members of the body, and what has no place in it
//   anthropic_messages_write_thinking.cpp  how much to think, and what that forbids
//   anthropic_messages_write_messages.cpp  turns: who speaks, and what of it may stand where
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "weir/codec/json_writer.h"
#include "weir/dialect/loss.h"
#include "weir/dialect/request.h"
#include "weir/dialect/target.h"

namespace weir::dialect::anthropic_messages {

class RequestWriter {
 public:
  RequestWriter(const Request& request, const Target& target, std::string& out, Loss& loss)
      : request_(request), target_(target), out_(out), loss_(loss), json_(out) {}

  void write_messages_request();
  void write_count_request();

 private:
  struct Thinking {
    enum class Kind : std::uint8_t { none, off, budget, adaptive };
    Kind kind = Kind::none;
    std::uint64_t budget = 0;
    Bytes effort;  // a word this model knows; empty: none
    bool on() const { return kind == Kind::budget || kind == Kind::adaptive; }
  };
  /// Neighbouring messages of one side. Only messages that say something are in it.
  struct Turn {
    Role role = Role::user;  // user, assistant, or system where the model takes that
    std::vector<const Message*> messages;
  };
  /// A tool call of the last assistant turn.
  struct Call {
    Bytes id;          // the client's
    std::string told;  // the provider's
    Bytes name;
    bool answered = false;
  };

  // The body.
  void write_common();
  void write_tools();
  void write_tool(const Tool& tool);
  void write_tool_choice();
  void write_sampling();
  void write_output_config();
  void report_losses();
  bool offers(const Tool& tool) const;
  bool has_tools() const;
  bool forces_tool() const;

  // Thinking.
  void plan_thinking();
  Bytes effort_word(Bytes effort) const;
  bool continues_without_thinking() const;
  void write_thinking();
  std::uint64_t max_tokens() const;

  // Messages.
  void plan_turns();
  bool says_something(const Message& message) const;
  bool is_own(const Part& part) const;
  void write_system();
  void write_messages();
  void write_turn(const Turn& turn, bool is_last);
  void write_part(const Part& part, bool trim);
  void write_text(Bytes text, Bytes cache_control);
  void write_reasoning(const Part& part);
  void write_media(const Part& part);
  void write_source(const Media& media, bool is_document);
  void write_tool_use(const Part& part);
  void write_tool_result(const Part& part);
  void write_result_content(const Part& part);
  std::string new_call_id(Bytes id);
  Bytes answered_id(const Part& part, std::string& scratch);

  const Request& request_;
  const Target& target_;
  std::string& out_;
  Loss& loss_;
  codec::JsonWriter json_;
  Thinking thinking_;
  bool emulates_schema_ = false;
  std::vector<const Message*> system_;  // hoisted
  std::vector<Turn> turns_;
  std::vector<Call> calls_;
  std::unordered_set<std::string> used_ids_;
};

}  // namespace weir::dialect::anthropic_messages
