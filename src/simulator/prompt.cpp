#include "prompt.h"

#include <algorithm>

#include "words.h"

namespace weir::simulator {
namespace {

using dialect::Part;
using dialect::PartKind;
using dialect::Role;

/// Appends as many whole characters as fit below the limit.
void append_bounded(std::string& out, Bytes text) {
  const std::size_t room = Prompt::kMaxEcho - std::min(out.size(), Prompt::kMaxEcho);
  std::size_t size = 0;
  while (size < text.size()) {
    const std::size_t more = character_size(text.substr(size));
    if (size + more > room) break;
    size += more;
  }
  out.append(text.substr(0, size));
}

void append_texts(std::string& out, const dialect::Message& message) {
  for (const Part& part : message.parts)
    if (part.kind == PartKind::text) append_bounded(out, part.text);
}

std::uint64_t words_in(const Part& part) {
  std::uint64_t words = part.kind == PartKind::text ? count_words(part.text) : 0;
  for (const Part& inner : part.content) words += words_in(inner);
  return words + count_words(part.result);
}

std::string schema_or_nothing(Bytes schema) {
  return std::string(schema.size() > Prompt::kMaxSchema ? Bytes{} : schema);
}

void read_functions(const dialect::Request& request, Prompt& prompt) {
  using Mode = dialect::ToolChoice::Mode;
  const dialect::ToolChoice& choice = request.tool_choice;
  if (choice.mode == Mode::none) return;
  for (const dialect::Tool& tool : request.tools) {
    const bool is_named = choice.mode != Mode::named || tool.name == choice.name;
    const bool is_allowed =
        choice.allowed.empty() || std::ranges::find(choice.allowed, tool.name) != choice.allowed.end();
    if (!tool.hosted.empty() || !is_named || !is_allowed || prompt.functions.size() == Prompt::kMaxTools) continue;
    prompt.functions.push_back({std::string(tool.name), schema_or_nothing(tool.parameters)});
  }
  prompt.must_call_named = choice.mode == Mode::named && !prompt.functions.empty();
  prompt.must_call = prompt.must_call_named || (choice.mode == Mode::required && !prompt.functions.empty());
}

}  // namespace

Prompt prompt_of(const dialect::Request& request) {
  Prompt prompt;
  const dialect::Message* last_user = nullptr;
  for (const dialect::Message& message : request.messages) {
    if (message.role == Role::user) last_user = &message;
    for (const Part& part : message.parts) prompt.words += words_in(part);
  }
  if (last_user) append_texts(prompt.last_user, *last_user);
  if (!request.messages.empty() && request.messages.back().role == Role::assistant)
    append_texts(prompt.begun, request.messages.back());
  prompt.ends_with_tool_result = !request.messages.empty() && request.messages.back().role == Role::tool;
  prompt.max_tokens = request.max_tokens;
  read_functions(request, prompt);
  using Kind = dialect::OutputFormat::Kind;
  prompt.wants_json = request.format.kind != Kind::text;
  if (request.format.kind == Kind::json_schema) prompt.schema = schema_or_nothing(request.format.schema);
  return prompt;
}

}  // namespace weir::simulator
