#include "prompt.h"

#include <algorithm>

#include "weir/codec/json_reader.h"
#include "words.h"

namespace weir::simulator {
namespace {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

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

struct Message {
  JsonString role;
  Bytes content;  // raw JSON
};

/// Calls visit(text) for the content's texts: the string itself, or the `text` of every part.
template <class Visit>
void for_each_text(Bytes content, Visit&& visit) {
  if (content.empty()) return;
  JsonReader json(content);
  JsonString text;
  if (json.peek() != JsonType::array) {
    if (json.string_or_skip(text)) visit(text.raw);
    return;
  }
  json.enter_array();
  while (json.next_element()) {
    if (json.peek() != JsonType::object) {
      json.skip_value();
      continue;
    }
    JsonString key;
    json.enter_object();
    while (json.next_member(key)) {
      if (!key.is("text")) {
        json.skip_value();
      } else if (json.string_or_skip(text)) {
        visit(text.raw);
      }
    }
  }
}

Message read_message(JsonReader& json) {
  Message message;
  JsonString key;
  json.enter_object();
  while (json.next_member(key)) {
    if (key.is("role")) {
      json.string_or_skip(message.role);
    } else if (key.is("content")) {
      json.raw_value(message.content);
    } else {
      json.skip_value();
    }
  }
  return message;
}

void read_messages(JsonReader& json, Prompt& prompt) {
  if (json.peek() != JsonType::array) {
    json.skip_value();
    return;
  }
  Bytes last_user;
  json.enter_array();
  while (json.next_element()) {
    if (json.peek() != JsonType::object) {
      json.skip_value();
      continue;
    }
    const Message message = read_message(json);
    prompt.ends_with_tool_result = message.role.is("tool");
    if (message.role.is("user")) last_user = message.content;
    for_each_text(message.content, [&](Bytes text) { prompt.words += count_words(text); });
  }
  for_each_text(last_user, [&](Bytes text) { append_bounded(prompt.last_user, text); });
}

}  // namespace

Prompt read_prompt(Bytes body) {
  Prompt prompt;
  JsonReader json(body);
  JsonString key;
  if (!json.enter_object()) return prompt;
  while (json.next_member(key)) {
    if (key.is("messages")) {
      read_messages(json, prompt);
    } else if (key.is("max_tokens") || key.is("max_completion_tokens")) {
      const auto limit = json.unsigned_or_skip();
      if (limit) prompt.max_tokens = std::min(*limit, prompt.max_tokens.value_or(*limit));
    } else {
      json.skip_value();
    }
  }
  return prompt;
}

}  // namespace weir::simulator
