// An answer that breaks off and goes on elsewhere, once or several times, for a client of any dialect.
//
// The first three bytes choose the dialects, what stands around the text and how the parts are cut; the rest is the
// text, one line for each part, '|' between its deltas. Written as it is but for what stands for something else: '='
// all of the text so far without the white space at its end, '_' a line end, '~' and '^' characters of two and of four
// bytes. With kRaw set only the first line is text, and what is behind it is the next provider's stream, byte by byte.
//
// However the parts are cut, the client gets the same bytes, lawful in its dialect. Its text is that of the first part
// and what each other part has new, worked out here in the plain way: over characters, all of it known.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "translation.h"
#include "unit/dialect/stream_runner.h"
#include "unit/gateway/cut_within_frames.h"
#include "weir/base/assert.h"
#include "weir/dialect/checker.h"

namespace {

using weir::Bytes;
using weir::Fault;
using weir::dialect::BlockKind;
using weir::dialect::Dialect;
using weir::dialect::Event;
using weir::gateway::Continued;
using weir::gateway::Translation;

enum Look : unsigned {
  kArray = 1,      // a client of Gemini's that wants an array
  kThoughts = 2,   // in front of the text of every part
  kCall = 4,       // behind the text of the last
  kSpelling = 56,  // how characters are escaped; 0: as little as may be
};

struct Input {
  unsigned dialects = 0, look = 0, cut = 1;
  std::string text;

  static constexpr Dialect kWhoGoesOn[] = {Dialect::openai_chat, Dialect::anthropic_messages};
  Dialect client() const { return weir::dialect::kDialects[dialects % 4]; }
  Dialect first() const { return weir::dialect::kDialects[dialects / 4 % 4]; }
  /// The parts behind the first, counted from 1.
  Dialect provider(std::size_t part) const {
    return part == 0 ? first() : kWhoGoesOn[((dialects >> 4) + (part - 1) * (dialects >> 5)) & 1U];
  }
  bool repeats(std::size_t part) const { return (dialects & 64U) != 0 && provider(part) == Dialect::openai_chat; }
  bool is_raw() const { return (dialects & 128U) != 0; }
  /// The first delta comes again and again, up to what is too much to go on with. Slow, so it is rare.
  bool is_long() const { return look == 192 && cut == 255 && text.size() < 32; }
  bool array() const { return (look & kArray) != 0 && client() == Dialect::gemini; }
};

// ---- Text.

using Characters = std::u32string;

bool is_space(char32_t c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

std::size_t size_without_space(const Characters& text) {
  std::size_t size = text.size();
  while (size > 0 && is_space(text[size - 1])) --size;
  return size;
}

char32_t character_of(char byte) {
  const unsigned char c = static_cast<unsigned char>(byte) & 0x7fU;
  if (c == '_') return '\n';
  if (c == '~') return 0xe9;
  if (c == '^') return 0x1f600;
  return c == '\t' || (c >= 0x20 && c < 0x7f) ? c : U'a' + c % 26;
}

void append_utf8(std::string& out, char32_t c) {
  const auto byte = [&out](char32_t value) { out += static_cast<char>(value); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) return byte(0xc0 | c >> 6), byte(0x80 | (c & 0x3f));
  byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 0x3f)), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f));
}

std::string utf8(const Characters& text) {
  std::string out;
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

/// Writes characters as the inside of a JSON string, each in one of the ways there are.
class Speller {
 public:
  explicit Speller(unsigned seed) : seed_(seed) {}

  std::string spell(const Characters& text) {
    std::string out;
    for (const char32_t c : text) spell(out, c);
    return out;
  }

 private:
  static void escape(std::string& out, char32_t unit, const char* digits) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += digits[unit >> shift & 15];
  }
  static void escape_all(std::string& out, char32_t c, const char* digits) {
    if (c < 0x10000) return escape(out, c, digits);
    escape(out, 0xd800 + ((c - 0x10000) >> 10), digits);
    escape(out, 0xdc00 + (c & 0x3ff), digits);
  }
  void spell(std::string& out, char32_t c) {
    state_ = state_ * 1103515245 + 12345;
    const unsigned way = seed_ == 0 ? 7 : state_ >> 16 & 7U;
    if (way < 2 && seed_ > 1) return escape_all(out, c, way == 0 ? "0123456789abcdef" : "0123456789ABCDEF");
    if (c == '\n') return void(out += "\\n");
    if (c == '\t') return void(out += "\\t");
    if (c == '"' || c == '\\' || (c == '/' && way == 2)) out += '\\';
    append_utf8(out, c);
  }

  unsigned seed_;
  unsigned state_ = seed_;
};

