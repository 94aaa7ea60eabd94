#include "weir/dialect/answer.h"

namespace weir::dialect {

namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

constexpr std::size_t kMaxChoices = 128;
constexpr std::size_t kMaxBlocks = 4096;  // of a choice
constexpr std::size_t kBlockBytes = sizeof(Answer::Block);

}  // namespace

void Collector::append(std::string& text, Bytes more) {
  if (more.size() > most_bytes_ - bytes_) {
    too_large_ = true;
    return;
  }
  bytes_ += more.size();
  text += more;
}

Answer::Choice* Collector::choice(std::uint32_t index) {
  if (index >= kMaxChoices) return nullptr;
  if (answer_.choices.size() <= index) answer_.choices.resize(index + 1);
  return &answer_.choices[index];
}

void Collector::take(std::span<const Event> events) {
  for (const Event& event : events)
    if (!failed_ && !too_large_) take(event);
}

void Collector::take(const Event& event) {
  std::visit(
      Overloaded{
          [&](const Begin& begin) {
            answer_.begun = true;
            append(answer_.id, begin.id);
            append(answer_.model, begin.model);
            answer_.created = begin.created;
          },
          [&](const BlockBegin& begin) {
            Answer::Choice* const into = choice(begin.choice);
            if (!into || into->blocks.size() == kMaxBlocks || bytes_ + kBlockBytes > most_bytes_) {
              too_large_ = true;
              return;
            }
            bytes_ += kBlockBytes;
            Answer::Block& block = into->blocks.emplace_back();
            block.kind = begin.kind;
            block.redacted = begin.redacted;
            append(block.id, begin.id);
            append(block.name, begin.name);
            append(block.signature, begin.signature);
          },
          [&](const BlockDelta& delta) { append(answer_.choices[delta.choice].blocks[delta.index].text, delta.text); },
          [&](const BlockEnd& end) {
            Answer::Block& block = answer_.choices[end.choice].blocks[end.index];
            append(block.signature, end.signature);
            block.open = false;
          },
          [&](const Citation& citation) {
            Answer::Choice* const into = choice(citation.choice);
            if (!into || into->sources.size() == kMaxBlocks) return;
            bytes_ += sizeof(Answer::Source);
            Answer::Source& source = into->sources.emplace_back();
            append(source.url, citation.url);
            append(source.title, citation.title);
            append(source.quoted, citation.quoted);
            source.start = citation.start;
            source.end = citation.end;
          },
          [&](const UsageReport& report) { answer_.usage = report.usage; },
          [&](const Finish& finish) {
            Answer::Choice* const into = choice(finish.choice);
            if (!into) return;
            into->finished = true;
            into->reason = finish.reason;
            append(into->native, finish.native);
            append(into->stop_sequence, finish.stop_sequence);
          },
          [&](const FaultReport&) { failed_ = true; },
          [](const Ping&) {},
          [](const Extra&) {},
      },
      event);
}

}  // namespace weir::dialect
