#include <algorithm>
#include <utility>

#include "anthropic_messages_text.h"
#include "anthropic_messages_writer.h"
#include "weir/base/siphash.h"

// Turns. This dialect knows two sides that take turns; system messages stand in front of them all, or (newer models)
// behind a turn of the user; results of tools come first in the turn after their calls; a text is never empty.

namespace weir::dialect::anthropic_messages {

namespace {

/// Ids that the vendor takes: ^[a-zA-Z0-9_-]+$. An escape is refused as any other byte.
bool is_id(Bytes id) {
  const auto allowed = [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '_' || c == '-';
  };
  return !id.empty() && std::ranges::all_of(id, allowed);
}

/// Another id in the place of one that is refused: the same for the same `id` and `number`, now and in the next turn.
std::string made_id(Bytes id, std::uint64_t number) {
  constexpr char kDigits[] = "0123456789abcdef";
  const SipTag tag = siphash128({0x7765697220696473, number}, id);
  std::string made = "toolu_";
  for (int shift = 0; shift < 64; shift += 4) made += kDigits[(tag[0] >> shift) & 15];
  return made;
}

bool is_media(PartKind kind) {
  return kind == PartKind::image || kind == PartKind::file || kind == PartKind::audio || kind == PartKind::video;
}

}  // namespace

/// Reasoning goes back to the vendor that sealed it, and to nobody else.
bool RequestWriter::is_own(const Part& part) const {
  return !part.seal.empty() &&
         (part.seal.vendor == Vendor::anthropic || part.seal.vendor == Vendor::anthropic_redacted);
}

bool RequestWriter::says_something(const Message& message) const {
  return std::ranges::any_of(message.parts, [&](const Part& part) {
    if (part.kind == PartKind::text || part.kind == PartKind::refusal) return !is_blank(part.text);
    if (part.kind == PartKind::reasoning) return is_own(part);
    return true;
  });
}

void RequestWriter::plan_turns() {
  std::vector<const Message*> inside;  // system messages that wait for the end of the user's turn
  const auto place_inside = [&] {
    if (inside.empty()) return;
    turns_.push_back({Role::system, std::move(inside)});
    inside.clear();
  };
  for (const Message& message : request_.messages) {
    if (!message.name.empty()) loss_.drop("name");
    if (!says_something(message)) continue;
    if (message.role == Role::system || message.role == Role::developer) {
      (turns_.empty() || !target_.traits.takes_system_inside ? system_ : inside).push_back(&message);
      continue;
    }
    const Role role = message.role == Role::assistant ? Role::assistant : Role::user;
    if (turns_.empty() || turns_.back().role != role) {
      if (role == Role::assistant && !turns_.empty() && turns_.back().role == Role::user) place_inside();
      turns_.push_back({role, {}});
    }
    turns_.back().messages.push_back(&message);
  }
  if (!turns_.empty() && turns_.back().role == Role::user) place_inside();
  system_.insert(system_.end(), inside.begin(), inside.end());
  // A conversation has to begin somewhere: a system message that stands alone is what the user says.
  if (turns_.empty() && !system_.empty()) turns_.push_back({Role::user, std::exchange(system_, {})});
}

void RequestWriter::write_messages() {
  json_.key("messages").begin_array();
  for (std::size_t i = 0; i < turns_.size(); ++i) write_turn(turns_[i], i + 1 == turns_.size());
  json_.end_array();
  if (!turns_.empty() && turns_.back().role == Role::assistant && target_.traits.prefill == Prefill::refused)
    loss_.refuse("messages",
                 "This model does not continue a message of the assistant: the last message must be the user's.");
}

void RequestWriter::write_turn(const Turn& turn, bool is_last) {
  std::vector<const Part*> parts;  // in the order in which they are written
  for (const bool results : {true, false})
    for (const Message* const message : turn.messages)
      for (const Part& part : message->parts)
        if ((part.kind == PartKind::tool_result) == results) parts.push_back(&part);
  std::erase_if(parts, [&](const Part* part) {
    if (part->kind == PartKind::text || part->kind == PartKind::refusal) return is_blank(part->text);
    return part->kind == PartKind::reasoning && !is_own(*part);
  });
  if (turn.role == Role::assistant) calls_.clear();
  json_.begin_object();
  json_.member("role", turn.role == Role::assistant ? "assistant" : turn.role == Role::system ? "system" : "user");
  json_.key("content");
  const bool trim_last = is_last && turn.role == Role::assistant;
  if (parts.size() == 1 && parts[0]->kind == PartKind::text && parts[0]->cache_control.empty()) {
    json_.escaped_string(trim_last ? trim_end(parts[0]->text) : parts[0]->text);
  } else {
    json_.begin_array();
    for (const Part* const part : parts) {
      if (turn.role == Role::system && part->kind != PartKind::text)
        loss_.refuse("messages", "Claude takes nothing but text in a system message.");
      write_part(*part, trim_last && part == parts.back());
    }
    json_.end_array();
  }
  json_.end_object();
}

void RequestWriter::write_part(const Part& part, bool trim) {
  switch (part.kind) {
    case PartKind::text:
    case PartKind::refusal:
      return write_text(trim ? trim_end(part.text) : part.text, part.cache_control);
    case PartKind::reasoning:
      return write_reasoning(part);
    case PartKind::image:
    case PartKind::file:
      return write_media(part);
    case PartKind::audio:
      return loss_.refuse("messages", "Claude takes no audio.");
    case PartKind::video:
      return loss_.refuse("messages", "Claude takes no video.");
    case PartKind::tool_call:
      return write_tool_use(part);
    case PartKind::tool_result:
      return write_tool_result(part);
  }
}

void RequestWriter::write_text(Bytes text, Bytes cache_control) {
  json_.begin_object().member("type", "text").key("text").escaped_string(text);
  if (!cache_control.empty()) json_.key("cache_control").raw(cache_control);
  json_.end_object();
}

void RequestWriter::write_reasoning(const Part& part) {
  json_.begin_object();
  if (part.seal.vendor == Vendor::anthropic_redacted) {
    json_.member("type", "redacted_thinking").key("data").escaped_string(part.seal.data);
  } else {
    json_.member("type", "thinking").key("thinking").escaped_string(part.text);
    json_.key("signature").escaped_string(part.seal.data);
  }
  json_.end_object();
}

void RequestWriter::write_media(const Part& part) {
  const bool is_document = part.kind == PartKind::file;
  if (!part.media.detail.empty() && part.media.detail != "auto") loss_.drop("detail");
  json_.begin_object().member("type", is_document ? "document" : "image").key("source");
  write_source(part.media, is_document);
  if (is_document) {
    const Bytes title = part.title.empty() ? part.media.name : part.title;
    if (!title.empty()) json_.key("title").escaped_string(title);
    if (!part.context.empty()) json_.key("context").escaped_string(part.context);
  }
  if (!part.cache_control.empty()) json_.key("cache_control").raw(part.cache_control);
  json_.end_object();
}

void RequestWriter::write_source(const Media& media, bool is_document) {
  json_.begin_object();
  switch (media.source) {
    case Media::Source::data: {
      const Bytes type = !media.type.empty() ? registered_type(media.type)
                         : is_document       ? "application/pdf"
                                             : "image/png";
      // The bytes of a text document would have to be decoded; those who have one can send it as text.
      if (is_document && type != "application/pdf" && type != "application\\/pdf")
        loss_.refuse("messages", "Claude takes documents as PDF or as text.");
      json_.member("type", "base64").key("media_type").escaped_string(type).key("data").escaped_string(media.value);
      break;
    }
    case Media::Source::url:
      json_.member("type", "url").key("url").escaped_string(media.value);
      break;
    case Media::Source::text:
      json_.member("type", "text").member("media_type", "text/plain").key("data").escaped_string(media.value);
      break;
    case Media::Source::file_id:
      loss_.refuse("messages", "A file that was uploaded to one vendor cannot be given to another.");
      break;
  }
  json_.end_object();
}

/// The id that a call gets: its own where that is allowed and new, else one made from it.
std::string RequestWriter::new_call_id(Bytes id) {
  std::string told = is_id(id) ? std::string(id) : made_id(id, used_ids_.size());
  if (!id.empty() && !is_id(id)) told = made_id(id, 0);
  while (!used_ids_.insert(told).second) told = made_id(id, used_ids_.size());
  return told;
}

void RequestWriter::write_tool_use(const Part& part) {
  calls_.push_back({.id = part.id, .told = new_call_id(part.id), .name = part.name});
  std::string input;
  append_input(input, part.arguments);
  json_.begin_object().member("type", "tool_use").member("id", calls_.back().told);
  json_.key("name").escaped_string(part.name).key("input").raw(input);
  if (!part.cache_control.empty()) json_.key("cache_control").raw(part.cache_control);
  json_.end_object();
}

/// The id of the call that a result answers. Where clients know no ids, results answer calls of their name in order.
Bytes RequestWriter::answered_id(const Part& part, std::string& scratch) {
  const auto answers = [&](const Call& call, bool by_name) {
    if (!part.id.empty()) return call.id == part.id;
    return !call.answered && call.id.empty() && (!by_name || call.name == part.name);
  };
  for (const bool by_name : {true, false})
    for (Call& call : calls_)
      if (answers(call, by_name)) {
        call.answered = true;
        return call.told;
      }
  return is_id(part.id) ? part.id : Bytes(scratch = made_id(part.id, 0));
}

void RequestWriter::write_tool_result(const Part& part) {
  std::string scratch;
  json_.begin_object().member("type", "tool_result").member("tool_use_id", answered_id(part, scratch));
  write_result_content(part);
  if (part.is_error) json_.key("is_error").boolean(true);
  if (!part.cache_control.empty()) json_.key("cache_control").raw(part.cache_control);
  json_.end_object();
}

void RequestWriter::write_result_content(const Part& part) {
  if (!part.result.empty()) {
    json_.key("content").string(part.result);
    return;
  }
  std::vector<const Part*> content;
  for (const Part& one : part.content) {
    const bool is_text = one.kind == PartKind::text || one.kind == PartKind::refusal;
    if (is_text ? !is_blank(one.text) : is_media(one.kind)) content.push_back(&one);
  }
  if (content.empty()) return;
  json_.key("content");
  if (content.size() == 1 && content[0]->kind == PartKind::text && content[0]->cache_control.empty()) {
    json_.escaped_string(content[0]->text);
    return;
  }
  json_.begin_array();
  for (const Part* const one : content) write_part(*one, false);
  json_.end_array();
}

}  // namespace weir::dialect::anthropic_messages