struct Part {
  std::vector<Characters> deltas;
  Characters text() const {
    Characters all;
    for (const Characters& delta : deltas) all += delta;
    return all;
  }
};

/// What of `rest` follows `said`.
Characters new_of(const Characters& said, Characters rest, bool repeats) {
  const std::size_t given = size_without_space(said);
  const Characters repeated = said.substr(0, given);
  if (repeats && rest.starts_with(repeated)) {
    rest.erase(0, given);
  } else if (repeats && repeated.starts_with(rest)) {
    return {};
  }
  const auto [at, in] = std::ranges::mismatch(rest, Characters(said.substr(given)));
  rest.erase(rest.begin(), at);
  return rest;
}

constexpr std::size_t kMostParts = 4;
constexpr int kMostRepetitions = 8;

std::vector<Part> parts_of(const Input& input, std::vector<Characters>& told) {
  std::vector<Part> parts(1, {{{}}});
  Characters said;
  int repetitions = 0;
  const auto end_part = [&] {
    const std::size_t part = parts.size() - 1;
    if (part == 0 && input.is_long())
      while (!parts[0].deltas[0].empty() && parts[0].text().size() <= Continued::kMostSaid)
        parts[0].deltas.push_back(std::exchange(parts[0].deltas[0], parts[0].deltas[0] + parts[0].deltas[0]));
    const Characters text = parts.back().text();
    said += part == 0 ? text : new_of(said, text, input.repeats(part));
    told.push_back(said);
  };
  for (const char c : input.text) {
    if (c == '\n') {
      end_part();
      if (parts.size() == kMostParts) return parts;
      parts.push_back({{{}}});
    } else if (c == '|') {
      parts.back().deltas.emplace_back();
    } else if (c == '=' && parts.size() > 1 && repetitions++ < kMostRepetitions) {
      parts.back().deltas.back() += said.substr(0, size_without_space(said));
    } else {
      parts.back().deltas.back() += character_of(c);
    }
  }
  end_part();
  return parts;
}

// ---- What a provider sends.

class Stream {
 public:
  Stream(Dialect provider, const Part& part, Speller& speller, bool thinks, bool calls, bool ends) {
    begin(provider);
    if (thinks) think(provider);
    if (provider == Dialect::anthropic_messages)
      frame(R"({"type":"content_block_start","index":)" + index() + R"(,"content_block":{"type":"text","text":""}})");
    for (const Characters& delta : part.deltas) say(provider, speller.spell(delta));
    if (provider == Dialect::anthropic_messages && ends) end_block();
    if (calls) call(provider);
    if (ends) end(provider, calls);
  }

  std::string body;

 private:
  void frame(const std::string& payload) { body += "data: " + payload + "\n\n"; }
  std::string index() const { return std::to_string(index_); }
  void end_block() { frame(R"({"type":"content_block_stop","index":)" + std::to_string(index_++) + "}"); }
  void chat(const std::string& delta, const char* finish = "null") {
    frame(R"({"id":"c","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,"delta":{)" +
          delta + R"(},"finish_reason":)" + finish + "}]}");
  }

