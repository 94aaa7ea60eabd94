#include "continued.h"

#include <utility>

#include "weir/dialect/continuation.h"

namespace weir::gateway {

using dialect::BlockBegin;
using dialect::BlockDelta;
using dialect::BlockEnd;
using dialect::BlockKind;
using dialect::Event;

namespace {

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 0;
}

std::uint32_t hex_at(Bytes escaped, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value * 16 + static_cast<std::uint32_t>(hex_digit(escaped[i]));
  return value;
}

/// The character at `at`, whichever way it is written, and `at` behind it. Providers escape differently.
std::uint32_t next_character(Bytes escaped, std::size_t& at) {
  const auto first = static_cast<unsigned char>(escaped[at++]);
  if (first == '\\' && at < escaped.size()) {
    const char kind = escaped[at++];
    switch (kind) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      case 'u':
        break;
      default:
        return static_cast<unsigned char>(kind);
    }
    if (escaped.size() - at < 4) return 0xFFFD;
    const std::uint32_t unit = hex_at(escaped, at);
    at += 4;
    const bool is_pair =
        unit >= 0xD800 && unit < 0xDC00 && escaped.substr(at).starts_with("\\u") && escaped.size() - at >= 6;
    if (!is_pair) return unit;
    const std::uint32_t second = hex_at(escaped, at + 2);
    if (second < 0xDC00 || second > 0xDFFF) return unit;
    at += 6;
    return 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00);
  }
  if (first < 0xC0) return first;
  std::uint32_t value = first & (first < 0xE0 ? 0x1FU : first < 0xF0 ? 0x0FU : 0x07U);
  while (at < escaped.size() && (static_cast<unsigned char>(escaped[at]) & 0xC0U) == 0x80)
    value = value << 6 | (static_cast<unsigned char>(escaped[at++]) & 0x3FU);
  return value;
}

/// Walks over what `text` begins with like `known` at `at`. True when they go on differently.
bool skip_same(Bytes known, std::size_t& at, Bytes& text) {
  while (at < known.size() && !text.empty()) {
    std::size_t behind = at;
    std::size_t size = 0;
    if (next_character(known, behind) != next_character(text, size)) return true;
    at = behind;
    text.remove_prefix(size);
  }
  return false;
}

}  // namespace

std::span<const Event> Continued::take(std::span<const Event> events) {
  if (!is_rest_) {
    for (const Event& event : events) watch(event);
    return events;
  }
  kept_.clear();
  if (repeats_ != Repeats::text) give_back(held_);  // told by the last call, if it was no repetition
  for (const Event& event : events) fit(event);
  return kept_;
}

void Continued::repeat(const BlockDelta& delta) {
  if (delta.choice == 0 && delta.index == open_text_) say(delta.text);
}

/// Of the first part.
void Continued::watch(const Event& event) {
  if (const auto* delta = std::get_if<BlockDelta>(&event)) return repeat(*delta);
  if (const auto* begin = std::get_if<BlockBegin>(&event)) {
    ++blocks_;
    if (begin->choice == 0 && begin->kind == BlockKind::text && !open_text_) {
      open_text_ = begin->index;
    } else if (begin->choice == 0 && begin->kind == BlockKind::reasoning) {
      ++open_thoughts_;
    } else {
      give_up();
    }
  } else if (const auto* end = std::get_if<BlockEnd>(&event)) {
    if (is_over_) return;
    open_text_ == end->index ? open_text_.reset() : void(--open_thoughts_);
  } else if (std::holds_alternative<dialect::Citation>(event) || std::holds_alternative<dialect::Finish>(event)) {
    give_up();
  }
}

