#include "script.h"

#include <algorithm>
#include <array>
#include <utility>

#include "answer_wire.h"
#include "weir/dialect/encoder.h"

namespace weir::sim {

using dialect::Dialect;
using Kind = ScriptBlock::Kind;

std::string ScriptBlock::whole() const {
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  return text;
}

namespace {

/// Cuts a text into pieces, but not inside an escape or a character.
std::vector<std::string> pieces_of(Random& random, const std::string& text, std::size_t most) {
  std::vector<std::string> pieces;
  std::string piece;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t n = 1;
    if (text[at] == '\\') n = text[at + 1] == 'u' ? 6 : 2;
    while (at + n < text.size() && (static_cast<unsigned char>(text[at + n]) & 0xc0U) == 0x80U) ++n;
    piece.append(text, at, n);
    at += n;
    if (piece.size() < most && !random.one_in(most > 30 ? most : 9)) continue;
    pieces.push_back(std::exchange(piece, {}));
  }
  if (!piece.empty()) pieces.push_back(std::move(piece));
  return pieces;
}

class Maker {
 public:
  Maker(Random& random, const ScriptWish& wish) : random_(random), wish_(wish), id_(std::to_string(wish.id)) {}

  Script make() {
    script_.id = "id-of-the-provider-" + id_;
    script_.model = "model-of-the-provider";
    script_.tells_usage = !random_.one_in(6);
    if (random_.one_in(3)) reasoning();
    if (wish_.structured) {
      call(std::string(dialect::kSchemaTool));
      script_.end = Script::End::calls;
      return std::move(script_);
    }
    const bool calls = random_.one_in(3);
    if (!calls && random_.one_in(12) && wish_.dialect != Dialect::gemini &&
        wish_.dialect != Dialect::anthropic_messages)
      add(Kind::refusal, "I cannot help with " + id_);
    else if (!calls || random_.one_in(2))
      text();
    if (random_.one_in(12)) text();
    if (calls)
      for (std::uint64_t n = random_.between(1, 3); n > 0; --n) call("look_up_" + std::to_string(n));
    script_.cites = random_.one_in(8) && script_.blocks.back().kind == Kind::text;
    script_.end = calls                ? Script::End::calls
                  : random_.one_in(8)  ? Script::End::length
                  : random_.one_in(12) ? Script::End::filtered
                                       : Script::End::stop;
    return std::move(script_);
  }

 private:
  ScriptBlock& add(Kind kind, const std::string& text) {
    ScriptBlock& block = script_.blocks.emplace_back();
    block.kind = kind;
    block.pieces = pieces_of(random_, text, std::max<std::size_t>(random_.one_in(4) ? 400 : 30, text.size() / 60));
    return block;
  }

  void reasoning() {
    ScriptBlock& block = add(Kind::reasoning, "THOUGHT-TEXT " + words(random_, random_.below(120)));
    if (!random_.one_in(3)) block.signature = "c2lnbmF0dXJl" + id_;
    if (wish_.dialect == Dialect::anthropic_messages && random_.one_in(4)) {
      block.redacted = true;
      block.pieces.clear();
      block.signature = "cmVkYWN0ZWQ" + id_;
    }
  }

  void text() {
    const std::size_t size = wish_.huge && random_.one_in(60) ? random_.between(20'000, 90'000)
                             : random_.one_in(8)              ? random_.below(wish_.max_bytes * 4)
                                                              : random_.below(wish_.max_bytes);
    std::string text = "ANSWER-TEXT " + words(random_, size);
    if (random_.one_in(10)) text = "<think>THOUGHT-TEXT</think>" + text;
    ScriptBlock& block = add(Kind::text, text);
    if (size > 10'000 && random_.one_in(2)) block.pieces = {text};  // one huge frame
  }

  void call(std::string name) {
    ScriptBlock& block = add(Kind::call, "");
    block.name = std::move(name);
    block.id = "call_" + id_ + "_" + std::to_string(script_.blocks.size());
    if (wish_.dialect == Dialect::gemini) {
      if (random_.one_in(2)) block.id.clear();
      if (random_.one_in(2)) block.signature = "c2VhbA" + id_;
    }
    if (random_.one_in(5)) return;  // a call without arguments
    std::string arguments = R"({\"q\":\"weir )" + id_ + R"(\",\"n\":1.10,\"deep\":{\"list\":[1,true,null]}})";
    block.pieces = pieces_of(random_, arguments, 12);
  }

  Random& random_;
  const ScriptWish& wish_;
  std::string id_;
  Script script_;
};

}  // namespace

Script make_script(Random& random, const ScriptWish& wish) { return Maker(random, wish).make(); }

}  // namespace weir::sim
