// Private to the two writers of gemini answers, the encoder and the document: the pieces that both are made of. Texts
// are escaped already.
#pragma once

#include <cstdint>
#include <string>

#include "weir/dialect/encoder.h"

namespace weir::dialect::gemini {

void append_number(std::string& out, std::uint64_t number);

/// The word for a finish: the provider's own where it is Google's, else the one that means the same.
Bytes word_of(FinishReason told, bool refused, Bytes native, const AnswerContext& context);
/// `,"finishMessage":"…"` where the provider's word says something that ours does not.
void append_finish_message(std::string& out, FinishReason reason, Bytes native, const AnswerContext& context);

/// The inside of a functionCall part, signature included. Arguments that are no JSON object (cut off by the token
/// limit) stand there as a text.
void append_call(std::string& out, const AnswerContext& context, Bytes id, Bytes name, Bytes arguments,
                 Bytes signature);
/// The inside of an inlineData part.
void append_media(std::string& out, Bytes type, Bytes data);
/// `,"thoughtSignature":"…"` of a reasoning; nothing where there is none.
void append_signature(std::string& out, const AnswerContext& context, bool redacted, Bytes signature);

/// One element of groundingChunks.
void append_source(std::string& out, Bytes url, Bytes title, Bytes quoted);
/// One element of groundingSupports.
void append_support(std::string& out, std::uint32_t source, std::int64_t start, std::int64_t end);
/// `,"groundingMetadata":{…}` of the elements above; nothing when there are none.
void append_grounding(std::string& out, Bytes sources, Bytes supports);

/// `,"usageMetadata":{…}`; nothing when none was reported.
void append_usage(std::string& out, const Usage& usage);
/// `,"modelVersion":"…","responseId":"…"`
void append_model_and_id(std::string& out, const AnswerContext& context, Bytes model, Bytes id);

/// Nothing in it but ASCII, whatever the escapes say.
inline bool is_ascii(Bytes escaped) {
  unsigned char high = 0;
  for (const char c : escaped) high = static_cast<unsigned char>(high | static_cast<unsigned char>(c));
  return high < 0x80 && escaped.find("\\u") == Bytes::npos;
}

}  // namespace weir::dialect::gemini
