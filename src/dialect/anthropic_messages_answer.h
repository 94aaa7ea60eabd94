// Private to the dialect: the parts of an answer that a stream and a document have in common. All texts escaped.
#pragma once

#include <cstdint>
#include <string>

#include "weir/base/bytes.h"
#include "weir/dialect/encoder.h"

namespace weir::dialect::anthropic_messages {

void append_number(std::string& out, std::uint64_t number);

/// `"name":"text"`.
void append_member(std::string& out, Bytes name, Bytes escaped);
/// The same, `null` for an empty text.
void append_member_or_null(std::string& out, Bytes name, Bytes escaped);

/// `"id":...,"type":"message","role":"assistant","model":...`: the provider's names where it gave any.
void append_message_head(std::string& out, const AnswerContext& context, Bytes id, Bytes model);

/// A message's usage: every member that the SDK's type has.
void append_usage(std::string& out, const Usage& usage);

/// How the answer ended.
struct Stop {
  FinishReason reason = FinishReason::stop;  ///< the provider's
  Bytes native;
  Bytes stop_sequence;
  bool has_tools = false;
  bool refused = false;  ///< some of the text was a refusal
};
/// `"stop_reason":...,"stop_sequence":...,"stop_details":...,"container":null`, and a side field with the provider's
/// word where none of this dialect's says as much.
void append_stop(std::string& out, const AnswerContext& context, const Stop& stop);

/// A citation as an object: of a page of the web, or without an address of a document.
void append_citation(std::string& out, Bytes url, Bytes title, Bytes quoted);

/// `"data":...` of redacted thinking: Anthropic's own as it came, others' with the tag that says whose it is.
void append_redacted(std::string& out, const AnswerContext& context, Bytes data);

/// The id of a tool call: the provider's, or one that depends on its number alone.
void append_call_id(std::string& out, const AnswerContext& context, Bytes id, std::uint32_t number);

}  // namespace weir::dialect::anthropic_messages
