// Private to gemini::Decoder, whose sources share it. Everything here is a view into the payload and dies with it. The
// sources:
//
//   gemini_decoder.cpp        reads a payload and keeps the books; the tap needs nothing else
//   gemini_decoder_tell.cpp   tells what was read as events
//   gemini_decoder_sources.cpp  tells where the text comes from
#pragma once

#include "json_members.h"
#include "weir/dialect/gemini_decoder.h"

namespace weir::dialect::gemini {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

/// The neutral reason behind a provider's word for it; `other` for an unknown word.
FinishReason finish_reason_of(Bytes native);

/// One part of a candidate's content.
struct Decoder::Part {
  enum class Kind : std::uint8_t { none, text, call, media, other };

  Kind kind = Kind::none;
  bool thought = false;
  bool will_continue = false;  // call: its arguments go on in later parts
  Bytes text;                  // text; media: base64
  Bytes id;                    // call
  Bytes name;                  // call; media: its type
  Bytes arguments;             // call: raw object
  Bytes partial;               // call: raw array of pieces of the arguments
  Bytes signature;
  Bytes raw;  // all of the part

  /// Reads an object; walks over anything else.
  void read(JsonReader& json);
  bool has_content() const {
    return !text.empty() ? kind == Kind::text || kind == Kind::media : kind == Kind::call && !name.empty();
  }
};

struct Decoder::Payload {
  Bytes id;
  Bytes model;
  std::int64_t created = 0;
  Bytes block_reason;
  bool candidates_seen = false;
  bool too_many = false;
  bool usage = false;
  Bytes counts;              // the object that the usage stands in
  std::size_t parts = 0;     // of all candidates
  Bytes text;                // of a part that holds nothing else...
  std::uint32_t choice = 0;  // ...whose it is,
  bool thought = false;      // and what

  void note(std::uint32_t of, const Part& part);
  bool error = false;
  FaultReport report;
};

}  // namespace weir::dialect::gemini
