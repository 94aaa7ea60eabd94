#include "narrator.h"

#include "weir/dialect/event.h"

namespace weir::simulator {
namespace {

using dialect::BlockKind;
using dialect::Dialect;

/// More than the longest script can say, so that a document is never cut short.
constexpr std::size_t kMostText = 64U << 20;

BlockKind kind_of(Delta::Kind kind) {
  switch (kind) {
    case Delta::Kind::content:
      return BlockKind::text;
    case Delta::Kind::reasoning:
      return BlockKind::reasoning;
    case Delta::Kind::refusal:
      return BlockKind::refusal;
    case Delta::Kind::tool_call:
    case Delta::Kind::tool_arguments:
      break;
  }
  return BlockKind::tool_call;
}

dialect::AnswerContext context_of(const Telling& telling) {
  return {.provider = telling.dialect,
          .include_usage = telling.tells_usage,
          .array = telling.as_array,
          .now = telling.created,
          .model = telling.model};
}

}  // namespace

Narrator::Narrator(Telling telling)
    : telling_(std::move(telling)), context_(context_of(telling_)), collector_(kMostText) {
  if (telling_.as_stream) encoder_.emplace(telling_.dialect, context_);
}

Bytes Narrator::content_type() const {
  return telling_.as_stream ? dialect::stream_content_type(telling_.dialect, telling_.as_array)
                            : Bytes("application/json");
}

std::string Narrator::call_id(std::uint32_t call) const { return "call-" + telling_.id + "-" + std::to_string(call); }

void Narrator::tell(const dialect::Event& event, std::string& out) {
  if (encoder_) {
    encoder_->encode({&event, 1}, out);
  } else {
    collector_.take({&event, 1});
  }
}

void Narrator::begin(std::string& out) {
  tell(dialect::Begin{.id = telling_.id, .model = telling_.model, .created = telling_.created}, out);
}

void Narrator::open(dialect::BlockBegin block, std::string& out) {
  close(out);
  block.index = blocks_++;
  kind_ = block.kind;
  is_open_ = true;
  tell(block, out);
}

void Narrator::close(std::string& out) {
  if (!std::exchange(is_open_, false)) return;
  const bool is_sealed = kind_ == BlockKind::reasoning && context_.vendor() != dialect::Vendor::none;
  tell(dialect::BlockEnd{.index = blocks_ - 1, .signature = is_sealed ? kSeal : Bytes{}}, out);
}

void Narrator::say(const Delta& delta, std::string& out) {
  const BlockKind kind = kind_of(delta.kind);
  if (delta.kind == Delta::Kind::tool_call) {
    const std::string id = call_id(delta.call);
    const bool is_sealed = delta.call == 0 && telling_.dialect == Dialect::gemini;
    return open({.kind = kind, .id = id, .name = delta.text, .signature = is_sealed ? kSeal : Bytes{}}, out);
  }
  if (!is_open_ || kind_ != kind) open({.kind = kind}, out);
  tell(dialect::BlockDelta{.index = blocks_ - 1, .text = delta.text}, out);
}

void Narrator::finish(const Script& script, bool has_usage, bool has_done, std::string& out) {
  close(out);
  if (has_usage)
    tell(dialect::UsageReport{{.input = script.prompt_tokens(),
                               .output = script.completion_tokens() - script.reasoning_tokens(),
                               .reasoning = script.reasoning_tokens(),
                               .reported = true}},
         out);
  tell(dialect::Finish{.reason = script.finish_reason()}, out);
  if (!encoder_) return;
  encoder_->end(out);
  if (has_done) return;
  if (const Bytes marker = dialect::end_marker(telling_.dialect); Bytes(out).ends_with(marker))
    out.resize(out.size() - marker.size());
}

void Narrator::fail(const Failure& failure, std::string& out) {
  tell(dialect::FaultReport{.error_class = failure.error_class, .message = failure.message}, out);
}

void Narrator::document(Script& script, bool has_usage, std::string& out) {
  begin(out);
  Delta delta;
  while (script.next(delta)) say(delta, out);
  finish(script, has_usage, true, out);
  dialect::write_document(telling_.dialect, collector_.answer(), context_, out);
}

}  // namespace weir::simulator
