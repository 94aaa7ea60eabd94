// Runs a raw answer through scanner, frame parser, decoder and checker, cut in any way, and keeps what came out: the
// events as text, and the answer they tell.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "weir/codec/json_reader.h"
#include "weir/codec/sse.h"
#include "weir/dialect/checker.h"
#include "weir/dialect/dialect.h"
#include "weir/dialect/openai_chat_decoder.h"

namespace weir::dialect::test {

inline std::string unescaped(Bytes raw) {
  std::string out;
  codec::decode_json_string(
      raw,
      [](void* receiver, Bytes part) {
        *static_cast<std::string*>(receiver) += part;
        return true;
      },
      &out);
  return out;
}

/// What of a usage is told to clients: what has a price of its own is weir's own concern.
inline Usage as_told(Usage usage) {
  usage.parts = {};
  return usage;
}

/// One event as a line of text. Texts keep their escapes.
inline std::string to_text(const Event& event) {
  struct Visitor {
    static std::string quoted(Bytes text) { return '"' + std::string(text) + '"'; }
    static std::string place(std::uint32_t choice, std::uint32_t index) {
      return ' ' + std::to_string(choice) + '.' + std::to_string(index);
    }
    std::string operator()(const Begin& e) const {
      return "begin id=" + quoted(e.id) + " model=" + quoted(e.model) + " created=" + std::to_string(e.created);
    }
    std::string operator()(const BlockBegin& e) const {
      std::string line = "block_begin" + place(e.choice, e.index) + ' ' + std::string(to_string(e.kind));
      if (e.kind == BlockKind::tool_call) line += " id=" + quoted(e.id) + " name=" + quoted(e.name);
      if (e.kind == BlockKind::media && !e.name.empty()) line += " type=" + quoted(e.name);
      if (e.redacted) line += " redacted";
      return line + sealed(e.signature);
    }
    std::string operator()(const BlockDelta& e) const {
      return "block_delta" + place(e.choice, e.index) + ' ' + quoted(e.text);
    }
    static std::string sealed(Bytes signature) { return signature.empty() ? "" : " signature=" + quoted(signature); }
    std::string operator()(const BlockEnd& e) const {
      return "block_end" + place(e.choice, e.index) + sealed(e.signature);
    }
    std::string operator()(const Citation& e) const {
      std::string line = "citation " + std::to_string(e.choice) + " url=" + quoted(e.url) + " title=" + quoted(e.title);
      if (!e.quoted.empty()) line += " quoted=" + quoted(e.quoted);
      if (e.start >= 0) line += " at " + std::to_string(e.start) + ".." + std::to_string(e.end);
      return line;
    }
    std::string operator()(const UsageReport& e) const {
      const auto count = [](const char* name, std::uint64_t n) {
        return n ? std::string(" ") + name + '=' + std::to_string(n) : "";
      };
      return "usage" + count("input", e.usage.input) + count("cache_read", e.usage.cache_read) +
             count("cache_write", e.usage.cache_write) + count("audio_input", e.usage.audio_input) +
             count("output", e.usage.output) + count("reasoning", e.usage.reasoning) +
             count("audio_output", e.usage.audio_output);
    }
    std::string operator()(const Finish& e) const {
      return "finish " + std::to_string(e.choice) + ' ' + std::string(to_string(e.reason)) +
             " native=" + quoted(e.native) + (e.stop_sequence.empty() ? "" : " at " + quoted(e.stop_sequence));
    }
    std::string operator()(const FaultReport& e) const {
      const bool usual = e.error_class == ErrorClass::server;
      return "fault " + std::string(to_string(e.fault)) + (usual ? "" : ' ' + std::string(to_string(e.error_class))) +
             " code=" + quoted(e.code) + " type=" + quoted(e.type) + " message=" + quoted(e.message);
    }
    std::string operator()(const Ping&) const { return "ping"; }
    std::string operator()(const Extra& e) const { return "extra " + std::string(e.raw); }
  };
  return std::visit(Visitor{}, event);
}

struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  // still escaped
};