  void begin(Dialect provider) {
    if (provider == Dialect::openai_chat) chat(R"("role":"assistant","content":"")");
    if (provider == Dialect::anthropic_messages)
      frame(
          R"({"type":"message_start","message":{"id":"a","type":"message","role":"assistant","model":"m","content":[],)"
          R"("usage":{"input_tokens":9,"output_tokens":1}}})");
    if (provider == Dialect::openai_responses) {
      frame(R"({"type":"response.created","response":{"id":"r","object":"response","model":"m","output":[]}})");
      frame(R"({"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"i",)"
            R"("role":"assistant","content":[]}})");
    }
  }

  void think(Dialect provider) {
    if (provider == Dialect::openai_chat) chat(R"("reasoning_content":"hm")");
    if (provider != Dialect::anthropic_messages) return;
    frame(R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}})");
    frame(R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}})");
    end_block();
  }

  void say(Dialect provider, const std::string& text) {
    switch (provider) {
      case Dialect::openai_chat:
        return chat(R"("content":")" + text + '"');
      case Dialect::anthropic_messages:
        return frame(R"({"type":"content_block_delta","index":)" + index() +
                     R"(,"delta":{"type":"text_delta","text":")" + text + "\"}}");
      case Dialect::gemini:
        return frame(R"({"candidates":[{"content":{"parts":[{"text":")" + text + R"("}],"role":"model"},"index":0}]})");
      case Dialect::openai_responses:
        return frame(
            R"({"type":"response.output_text.delta","item_id":"i","output_index":0,"content_index":0,"delta":")" +
            text + "\"}");
    }
  }

  void call(Dialect provider) {
    if (provider == Dialect::openai_chat)
      chat(R"("tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}])");
    if (provider != Dialect::anthropic_messages) return;
    frame(R"({"type":"content_block_start","index":)" + index() +
          R"(,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})");
    end_block();
  }

  void end(Dialect provider, bool calls) {
    if (provider == Dialect::openai_chat) {
      chat("", calls ? R"("tool_calls")" : R"("stop")");
      frame("[DONE]");
    } else {
      frame(R"({"type":"message_delta","delta":{"stop_reason":")" + std::string(calls ? "tool_use" : "end_turn") +
            R"("},"usage":{"output_tokens":4}})");
      frame(R"({"type":"message_stop"})");
    }
  }

  int index_ = 0;
};

// ---- What the client gets.

class Client {
 public:
  Client(const Input& input, Bytes body) : decoder_(input.client()) {
    weir::dialect::EventBatch batch(*this);
    std::string scratch;
    weir::codec::SseScanner frames;
    weir::codec::JsonArrayScanner elements;
    while (!body.empty()) {
      const std::size_t size = input.array() ? elements.find_end(body) : frames.find_end(body);
      if (size == Bytes::npos) break;
      const Bytes one = body.substr(0, size);
      const auto frame = input.array() ? weir::codec::SseFrame{} : weir::codec::parse_sse_frame(one, scratch);
      if (input.array() || frame.has_data) decoder_.decode(input.array() ? elements.element(one) : frame.data, batch);
      body.remove_prefix(size);
    }
    decoder_.end(batch);
  }
  void take(std::span<const Event> events) {
    if (!checker_.take(events)) weir::assert_failed("lawful", checker_.broken_law().c_str(), __FILE__, __LINE__);
    for (const Event& event : events) {
      const auto* begin = std::get_if<weir::dialect::BlockBegin>(&event);
      if (begin && begin->kind == BlockKind::text && begin->choice == 0) texts_.insert(begin->index);
      const auto* delta = std::get_if<weir::dialect::BlockDelta>(&event);
      if (delta && delta->choice == 0 && texts_.contains(delta->index)) raw_ += delta->text;
    }
  }
  std::string text() const { return weir::dialect::test::unescaped(raw_); }
  bool failed() const { return decoder_.failed(); }
  bool complete() const { return decoder_.complete(); }

 private:
  weir::dialect::Decoder decoder_;
  weir::dialect::Checker checker_;
  std::set<std::uint32_t> texts_;
  std::string raw_;
};

/// A text in a spelling that takes six bytes for each of one byte, in a string that grows by doubling.
constexpr std::size_t kMostHeld = 2 * (1 + 6) * Continued::kMostSaid + 1024;

