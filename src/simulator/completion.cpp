#include "completion.h"

#include <vector>

namespace weir::simulator {
namespace {

void write_usage(codec::JsonWriter& json, const Script& script) {
  json.begin_object();
  json.key("prompt_tokens").unsigned_integer(script.prompt_tokens());
  json.key("completion_tokens").unsigned_integer(script.completion_tokens());
  json.key("total_tokens").unsigned_integer(script.prompt_tokens() + script.completion_tokens());
  json.key("prompt_tokens_details").begin_object().key("cached_tokens").integer(0).end_object();
  json.key("completion_tokens_details").begin_object();
  json.key("reasoning_tokens").unsigned_integer(script.reasoning_tokens()).end_object();
  json.end_object();
}

/// The part of a call that is there from its beginning.
void write_call(codec::JsonWriter& json, Bytes id, Bytes arguments) {
  json.member("id", id).member("type", "function").key("function").begin_object();
  json.member("name", kToolName).key("arguments").escaped_string(arguments).end_object();
}

/// The parts of an answer, put together from all its pieces.
struct Message {
  std::string content;
  std::string reasoning;
  std::string refusal;
  std::vector<std::string> calls;  // their arguments

  explicit Message(Script& script) {
    Delta delta;
    while (script.next(delta)) take(delta);
  }
  void take(const Delta& delta) {
    switch (delta.kind) {
      case Delta::Kind::content:
        content += delta.text;
        break;
      case Delta::Kind::reasoning:
        reasoning += delta.text;
        break;
      case Delta::Kind::refusal:
        refusal += delta.text;
        break;
      case Delta::Kind::tool_call:
        calls.emplace_back();
        break;
      case Delta::Kind::tool_arguments:
        calls.back() += delta.text;
        break;
    }
  }
};

}  // namespace

std::string tool_call_id(Bytes completion_id, std::uint32_t call) {
  std::string id = "call-";
  id.append(completion_id).append("-").append(std::to_string(call));
  return id;
}

void Completion::begin(codec::JsonWriter& json, Bytes object) const {
  json.begin_object().member("id", id).member("object", object);
  json.key("created").integer(created).member("model", model);
}

template <class WriteDelta>
void Completion::write_chunk(std::string& out, Bytes finish_reason, WriteDelta&& write_delta) const {
  out += "data: ";
  codec::JsonWriter json(out);
  begin(json, "chat.completion.chunk");
  json.key("choices").begin_array().begin_object().key("index").integer(0);
  json.key("delta").begin_object();
  write_delta(json);
  json.end_object().key("logprobs").null().key("finish_reason");
  finish_reason.empty() ? json.null() : json.string(finish_reason);
  json.end_object().end_array();
  if (tells_usage) json.key("usage").null();
  json.end_object();
  out += "\n\n";
}

void Completion::write_role(std::string& out) const {
  write_chunk(out, {}, [](codec::JsonWriter& json) { json.member("role", "assistant").member("content", ""); });
}

void Completion::write_delta(std::string& out, const Delta& delta) const {
  write_chunk(out, {}, [&](codec::JsonWriter& json) {
    switch (delta.kind) {
      case Delta::Kind::content:
        json.key("content").escaped_string(delta.text);
        return;
      case Delta::Kind::reasoning:
        json.key("reasoning_content").escaped_string(delta.text);
        return;
      case Delta::Kind::refusal:
        json.key("refusal").escaped_string(delta.text);
        return;
      case Delta::Kind::tool_call:
      case Delta::Kind::tool_arguments:
        break;
    }
    json.key("tool_calls").begin_array().begin_object().key("index").unsigned_integer(delta.call);
    if (delta.kind == Delta::Kind::tool_call) {
      write_call(json, tool_call_id(id, delta.call), {});
    } else {
      json.key("function").begin_object().key("arguments").escaped_string(delta.text).end_object();
    }
    json.end_object().end_array();
  });
}

void Completion::write_finish(std::string& out, const Script& script) const {
  write_chunk(out, script.finish_reason(), [](codec::JsonWriter&) {});
}

void Completion::write_usage_chunk(std::string& out, const Script& script) const {
  out += "data: ";
  codec::JsonWriter json(out);
  begin(json, "chat.completion.chunk");
  json.key("choices").begin_array().end_array().key("usage");
  write_usage(json, script);
  json.end_object();
  out += "\n\n";
}

void Completion::write_document(std::string& out, Script& script, bool has_usage) const {
  const Message message(script);
  codec::JsonWriter json(out);
  begin(json, "chat.completion");
  json.key("choices").begin_array().begin_object().key("index").integer(0);
  json.key("message").begin_object().member("role", "assistant").key("content");
  script.calls_tools() || script.refuses() ? json.null() : json.escaped_string(message.content);
  if (!message.reasoning.empty()) json.key("reasoning_content").escaped_string(message.reasoning);
  json.key("refusal");
  script.refuses() ? json.escaped_string(message.refusal) : json.null();
  if (script.calls_tools()) {
    json.key("tool_calls").begin_array();
    for (std::uint32_t call = 0; call < message.calls.size(); ++call) {
      json.begin_object();
      write_call(json, tool_call_id(id, call), message.calls[call]);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object().key("logprobs").null().member("finish_reason", script.finish_reason());
  json.end_object().end_array();
  if (has_usage) {
    json.key("usage");
    write_usage(json, script);
  }
  json.end_object();
}

}  // namespace weir::simulator
