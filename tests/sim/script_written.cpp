// Scripts as each dialect's servers write them.
#include <array>
#include <utility>

#include "script.h"

namespace weir::sim {

using dialect::Dialect;
using Kind = ScriptBlock::Kind;

namespace {

std::string quoted(Bytes text) { return "\"" + std::string(text) + "\""; }

/// The arguments as a JSON value: the escapes of these scripts are quotes only.
std::string value_of(const std::string& arguments) {
  std::string value;
  for (const char c : arguments)
    if (c != '\\') value += c;
  return value.empty() ? "{}" : value;
}

std::string number(unsigned value) { return std::to_string(value); }

// ---- Chat completions.

namespace chat {

std::string usage(const Script& s) {
  return R"({"prompt_tokens":)" + number(s.input) + R"(,"completion_tokens":)" + number(s.output) +
         R"(,"total_tokens":)" + number(s.input + s.output) + R"(,"prompt_tokens_details":{"cached_tokens":)" +
         number(s.cached) + R"(},"completion_tokens_details":{"reasoning_tokens":)" + number(s.reasoning) + "}}";
}

std::string finish(const Script& s) {
  return std::array{"stop", "length", "tool_calls", "content_filter"}[static_cast<std::size_t>(s.end)];
}

std::string chunk(const Script& s, const std::string& delta, const std::string& finish = "null") {
  return R"({"id":)" + quoted(s.id) + R"(,"object":"chat.completion.chunk","created":1700000000,"model":)" +
         quoted(s.model) + R"(,"choices":[{"index":0,"delta":{)" + delta + R"(},"finish_reason":)" + finish + "}]}";
}

std::string annotation() {
  return R"("annotations":[{"type":"url_citation","url_citation":{"start_index":0,"end_index":4,)"
         R"("url":"https://example.com/a","title":"A"}}])";
}

std::vector<Payload> payloads(Random& random, const Script& s) {
  std::vector<Payload> all;
  const auto tell = [&](const std::string& delta) { all.push_back({"", chunk(s, delta)}); };
  tell(R"("role":"assistant","content":"")");
  const auto fragment = [&](std::size_t index, const std::string& text) {
    tell(R"("tool_calls":[{"index":)" + number(static_cast<unsigned>(index)) + R"(,"function":{"arguments":)" +
         quoted(text) + "}}]");
  };
  std::vector<const ScriptBlock*> calls;
  const bool interleaves = random.one_in(3);
  for (const ScriptBlock& block : s.blocks) {
    if (block.kind == Kind::call) {
      tell(R"("tool_calls":[{"index":)" + number(static_cast<unsigned>(calls.size())) + R"(,"id":)" + quoted(block.id) +
           R"(,"type":"function","function":{"name":)" + quoted(block.name) + R"(,"arguments":""}}])");
      if (!interleaves)
        for (const std::string& piece : block.pieces) fragment(calls.size(), piece);
      calls.push_back(&block);
      continue;
    }
    const Bytes key = block.kind == Kind::reasoning ? "reasoning_content"
                      : block.kind == Kind::refusal ? "refusal"
                                                    : "content";
    for (const std::string& piece : block.pieces) tell(quoted(key) + ":" + quoted(piece));
  }
  for (std::size_t n = 0, left = interleaves ? 1 : 0; left > 0; ++n) {
    left = 0;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (n >= calls[i]->pieces.size()) continue;
      fragment(i, calls[i]->pieces[n]);
      ++left;
    }
  }
  if (s.cites) tell(annotation());
  all.push_back({"", chunk(s, "", quoted(finish(s)))});
  if (s.tells_usage)
    all.push_back({"", R"({"id":)" + quoted(s.id) +
                           R"(,"object":"chat.completion.chunk","created":1700000000,"model":)" + quoted(s.model) +
                           R"(,"choices":[],"usage":)" + usage(s) + "}"});
  all.push_back({"", "[DONE]"});
  return all;
}

std::string document(const Script& s) {
  std::string content, reasoning, refusal, calls;
  for (const ScriptBlock& block : s.blocks) {
    switch (block.kind) {
      case Kind::reasoning:
        reasoning += block.whole();
        break;
      case Kind::text:
        content += block.whole();
        break;
      case Kind::refusal:
        refusal += block.whole();
        break;
      case Kind::call:
        if (!calls.empty()) calls += ',';
        calls += R"({"id":)" + quoted(block.id) + R"(,"type":"function","function":{"name":)" + quoted(block.name) +
                 R"(,"arguments":)" + quoted(block.whole()) + "}}";
    }
  }
  std::string message = R"("role":"assistant","content":)" + (content.empty() ? "null" : quoted(content));
  if (!reasoning.empty()) message += R"(,"reasoning_content":)" + quoted(reasoning);
  if (!refusal.empty()) message += R"(,"refusal":)" + quoted(refusal);
  if (!calls.empty()) message += R"(,"tool_calls":[)" + calls + "]";
  if (s.cites) message += "," + annotation();
  return R"({"id":)" + quoted(s.id) + R"(,"object":"chat.completion","created":1700000000,"model":)" + quoted(s.model) +
         R"(,"choices":[{"index":0,"message":{)" + message + R"(},"finish_reason":)" + quoted(finish(s)) + "}]" +
         (s.tells_usage ? R"(,"usage":)" + usage(s) : "") + "}";
}

}  // namespace chat

// ---- Anthropic.

namespace anthropic {

std::string usage(const Script& s) {
  return R"({"input_tokens":)" + number(s.input - s.cached) + R"(,"cache_read_input_tokens":)" + number(s.cached) +
         R"(,"cache_creation_input_tokens":0,"output_tokens":)" + number(s.output) + "}";
}

std::string stop(const Script& s) {
  return std::array{"end_turn", "max_tokens", "tool_use", "refusal"}[static_cast<std::size_t>(s.end)];
}

std::string citation() {
  return R"({"type":"web_search_result_location","url":"https://example.com/a","title":"A","cited_text":"words",)"
         R"("encrypted_index":"x"})";
}

std::vector<Payload> payloads(Random& random, const Script& s) {
  std::vector<Payload> all;
  const auto tell = [&](const std::string& type, const std::string& rest) {
    all.push_back({type, R"({"type":)" + quoted(type) + rest + "}"});
  };
  tell("message_start",
       R"(,"message":{"id":)" + quoted(s.id) + R"(,"type":"message","role":"assistant","model":)" + quoted(s.model) +
           R"(,"content":[],"stop_reason":null,"stop_sequence":null)" +
           (s.tells_usage ? R"(,"usage":{"input_tokens":)" + number(s.input - s.cached) +
                                R"(,"cache_read_input_tokens":)" + number(s.cached) + R"(,"output_tokens":1})"
                          : "") +
           "}");
  const auto ping = [&] { tell("ping", ""); };
  if (random.one_in(2)) ping();
  unsigned index = 0;
  for (std::size_t i = 0; i < s.blocks.size(); ++i) {
    const ScriptBlock& block = s.blocks[i];
    const std::string at = R"(,"index":)" + number(index++);
    const auto delta = [&](const std::string& inside) {
      tell("content_block_delta", at + R"(,"delta":{)" + inside + "}");
      if (random.one_in(30)) ping();
    };
    std::string start;
    switch (block.kind) {
      case Kind::reasoning:
        start = block.redacted ? R"({"type":"redacted_thinking","data":)" + quoted(block.signature) + "}"
                               : R"({"type":"thinking","thinking":"","signature":""})";
        break;
      case Kind::text:
      case Kind::refusal:
        start = R"({"type":"text","text":""})";
        break;
      case Kind::call:
        start =
            R"({"type":"tool_use","id":)" + quoted(block.id) + R"(,"name":)" + quoted(block.name) + R"(,"input":{}})";
    }
    tell("content_block_start", at + R"(,"content_block":)" + start);
    if (block.kind == Kind::call && random.one_in(2)) delta(R"("type":"input_json_delta","partial_json":"")");
    for (const std::string& piece : block.pieces) {
      if (block.kind == Kind::reasoning)
        delta(R"("type":"thinking_delta","thinking":)" + quoted(piece));
      else if (block.kind == Kind::call)
        delta(R"("type":"input_json_delta","partial_json":)" + quoted(piece));
      else
        delta(R"("type":"text_delta","text":)" + quoted(piece));
    }
    if (block.kind == Kind::reasoning && !block.redacted && !block.signature.empty())
      delta(R"("type":"signature_delta","signature":)" + quoted(block.signature));
    if (s.cites && i + 1 == s.blocks.size()) delta(R"("type":"citations_delta","citation":)" + citation());
    tell("content_block_stop", at);
  }
  tell("message_delta", R"(,"delta":{"stop_reason":)" + quoted(stop(s)) + R"(,"stop_sequence":null})" +
                            (s.tells_usage ? R"(,"usage":)" + usage(s) : ""));
  tell("message_stop", "");
  return all;
}

std::string document(const Script& s) {
  std::string content;
  for (std::size_t i = 0; i < s.blocks.size(); ++i) {
    const ScriptBlock& block = s.blocks[i];
    if (!content.empty()) content += ',';
    switch (block.kind) {
      case Kind::reasoning:
        content += block.redacted ? R"({"type":"redacted_thinking","data":)" + quoted(block.signature) + "}"
                                  : R"({"type":"thinking","thinking":)" + quoted(block.whole()) + R"(,"signature":)" +
                                        quoted(block.signature) + "}";
        break;
      case Kind::text:
      case Kind::refusal:
        content += R"({"type":"text","text":)" + quoted(block.whole());
        if (s.cites && i + 1 == s.blocks.size()) content += R"(,"citations":[)" + citation() + "]";
        content += "}";
        break;
      case Kind::call:
        content += R"({"type":"tool_use","id":)" + quoted(block.id) + R"(,"name":)" + quoted(block.name) +
                   R"(,"input":)" + value_of(block.whole()) + "}";
    }
  }
  return R"({"id":)" + quoted(s.id) + R"(,"type":"message","role":"assistant","model":)" + quoted(s.model) +
         R"(,"content":[)" + content + R"(],"stop_reason":)" + quoted(stop(s)) + R"(,"stop_sequence":null)" +
         (s.tells_usage ? R"(,"usage":)" + usage(s) : "") + "}";
}

}  // namespace anthropic

// ---- Responses.

namespace responses {

std::string usage(const Script& s) {
  return R"({"input_tokens":)" + number(s.input) + R"(,"input_tokens_details":{"cached_tokens":)" + number(s.cached) +
         R"(},"output_tokens":)" + number(s.output) + R"(,"output_tokens_details":{"reasoning_tokens":)" +
         number(s.reasoning) + R"(},"total_tokens":)" + number(s.input + s.output) + "}";
}

bool cut_short(const Script& s) { return s.end == Script::End::length || s.end == Script::End::filtered; }

std::string annotation() {
  return R"({"type":"url_citation","start_index":0,"end_index":4,"url":"https://example.com/a","title":"A"})";
}

std::string item(const Script& s, std::size_t index, bool whole) {
  const ScriptBlock& block = s.blocks[index];
  const std::string id = number(static_cast<unsigned>(index));
  const Bytes status = whole ? "completed" : "in_progress";
  switch (block.kind) {
    case Kind::reasoning: {
      std::string text = R"({"type":"reasoning","id":"rs_)" + id + R"(","summary":[)";
      if (whole) text += R"({"type":"summary_text","text":)" + quoted(block.whole()) + "}";
      text += "]";
      if (whole && !block.signature.empty()) text += R"(,"encrypted_content":)" + quoted(block.signature);
      return text + "}";
    }
    case Kind::call:
      return R"({"type":"function_call","id":"fc_)" + id + R"(","call_id":)" + quoted(block.id) + R"(,"name":)" +
             quoted(block.name) + R"(,"arguments":)" +
             quoted(!whole                 ? ""
                    : block.pieces.empty() ? "{}"
                                           : block.whole()) +
             R"(,"status":)" + quoted(status) + "}";
    case Kind::text:
    case Kind::refusal:
      break;
  }
  std::string content;
  if (whole && block.kind == Kind::text)
    content = R"({"type":"output_text","text":)" + quoted(block.whole()) + R"(,"annotations":[)" +
              (s.cites && index + 1 == s.blocks.size() ? annotation() : "") + "]}";
  if (whole && block.kind == Kind::refusal) content = R"({"type":"refusal","refusal":)" + quoted(block.whole()) + "}";
  return R"({"type":"message","id":"msg_)" + id + R"(","role":"assistant","status":)" + quoted(status) +
         R"(,"content":[)" + content + "]}";
}

std::string response(const Script& s, bool whole) {
  std::string output;
  for (std::size_t i = 0; whole && i < s.blocks.size(); ++i) output += (i > 0 ? "," : "") + item(s, i, true);
  std::string text = R"({"id":)" + quoted(s.id) + R"(,"object":"response","created_at":1700000000,"model":)" +
                     quoted(s.model) + R"(,"status":)" +
                     quoted(!whole         ? "in_progress"
                            : cut_short(s) ? "incomplete"
                                           : "completed");
  if (whole && cut_short(s))
    text += R"(,"incomplete_details":{"reason":)" +
            quoted(s.end == Script::End::length ? "max_output_tokens" : "content_filter") + "}";
  text += R"(,"error":null,"output":[)" + output + "]";
  if (whole && s.tells_usage) text += R"(,"usage":)" + usage(s);
  return text + "}";
}

std::vector<Payload> payloads(Random& random, const Script& s) {
  std::vector<Payload> all;
  const auto tell = [&](const std::string& type, const std::string& rest) {
    all.push_back({type, R"({"type":)" + quoted(type) + R"(,"sequence_number":)" +
                             number(static_cast<unsigned>(all.size())) + rest + "}"});
  };
  tell("response.created", R"(,"response":)" + response(s, false));
  if (random.one_in(2)) tell("response.in_progress", R"(,"response":)" + response(s, false));
  for (std::size_t i = 0; i < s.blocks.size(); ++i) {
    const ScriptBlock& block = s.blocks[i];
    const std::string output = R"(,"output_index":)" + number(static_cast<unsigned>(i));
    tell("response.output_item.added", output + R"(,"item":)" + item(s, i, false));
    const std::string place = output + R"(,"item_id":"item","content_index":0)";
    const auto deltas = [&](const std::string& type, Bytes key) {
      for (const std::string& piece : block.pieces) tell(type + ".delta", place + R"(,"delta":)" + quoted(piece));
      tell(type + ".done", place + "," + quoted(key) + ":" + quoted(block.whole()));
    };
    switch (block.kind) {
      case Kind::reasoning: {
        const std::string summary = output + R"(,"item_id":"item","summary_index":0)";
        for (const std::string& piece : block.pieces)
          tell("response.reasoning_summary_text.delta", summary + R"(,"delta":)" + quoted(piece));
        tell("response.reasoning_summary_text.done", summary + R"(,"text":)" + quoted(block.whole()));
        break;
      }
      case Kind::text:
        tell("response.content_part.added", place + R"(,"part":{"type":"output_text","text":"","annotations":[]})");
        deltas("response.output_text", "text");
        if (s.cites && i + 1 == s.blocks.size())
          tell("response.output_text.annotation.added",
               place + R"(,"annotation_index":0,"annotation":)" + annotation());
        tell("response.content_part.done",
             place + R"(,"part":{"type":"output_text","text":)" + quoted(block.whole()) + R"(,"annotations":[]})");
        break;
      case Kind::refusal:
        tell("response.content_part.added", place + R"(,"part":{"type":"refusal","refusal":""})");
        deltas("response.refusal", "refusal");
        break;
      case Kind::call:
        deltas("response.function_call_arguments", "arguments");
    }
    tell("response.output_item.done", output + R"(,"item":)" + item(s, i, true));
  }
  tell(cut_short(s) ? "response.incomplete" : "response.completed", R"(,"response":)" + response(s, true));
  return all;
}

}  // namespace responses

// ---- Gemini.

namespace gemini {

std::string usage(const Script& s) {
  return R"("usageMetadata":{"promptTokenCount":)" + number(s.input) + R"(,"cachedContentTokenCount":)" +
         number(s.cached) + R"(,"candidatesTokenCount":)" + number(s.output) + R"(,"thoughtsTokenCount":)" +
         number(s.reasoning) + R"(,"totalTokenCount":)" + number(s.input + s.output + s.reasoning) + "}";
}

std::string finish(const Script& s) {
  return std::array{"STOP", "MAX_TOKENS", "STOP", "SAFETY"}[static_cast<std::size_t>(s.end)];
}

std::string part(const ScriptBlock& block, const std::string& piece, bool last) {
  if (block.kind == Kind::call) {
    std::string text = R"({"functionCall":{)";
    if (!block.id.empty()) text += R"("id":)" + quoted(block.id) + ",";
    text += R"("name":)" + quoted(block.name) + R"(,"args":)" + value_of(block.whole()) + "}";
    if (!block.signature.empty()) text += R"(,"thoughtSignature":)" + quoted(block.signature);
    return text + "}";
  }
  std::string text = R"({"text":)" + quoted(piece);
  if (block.kind == Kind::reasoning) text += R"(,"thought":true)";
  if (last && !block.signature.empty()) text += R"(,"thoughtSignature":)" + quoted(block.signature);
  return text + "}";
}

std::string grounding() {
  return R"(,"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://example.com/a","title":"A"}}],)"
         R"("groundingSupports":[{"segment":{"startIndex":0,"endIndex":4,"text":"ANSW"},"groundingChunkIndices":[0]}]})";
}

std::string answer(const Script& s, const std::string& parts, const std::string& more, bool counts) {
  return R"({"candidates":[{"content":{"parts":[)" + parts + R"(],"role":"model"})" + more + R"(,"index":0}])" +
         (counts && s.tells_usage ? "," + usage(s) : "") + R"(,"modelVersion":)" + quoted(s.model) +
         R"(,"responseId":)" + quoted(s.id) + "}";
}

std::vector<Payload> payloads(Random& random, const Script& s) {
  std::vector<Payload> all;
  const bool counts_always = random.one_in(3);
  const auto tell = [&](const std::string& parts, const std::string& more, bool last) {
    all.push_back({"", answer(s, parts, more, last || counts_always)});
  };
  for (std::size_t i = 0; i < s.blocks.size(); ++i) {
    const ScriptBlock& block = s.blocks[i];
    if (block.kind == Kind::call) {
      std::string parts = part(block, {}, true);
      // Several calls come in one payload, or one by one.
      while (random.one_in(2) && i + 1 < s.blocks.size()) parts += "," + part(s.blocks[++i], {}, true);
      tell(parts, "", false);
      continue;
    }
    for (std::size_t n = 0; n < block.pieces.size(); ++n)
      tell(part(block, block.pieces[n], n + 1 == block.pieces.size()), "", false);
  }
  tell(R"({"text":""})", R"(,"finishReason":)" + quoted(finish(s)) + (s.cites ? grounding() : ""), true);
  return all;
}

std::string document(const Script& s) {
  std::string parts;
  for (const ScriptBlock& block : s.blocks) parts += (parts.empty() ? "" : ",") + part(block, block.whole(), true);
  return answer(s, parts, R"(,"finishReason":)" + quoted(finish(s)) + (s.cites ? grounding() : ""), true);
}

}  // namespace gemini

}  // namespace