class Answer {
 public:
  explicit Answer(const Input& input)
      : translation(input.client(),
                    {.provider = input.first(), .array = input.array(), .seed = 7, .now = 1'700'000'000, .model = "m"},
                    false, true) {}

  void read(const std::vector<Bytes>& pieces) {
    for (const Bytes piece : pieces) {
      if (piece.empty() || translation.failed() || translation.done()) continue;
      weir::net::BodyPart part;
      part.payloads[part.count++] = piece;
      translation.read(part, out);
      WEIR_ASSERT(translation.said_bytes() <= kMostHeld, "what is held of the text is bounded");
    }
  }

  Translation translation;
  std::string out;
};

std::vector<Bytes> every(std::size_t size, Bytes body) {
  std::vector<Bytes> pieces;
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) pieces.push_back(body.substr(0, size));
  return pieces;
}

struct Told {
  std::string out;
  bool begun, failed;
  std::size_t parts;  // that were asked for
  bool operator==(const Told&) const = default;
};

/// The parts one after the other, all but the last broken off, as long as somebody may go on.
template <class Cut>
Told stitch(const Input& input, const std::vector<std::string>& bodies, Cut&& cut) {
  Answer answer(input);
  Translation& translation = answer.translation;
  std::size_t parts = 0;
  for (; parts < bodies.size(); ++parts) {
    if (parts > 0 && !translation.can_go_on()) break;
    if (parts > 0) translation.resume(input.provider(parts), input.repeats(parts));
    answer.read(cut(bodies[parts]));
    const bool is_broken = parts + 1 < bodies.size() || (input.is_raw() && (input.look & kCall) != 0);
    if (is_broken && !translation.failed()) translation.fail(Fault::upstream_reset, answer.out);
    if (!is_broken && !translation.failed()) translation.end(answer.out);
  }
  if (translation.failed()) translation.tell_failure(answer.out);
  return {answer.out, translation.begun(), translation.failed(), parts};
}

std::vector<std::string> bodies_of(const Input& input, const std::vector<Part>& parts) {
  std::vector<std::string> bodies;
  Speller speller((input.look & kSpelling) / 8);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool is_last = i > 0 && i + 1 == parts.size();
    const bool calls = is_last && (input.look & kCall) != 0;
    bodies.push_back(Stream(input.provider(i), parts[i], speller, (input.look & kThoughts) != 0, calls, is_last).body);
  }
  return bodies;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  Input input{.dialects = data[0], .look = data[1], .cut = std::max<unsigned>(data[2], 1)};
  input.text.assign(reinterpret_cast<const char*>(data) + 3, size - 3);
  std::string raw;
  if (input.is_raw()) {
    const std::size_t line = std::min(input.text.find('\n'), input.text.size());
    raw = input.text.substr(std::min(line + 1, input.text.size()));
    input.text.resize(line);
  }
  std::vector<Characters> told;
  std::vector<std::string> bodies = bodies_of(input, parts_of(input, told));
  if (input.is_raw()) bodies.push_back(raw);
  if (bodies.size() < 2) return 0;

  const Told whole = stitch(input, bodies, [](Bytes body) { return std::vector<Bytes>{body}; });
  WEIR_ASSERT(whole == stitch(input, bodies, weir::gateway::test::cut_within_frames),
              "read in the ordinary way it is the same");
  WEIR_ASSERT(whole == stitch(input, bodies, [&](Bytes body) { return every(input.cut, body); }),
              "cut in another way it is the same");
  if (!whole.begun) return 0;

  const Client client(input, whole.out);
  WEIR_ASSERT(client.failed() == whole.failed, "the client sees how it ends");
  const std::string text = client.text();
  if (input.is_raw()) {
    WEIR_ASSERT(text.starts_with(utf8(told[0])), "what was told stays told");
    return 0;
  }
  const bool is_cut_short = whole.parts < bodies.size();
  const bool is_open = told[0].empty() && (input.look & kThoughts) != 0;  // thoughts end where the text begins
  WEIR_ASSERT(!is_cut_short || is_open || input.is_long(), "a beginning of a text can go on");
  WEIR_ASSERT(text == utf8(told[whole.parts - 1]), "the text is told once, and all of it");
  WEIR_ASSERT(is_cut_short || client.complete(), "the answer has an end");
  return 0;
}