/// Of a later part.
void Continued::fit(const Event& event) {
  if (const auto* delta = std::get_if<BlockDelta>(&event)) {
    fit(*delta);
  } else if (const auto* begin = std::get_if<BlockBegin>(&event)) {
    fit(*begin);
  } else if (const auto* end = std::get_if<BlockEnd>(&event)) {
    fit(*end);
  } else if (const auto* report = std::get_if<dialect::UsageReport>(&event)) {
    kept_.emplace_back(dialect::UsageReport{dialect::sum_of(spent_, report->usage)});
  } else if (const auto* finish = std::get_if<dialect::Finish>(&event)) {
    if (finish->choice != 0) return;
    end_carried();
    give_up();
    dialect::Finish told = *finish;
    told.native = {};
    kept_.emplace_back(told);
  } else if (const auto* citation = std::get_if<dialect::Citation>(&event)) {
    if (citation->choice != 0) return;
    give_up();
    kept_.push_back(event);
  } else if (!std::holds_alternative<dialect::Begin>(event)) {
    kept_.push_back(event);
  }
}

void Continued::fit(const BlockBegin& begin) {
  if (begin.choice != 0) return;
  if (blocks_told_.size() <= begin.index) blocks_told_.resize(begin.index + 1);
  if (begin.kind == BlockKind::reasoning) return;
  if (begin.kind == BlockKind::text && is_carried_) {
    is_carried_ = false;
    blocks_told_[begin.index] = open_text_;
    return;
  }
  end_carried();
  if (begin.kind == BlockKind::text && !open_text_) {
    open_text_ = blocks_;
  } else {
    give_up();
  }
  BlockBegin told = begin;
  told.index = blocks_++;
  told.signature = {};
  blocks_told_[begin.index] = told.index;
  kept_.emplace_back(told);
}

void Continued::fit(const BlockDelta& delta) {
  if (delta.choice != 0 || delta.index >= blocks_told_.size() || !blocks_told_[delta.index]) return;
  BlockDelta told = {.choice = 0, .index = *blocks_told_[delta.index], .text = delta.text};
  if (told.index == open_text_) {
    told.text = without_repetition(told.text);
    if (told.text.empty()) return;
    say(told.text);
  }
  kept_.emplace_back(told);
}

void Continued::fit(const BlockEnd& end) {
  if (end.choice != 0 || end.index >= blocks_told_.size() || !blocks_told_[end.index]) return;
  const std::uint32_t told = *std::exchange(blocks_told_[end.index], {});
  if (told == open_text_) open_text_.reset();
  kept_.emplace_back(BlockEnd{.choice = 0, .index = told, .signature = {}});
}

/// The text of the part before goes on no more.
void Continued::end_carried() {
  if (!std::exchange(is_carried_, false)) return;
  kept_.emplace_back(BlockEnd{.choice = 0, .index = *std::exchange(open_text_, {}), .signature = {}});
}

void Continued::say(Bytes text) {
  if (is_over_) return;
  if (said_.size() + text.size() > kMostSaid) return give_up();
  said_ += text;
}

void Continued::give_up() {
  is_over_ = true;
  if (repeats_ == Repeats::nothing) give_back(said_);
}

Bytes Continued::said() const { return dialect::without_space_at_end(said_); }

void Continued::resume(const dialect::Usage& spent, bool repeats) {
  is_rest_ = true;
  is_carried_ = open_text_.has_value();
  blocks_told_.clear();
  spent_ = dialect::sum_of(spent_, spent);
  held_.clear();
  given_ = said().size();
  repeated_ = repeats ? 0 : given_;
  repeats_ = repeats ? Repeats::text : Repeats::space;
}

/// What is new of a text at the beginning of a part.
Bytes Continued::without_repetition(Bytes text) {
  if (repeats_ == Repeats::text) text = without_text(text);
  if (repeats_ == Repeats::space && !text.empty()) {
    const bool differs = skip_same(said_, repeated_, text);
    if (differs || repeated_ == said_.size()) repeats_ = Repeats::nothing;
    if (is_over_) give_up();  // the text was kept for this
  }
  return text;
}

/// Behind all of the text so far; as long as that is coming, nothing.
Bytes Continued::without_text(Bytes text) {
  Bytes rest = text;
  const bool differs = skip_same(Bytes(said_).substr(0, given_), repeated_, rest);
  if (!differs && repeated_ < given_) {
    held_ += text;
    return {};
  }
  repeats_ = Repeats::space;
  repeated_ = given_;
  if (!differs) return rest;
  // It was no repetition: all of it is new.
  if (held_.empty()) return text;
  return held_ += text;
}

}  // namespace weir::gateway
