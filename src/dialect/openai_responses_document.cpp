#include <vector>

#include "escaped_text.h"
#include "openai_responses_answer.h"
#include "weir/dialect/openai_responses_encoder.h"

namespace weir::dialect::openai_responses {

namespace {

std::vector<OutputItem> items_of(const Answer::Choice& choice, const AnswerContext& context) {
  std::vector<OutputItem> items;
  std::uint64_t text_length = 0;
  for (const Answer::Block& block : choice.blocks) {
    const std::uint64_t number = 2 * items.size() + 1;
    OutputItem& item = items.emplace_back(make_item(context, block.kind, block.id, block.name, block.redacted, number));
    item.text = block.text;
    if (item.kind == BlockKind::reasoning || item.kind == BlockKind::tool_call)
      set_seal(item, context, block.signature, number + 1);
    if (item.text.empty() && (item.kind == BlockKind::tool_call || item.schema)) item.text = "{}";
    if (!item.is_text()) continue;
    item.text_before = text_length;
    text_length += count_characters(item.text);
  }
  // A source stands at the text that its place lies in; one without a place at the last.
  for (const Answer::Source& source : choice.sources) {
    OutputItem* at = nullptr;
    for (OutputItem& item : items)
      if (item.is_text() && (source.start < 0 || !at || static_cast<std::uint64_t>(source.start) >= item.text_before))
        at = &item;
    if (at && !source.url.empty()) add_annotation(*at, source.url, source.title, source.start, source.end);
  }
  return items;
}

}  // namespace

void write_document(const Answer& answer, const AnswerContext& context, std::string& out) {
  const Answer::Choice none;
  const Answer::Choice& choice = answer.choices.empty() ? none : answer.choices[0];
  const Ending ending = ending_of(choice.reason);
  const std::string id = response_id(context, answer.id);
  ResponseWords words{.id = id,
                      .model = answer.model.empty() ? context.model : Bytes(answer.model),
                      .created = answer.created != 0 ? answer.created : context.now,
                      .status = ending.status,
                      .incomplete = ending.incomplete,
                      .error_code = {},
                      .error_message = {},
                      .usage = &answer.usage,
                      .native = choice.reason == FinishReason::other ? Bytes(choice.native) : Bytes()};
  if (ending.status == "failed") {
    words.error_code = "server_error";
    words.error_message = "The provider ended its answer with an error.";
  }
  open_response(out, words);
  bool first = true;
  for (const OutputItem& item : items_of(choice, context)) {
    if (item.silent) continue;
    if (!first) out += ',';
    first = false;
    if (!item.seal_id.empty()) {
      append_seal_item(out, item);
      out += ',';
    }
    append_item(out, item, false);
  }
  close_response(out, words);
}

}  // namespace weir::dialect::openai_responses