struct Answer {
  std::string text;  // these three still escaped: a surrogate pair may be cut by two deltas
  std::string reasoning;
  std::string refusal;
  std::vector<ToolCall> tool_calls;
  std::string finish_native;
  FinishReason finish = FinishReason::unspecified;
  bool finished = false;
};

/// With the decoder of any dialect.
template <class Decoder>
class BasicStreamRunner {
 public:
  BasicStreamRunner() = default;
  /// With the registry's decoder.
  explicit BasicStreamRunner(Dialect provider) : decoder(provider), tap(provider) {}

  void feed(Bytes piece) {
    while (!piece.empty()) {
      const std::size_t end = scanner_.find_end(piece);
      if (end == codec::SseScanner::npos) {
        pending_ += piece;
        return;
      }
      pending_ += piece.substr(0, end);
      piece.remove_prefix(end);
      frame();
    }
  }
  void feed_cut(Bytes stream, std::size_t cut) {
    feed(stream.substr(0, cut));
    feed(stream.substr(cut));
  }
  /// The connection closed; the last frame counts even without its blank line unless it was `torn` off.
  void finish(bool torn = false) {
    if (!torn) frame();
    EventBatch batch(*this);
    decoder.end(batch);
    checker.end();
  }
  /// A whole answer in one JSON document.
  void document(Bytes body) {
    payload(body);
    finish(true);
  }

  void take(std::span<const Event> events) {
    checker.take(events);
    for (const Event& event : events) {
      lines += to_text(event) + '\n';
      if (const auto* e = std::get_if<Begin>(&event)) {
        id = e->id;
        model = e->model;
      } else if (const auto* block = std::get_if<BlockBegin>(&event)) {
        kinds_[{block->choice, block->index}] = block->kind;
        if (block->kind != BlockKind::tool_call) continue;
        auto& calls = answers[block->choice].tool_calls;
        calls_[{block->choice, block->index}] = calls.size();
        calls.push_back({unescaped(block->id), unescaped(block->name), {}});
      } else if (const auto* delta = std::get_if<BlockDelta>(&event)) {
        Answer& answer = answers[delta->choice];
        switch (kinds_[{delta->choice, delta->index}]) {
          case BlockKind::text:
            answer.text += delta->text;
            break;
          case BlockKind::reasoning:
            answer.reasoning += delta->text;
            break;
          case BlockKind::refusal:
            answer.refusal += delta->text;
            break;
          case BlockKind::tool_call:
            answer.tool_calls[calls_[{delta->choice, delta->index}]].arguments += delta->text;
            break;
          default:
            break;
        }
      } else if (const auto* f = std::get_if<Finish>(&event)) {
        Answer& answer = answers[f->choice];
        answer.finish_native = f->native;
        answer.finish = f->reason;
        answer.finished = true;
      } else if (const auto* fault = std::get_if<FaultReport>(&event)) {
        fault_message = fault->message;
      }
    }
  }

  Decoder decoder;
  Decoder tap;  // sees the same payloads
  Checker checker;
  std::string lines;
  std::string id;
  std::string model;
  std::map<std::uint32_t, Answer> answers;
  std::vector<FrameFacts> facts;
  std::vector<FrameFacts> tap_facts;
  std::string fault_message;
  std::vector<std::string> payloads;

 private:
  void frame() {
    const codec::SseFrame frame = codec::parse_sse_frame(pending_, scratch_);
    if (frame.has_data) payload(frame.data);
    pending_.clear();
  }
  void payload(Bytes data) {
    EventBatch batch(*this);
    payloads.emplace_back(data);
    facts.push_back(decoder.decode(data, batch));
    tap_facts.push_back(tap.tap(data));
  }

  codec::SseScanner scanner_;
  std::string pending_;
  std::string scratch_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, BlockKind> kinds_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> calls_;
};

using StreamRunner = BasicStreamRunner<OpenAiChatDecoder>;

}  // namespace weir::dialect::test
