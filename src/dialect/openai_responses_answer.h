// Private to the two writers of Responses answers, the encoder and the document: the pieces that both are made of.
#pragma once

#include <cstdint>
#include <string>

#include "weir/dialect/encoder.h"
#include "weir/dialect/event.h"

namespace weir::dialect::openai_responses {

/// One item of the output. Texts are escaped.
struct OutputItem {
  BlockKind kind = BlockKind::text;
  bool silent = false;  // the dialect has nothing for it
  bool schema = false;  // a tool call told as text
  bool redacted = false;
  bool open = true;
  bool written = false;  // its end, too
  std::uint32_t output_index = 0;
  std::string id;
  std::string call_id;
  std::string name;
  std::string text;
  std::string seal;     // as the client gets it
  std::string seal_id;  // of the item that holds a tool call's seal; empty: none
  std::string annotations;
  std::uint32_t annotation_count = 0;
  std::uint64_t text_before = 0;  // characters of the texts before it
  std::string place;              // of its deltas: what stands between their number and their text

  /// True for a text's sources to be put at.
  bool is_text() const { return !silent && kind == BlockKind::text; }
};

void append_number(std::string& out, std::uint64_t number);
/// `"key":"text"`, the text escaped already.
void append_text(std::string& out, Bytes key, Bytes text);

/// What becomes of a block. `number` counts the blocks of an answer.
OutputItem make_item(const AnswerContext& context, BlockKind kind, Bytes id, Bytes name, bool redacted,
                     std::uint64_t number);
/// The seal over reasoning, or over a tool call, as the client gets it.
void set_seal(OutputItem& item, const AnswerContext& context, Bytes signature, std::uint64_t number);
/// Puts a source at a text. The places are counted in the choice's whole text.
void add_annotation(OutputItem& item, Bytes url, Bytes title, std::int64_t start, std::int64_t end);

/// `{"type":"output_text",...}` or `{"type":"refusal",...}`
void append_part(std::string& out, const OutputItem& item, bool empty);
/// The item; `empty`: as it begins. A tool call's seal is not part of it.
void append_item(std::string& out, const OutputItem& item, bool empty);
/// The reasoning item that holds a tool call's seal.
void append_seal_item(std::string& out, const OutputItem& item);

/// What a response says of itself, beside its output.
struct ResponseWords {
  Bytes id;
  Bytes model;
  std::int64_t created = 0;
  Bytes status;
  Bytes incomplete;  // reason; empty: null
  Bytes error_code;  // empty: null
  Bytes error_message;
  const Usage* usage = nullptr;
  Bytes native;  // how the provider says that it ended, where no word of the dialect does; empty: not told
};

/// The response up to and with the `[` of its output, and from the `]` on.
void open_response(std::string& out, const ResponseWords& words);
void close_response(std::string& out, const ResponseWords& words);

/// The id of a response: the provider's, with OpenAI's prefix if it was an answer of another dialect.
std::string response_id(const AnswerContext& context, Bytes id);
/// Status and reason of how an answer ended.
struct Ending {
  Bytes status;
  Bytes incomplete;
};
Ending ending_of(FinishReason reason);

}  // namespace weir::dialect::openai_responses
