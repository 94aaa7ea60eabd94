#include "weir/dialect/estimate.h"

namespace weir::dialect {

namespace {

constexpr std::uint64_t kPerMessage = 4;
constexpr std::uint64_t kPerTool = 8;
constexpr std::uint64_t kPerImage = 1000;
constexpr std::uint64_t kBytesPerPage = 2000;  // of a document's text, about; base64 and layout are four times that
constexpr std::uint64_t kTokensPerPage = 500;

/// In parts whose count fits a byte: the compiler makes vector code of that, and prompts are long.
std::uint64_t count_beyond_ascii(Bytes text) {
  constexpr std::size_t kPart = 240;
  std::uint64_t count = 0;
  while (!text.empty()) {
    std::uint8_t in_part = 0;
    const Bytes part = text.substr(0, kPart);
    for (const char c : part) in_part = static_cast<std::uint8_t>(in_part + (c < 0 ? 1 : 0));
    count += in_part;
    text.remove_prefix(part.size());
  }
  return count;
}

std::uint64_t of_text(Bytes text) {
  const std::uint64_t beyond_ascii = count_beyond_ascii(text);
  return (text.size() - beyond_ascii + 3) / 4 + beyond_ascii / 2;
}

std::uint64_t of_part(const Part& part) {
  std::uint64_t tokens = of_text(part.text) + of_text(part.name) + of_text(part.arguments.text) + of_text(part.result);
  for (const Part& inner : part.content) tokens += of_part(inner);
  switch (part.kind) {
    case PartKind::image:
      return tokens + kPerImage;
    case PartKind::audio:
    case PartKind::video:
    case PartKind::file:
      if (part.media.source == Media::Source::text) return tokens + of_text(part.media.value);
      return tokens + (part.media.value.size() / (4 * kBytesPerPage) + 1) * kTokensPerPage;
    default:
      return tokens;
  }
}

}  // namespace

std::uint64_t estimate_tokens(Bytes text) { return of_text(text); }

std::uint64_t estimate_tokens(const Request& request) {
  std::uint64_t tokens = 0;
  for (const Message& message : request.messages) {
    tokens += kPerMessage;
    for (const Part& part : message.parts) tokens += of_part(part);
  }
  for (const Tool& tool : request.tools)
    tokens += kPerTool + of_text(tool.name) + of_text(tool.description) + of_text(tool.parameters);
  return tokens + of_text(request.format.schema);
}

}  // namespace weir::dialect