std::vector<Payload> payloads_of(Random& random, Dialect dialect, const Script& script) {
  switch (dialect) {
    case Dialect::openai_chat:
      return chat::payloads(random, script);
    case Dialect::openai_responses:
      return responses::payloads(random, script);
    case Dialect::anthropic_messages:
      return anthropic::payloads(random, script);
    case Dialect::gemini:
      return gemini::payloads(random, script);
  }
  return {};
}

std::string document_of(Dialect dialect, const Script& script) {
  switch (dialect) {
    case Dialect::openai_chat:
      return chat::document(script);
    case Dialect::openai_responses:
      return responses::response(script, true);
    case Dialect::anthropic_messages:
      return anthropic::document(script);
    case Dialect::gemini:
      return gemini::document(script);
  }
  return {};
}

std::string error_document(Dialect dialect, const std::string& id, bool rate) {
  const std::string message = (rate ? "slow down " : "overloaded ") + id;
  switch (dialect) {
    case Dialect::openai_chat:
    case Dialect::openai_responses:
      return R"({"error":{"message":")" + message + R"(","type":)" +
             (rate ? R"("rate_limit_error")" : R"("server_error")") + R"(,"param":null,"code":)" +
             (rate ? R"("rate_limit_exceeded")" : R"("overloaded")") + "}}";
    case Dialect::anthropic_messages:
      return R"({"type":"error","error":{"type":)" + quoted(rate ? "rate_limit_error" : "overloaded_error") +
             R"(,"message":")" + message + R"("}})";
    case Dialect::gemini:
      return R"({"error":{"code":)" + std::string(rate ? "429" : "503") + R"(,"message":")" + message +
             R"(","status":)" + quoted(rate ? "RESOURCE_EXHAUSTED" : "UNAVAILABLE") + "}}";
  }
  return {};
}

Payload error_payload(Dialect dialect, const std::string& id, bool rate) {
  if (dialect == Dialect::anthropic_messages) return {"error", error_document(dialect, id, rate)};
  if (dialect != Dialect::openai_responses) return {"", error_document(dialect, id, rate)};
  return {"error", R"({"type":"error","sequence_number":9,"code":)" +
                       quoted(rate ? "rate_limit_exceeded" : "server_error") + R"(,"message":"no more for )" + id +
                       R"(","param":null})"};
}

}  // namespace weir::sim
