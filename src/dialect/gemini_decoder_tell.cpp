#include "gemini_decoder_parts.h"

// Telling: what a candidate holds becomes events. At most one block of a candidate is open; everything that is no more
// of it closes it.

namespace weir::dialect::gemini {

namespace {

/// Nothing in it but ASCII, whatever the escapes say.
bool is_ascii(Bytes escaped) {
  unsigned char high = 0;
  for (const char c : escaped) high = static_cast<unsigned char>(high | static_cast<unsigned char>(c));
  return high < 0x80 && escaped.find("\\u") == Bytes::npos;
}

}  // namespace

Decoder::ChoiceState& Decoder::state_of(std::uint32_t choice) {
  if (telling_->choices.size() <= choice) telling_->choices.resize(choice + 1);
  return telling_->choices[choice];
}

void Decoder::tell_fault(FaultReport report, EventBatch* batch) {
  failed_ = true;
  error_ = report;
  if (batch) batch->push(report);
}

/// The scratch must not move under views that point into it: what points there is handed over first.
void Decoder::make_room(std::size_t size, EventBatch& batch) {
  if (telling_->scratch.capacity() - telling_->scratch.size() >= size) return;
  batch.drain();
  telling_->scratch.clear();
  telling_->scratch.reserve(size);
}

void Decoder::begin_block(std::uint32_t choice, BlockKind kind, Bytes id, Bytes name, Bytes signature,
                          EventBatch& batch) {
  close_block(choice, {}, batch);
  ChoiceState& state = state_of(choice);
  state.open = true;
  state.open_kind = kind;
  state.open_index = state.next_index++;
  batch.push(BlockBegin{choice, state.open_index, kind, id, name, signature});
}

void Decoder::close_block(std::uint32_t choice, Bytes signature, EventBatch& batch) {
  ChoiceState& state = state_of(choice);
  if (!state.open) return;
  if (state.arguments.begun()) {
    make_room(PartialArguments::kMaxOverhead, batch);
    const std::size_t start = telling_->scratch.size();
    state.arguments.close(telling_->scratch);
    batch.push(BlockDelta{choice, state.open_index, Bytes(telling_->scratch).substr(start)});
  }
  state.open = false;
  batch.push(BlockEnd{choice, state.open_index, signature});
}

void Decoder::tell_candidate(const Candidate& candidate, Payload& payload, FrameFacts& facts, EventBatch& batch) {
  state_of(candidate.index);
  if (!candidate.parts.empty()) {
    JsonReader json(candidate.parts);
    for_elements(json, [&] {
      Part part;
      json.peek();
      const std::size_t start = json.offset();
      part.read(json);
      part.raw = candidate.parts.substr(start, json.offset() - start);
      facts.content |= part.has_content();
      payload.note(candidate.index, part);
      tell_part(candidate.index, part, batch);
    });
  }
  if (!candidate.citations.empty()) tell_citations(candidate.index, candidate.citations, batch);
  if (!candidate.grounding.empty()) tell_grounding(candidate.index, candidate.grounding, batch);
}

void Decoder::tell_part(std::uint32_t choice, const Part& part, EventBatch& batch) {
  switch (part.kind) {
    case Part::Kind::none:
      break;
    case Part::Kind::text:
      tell_text(choice, part.thought ? BlockKind::reasoning : BlockKind::text, part.text, batch);
      break;
    case Part::Kind::call:
      return tell_call(choice, part, batch);
    case Part::Kind::media:
      if (part.thought) return batch.push(Extra{part.raw});  // a draft, not the answer
      begin_block(choice, BlockKind::media, {}, part.name, {}, batch);
      if (!part.text.empty()) batch.push(BlockDelta{choice, state_of(choice).open_index, part.text});
      close_block(choice, {}, batch);
      break;
    case Part::Kind::other:  // code that ran there, tools of the provider's own
      return batch.push(Extra{part.raw});
  }
  if (!part.signature.empty()) tell_signature(choice, part.thought, part.signature, batch);
}

void Decoder::tell_text(std::uint32_t choice, BlockKind kind, Bytes text, EventBatch& batch) {
  if (text.empty()) return;
  ChoiceState& state = state_of(choice);
  if (!state.open || state.open_kind != kind) begin_block(choice, kind, {}, {}, {}, batch);
  if (kind == BlockKind::text && state.ascii) state.ascii = is_ascii(text);
  batch.push(BlockDelta{choice, state.open_index, text});
}

/// A signature over text: that of a thought ends its block; any other stands in a reasoning block of its own behind
/// what it belongs to.
void Decoder::tell_signature(std::uint32_t choice, bool thought, Bytes signature, EventBatch& batch) {
  const ChoiceState& state = state_of(choice);
  if (!thought || !state.open || state.open_kind != BlockKind::reasoning)
    begin_block(choice, BlockKind::reasoning, {}, {}, {}, batch);
  close_block(choice, signature, batch);
}

/// A call comes whole, or (Vertex, on demand) as a part with the name, parts with pieces of the arguments, and an empty
/// one at its end. Neither name nor position tells calls apart: every name begins another one.
void Decoder::tell_call(std::uint32_t choice, const Part& part, EventBatch& batch) {
  ChoiceState& state = state_of(choice);
  if (!part.name.empty()) {
    begin_block(choice, BlockKind::tool_call, part.id, part.name, part.signature, batch);
  } else if (!state.open || state.open_kind != BlockKind::tool_call) {
    return batch.push(Extra{part.raw});
  }
  if (has_members(part.arguments) && part.arguments[0] == '{' && !state.arguments.begun()) {
    make_room(2 * part.arguments.size(), batch);
    const std::size_t start = telling_->scratch.size();
    append_as_text(telling_->scratch, part.arguments);
    batch.push(BlockDelta{choice, state.open_index, Bytes(telling_->scratch).substr(start)});
  }
  if (!part.partial.empty()) tell_partial(choice, part.partial, batch);
  if (!part.will_continue) close_block(choice, {}, batch);
}

void Decoder::tell_partial(std::uint32_t choice, Bytes partial, EventBatch& batch) {
  JsonReader json(partial);
  for_elements(json, [&] {
    PartialArguments::Piece piece;
    for_members(json, [&](const JsonString& key) {
      if (key.is("jsonPath")) return read_text(json, piece.path);
      if (key.is("stringValue")) {
        piece.is_string = json.peek() == JsonType::string;
        return read_text(json, piece.value);
      }
      if (key.is("numberValue") || key.is("boolValue")) return void(json.raw_value(piece.value));
      if (key.is("nullValue")) {
        json.skip_value();  // null, or the name of the enum's only value
        piece.value = "null";
        return;
      }
      if (key.is("willContinue") && json.peek() == JsonType::boolean) return void(json.read_boolean(piece.more));
      json.skip_value();
    });
    if (!piece.is_string && piece.value.empty()) return;
    make_room(2 * (piece.path.size() + piece.value.size()) + PartialArguments::kMaxOverhead, batch);
    const std::size_t start = telling_->scratch.size();
    ChoiceState& state = state_of(choice);
    if (state.arguments.add(piece, telling_->scratch) && telling_->scratch.size() > start)
      batch.push(BlockDelta{choice, state.open_index, Bytes(telling_->scratch).substr(start)});
  });
}

void Decoder::repeat(Bytes text, Bytes counts) {
  document_ = false;  // as after every payload but the first
  if (!counts.empty()) later_counts_.assign(counts);
  if (!telling_ || !varying_is_text_ || varying_choice_ >= telling_->choices.size()) return;
  ChoiceState& state = telling_->choices[varying_choice_];
  if (state.ascii) state.ascii = is_ascii(text);
}

void Decoder::catch_up(EventBatch& batch) {
  if (later_counts_.empty() || failed_) return;
  take_later_counts();
  if (usage_ == telling_->usage) return;
  telling_->usage = usage_;
  batch.push(UsageReport{usage_.disjoint()});
}

void Decoder::end(EventBatch& batch) {
  if (!telling_) telling_ = std::make_unique<Telling>();
  catch_up(batch);
  if (failed_ || ended_) return batch.drain();
  ended_ = true;
  if (complete()) {
    telling_->scratch.clear();
    for (std::uint32_t choice = 0; choice < telling_->choices.size(); ++choice) {
      if ((begun_[choice / 64] >> (choice % 64) & 1) == 0) continue;
      close_block(choice, {}, batch);
      batch.push(Finish{choice, telling_->choices[choice].reason, telling_->choices[choice].native, {}});
    }
  } else {
    tell_fault({.fault = Fault::upstream_truncated}, &batch);
  }
  batch.drain();
}

}  // namespace weir::dialect::gemini
