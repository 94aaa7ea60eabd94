#include "media_type.h"
#include "openai_responses_read.h"

// Items of the input become messages: neighbours that an assistant said or did are one message, and so are the results
// of its calls.

namespace weir::dialect::openai_responses {

namespace {

/// Of all messages together: a part takes much more room here than in the body.
constexpr std::size_t kMaxAllParts = 131'072;

}  // namespace

/// What an item holds, whatever its type. Raw values are read once the type is known: members come in any order.
struct RequestReader::Item {
  JsonString type;
  bool has_type = false;
  JsonString role;
  Bytes call_id;
  Bytes name;
  Bytes arguments;
  Bytes content;  // raw
  Bytes output;   // raw
  Bytes summary;  // raw
  Bytes encrypted_content;
};

void RequestReader::read_input() {
  if (is_null()) return;
  has_input_ = true;
  if (json_.peek() == JsonType::string) {
    Bytes said;
    text(said, "input");
    message_of(Role::user, false)->parts.push_back({.text = said});
    return;
  }
  if (!enter_array("input")) return;
  while (json_.next_element()) {
    if (json_.peek() == JsonType::object) {
      read_item();
    } else {
      json_.skip_value();
      invalid("input", "An object belongs there.");
    }
  }
}

void RequestReader::read_item() {
  Item item;
  for_members(json_, [&](const JsonString& key) {
    if (key.is("type")) return void(item.has_type = string(item.type, "input.type"));
    if (key.is("role")) return void(string(item.role, "input.role"));
    if (key.is("call_id")) return text(item.call_id, "input.call_id");
    if (key.is("name")) return text(item.name, "input.name");
    if (key.is("content")) return void(json_.raw_value(item.content));
    if (key.is("output")) return void(json_.raw_value(item.output));
    if (key.is("summary")) return void(json_.raw_value(item.summary));
    if (key.is("arguments") || key.is("encrypted_content")) {
      JsonString value;  // items of hosted tools may have other things there
      if (json_.string_or_skip(value)) (key.is("arguments") ? item.arguments : item.encrypted_content) = value.raw;
      return;
    }
    json_.skip_value();
  });
  if (json_.ok()) take_item(item);
}

void RequestReader::take_item(const Item& item) {
  if (!item.has_type || item.type.is("message")) return take_message(item);
  if (item.type.is("function_call")) return take_call(item);
  if (item.type.is("function_call_output")) return take_result(item);
  if (item.type.is("reasoning")) return take_reasoning(item);
  std::string why = "An item of this type means nothing to other vendors: ";
  why += item.type.raw.substr(0, 64);
  loss_.refuse("input", why);
}

/// The message that a part belongs to: the last one if it may be `join`ed. Never null; when there are too many, the
/// last one and a refusal.
Message* RequestReader::message_of(Role role, bool join) {
  auto& messages = request_.messages;
  if (join && !messages.empty() && messages.back().role == role && messages.back().parts.size() < kMaxParts)
    return &messages.back();
  if (messages.size() == kMaxItems) {
    invalid("input", "There are too many items.");
    return &messages.back();
  }
  messages.push_back({.role = role, .parts = {}, .name = {}});
  return &messages.back();
}

void RequestReader::take_message(const Item& item) {
  Role role = Role::user;
  if (item.role.is("assistant")) {
    role = Role::assistant;
  } else if (item.role.is("system")) {
    role = Role::system;
  } else if (item.role.is("developer")) {
    role = Role::developer;
  } else if (!item.role.is("user")) {
    return invalid("input.role", "It is user, assistant, system or developer.");
  }
  if (item.content.empty()) return loss_.refuse({.fault = Fault::field_missing, .field = "input.content", .why = {}});
  read_content(item.content, "input.content", message_of(role, role == Role::assistant)->parts);
}

void RequestReader::take_call(const Item& item) {
  if (item.call_id.empty() || item.name.empty()) {
    const char* const field = item.name.empty() ? "input.name" : "input.call_id";
    return loss_.refuse({.fault = Fault::field_missing, .field = field, .why = {}});
  }
  std::vector<Part>& parts = message_of(Role::assistant, true)->parts;
  // A seal over a tool call came to the client as reasoning before it.
  const bool sealed = !parts.empty() && parts.back().kind == PartKind::reasoning && parts.back().text.empty() &&
                      parts.back().seal.vendor == Vendor::gemini;
  const Seal seal = sealed ? parts.back().seal : Seal();
  if (sealed) parts.pop_back();
  Part& part = parts.emplace_back();
  part.kind = PartKind::tool_call;
  part.seal = seal;
  part.id = item.call_id;
  part.name = item.name;
  part.arguments = {.text = item.arguments, .in_string = true};
}

void RequestReader::take_result(const Item& item) {
  if (item.call_id.empty() || item.output.empty()) {
    const char* const field = item.output.empty() ? "input.output" : "input.call_id";
    return loss_.refuse({.fault = Fault::field_missing, .field = field, .why = {}});
  }
  Part part{.kind = PartKind::tool_result};
  part.id = item.call_id;
  part.name = item.name;
  read_content(item.output, "input.output", part.content);
  message_of(Role::tool, true)->parts.push_back(std::move(part));
}

/// An item that only names what is stored at OpenAI is left out: others have no use for it.
void RequestReader::take_reasoning(const Item& item) {
  Part part{.kind = PartKind::reasoning};
  part.text = read_paragraphs(item.summary);
  if (part.text.empty()) part.text = read_paragraphs(item.content);
  if (!item.encrypted_content.empty()) part.seal = read_seal(item.encrypted_content, Vendor::openai);
  part.redacted = part.text.empty();
  if (part.text.empty() && part.seal.empty()) return;
  message_of(Role::assistant, true)->parts.push_back(part);
}

/// The texts of an array of parts as one.
Bytes RequestReader::read_paragraphs(Bytes raw) {
  if (!raw.starts_with('[')) return {};
  Bytes first;
  std::string all;
  JsonReader json(raw);
  for_elements(json, [&] {
    for_members(json, [&](const JsonString& key) {
      JsonString paragraph;
      if (!key.is("text")) return void(json.skip_value());
      if (!json.string_or_skip(paragraph) || paragraph.empty()) return;
      if (first.empty()) {
        first = paragraph.raw;
        return;
      }
      if (all.empty()) all = first;
      all += "\\n\\n";
      all += paragraph.raw;
    });
  });
  return all.empty() ? first : request_.keep(std::move(all));
}

/// A string, or parts.
void RequestReader::read_content(Bytes raw, Bytes field, std::vector<Part>& into) {
  JsonReader json(raw);
  if (json.peek() == JsonType::string) {
    JsonString text;
    json.read_string(text);
    into.push_back({.text = text.raw});
    return;
  }
  if (json.peek() == JsonType::null) return;
  if (json.peek() != JsonType::array) return invalid(field, "A string or an array belongs there.");
  for_elements(json, [&] {
    if (json.peek() != JsonType::object || into.size() == kMaxParts) {
      invalid(field, into.size() == kMaxParts ? "There are too many parts." : "An object belongs there.");
      json.skip_value();
      return;
    }
    read_part(json, into);
  });
}

void RequestReader::read_part(JsonReader& json, std::vector<Part>& into) {
  JsonString type;
  JsonString string;
  Part part;
  Bytes url;   // of an image or a file
  Bytes data;  // of a file or of sound
  const auto text = [&](Bytes& target) {
    if (json.string_or_skip(string)) target = string.raw;
  };
  const auto word = [&](Bytes& target) {
    if (json.string_or_skip(string)) target = plain(string);
  };
  Bytes file_id;
  for_members(json, [&](const JsonString& key) {
    if (key.is("type")) return void(json.string_or_skip(type));
    if (key.is("text") || key.is("refusal")) return text(part.text);
    if (key.is("image_url") || key.is("file_url")) return word(url);
    if (key.is("file_data")) return word(data);
    if (key.is("file_id")) return text(file_id);
    if (key.is("filename")) return text(part.media.name);
    if (key.is("detail")) return word(part.media.detail);
    if (key.is("input_audio"))
      return for_members(json, [&](const JsonString& member) {
        if (member.is("data")) return word(data);
        if (member.is("format")) return word(part.media.type);
        json.skip_value();
      });
    if (key.is("prompt_cache_breakpoint")) loss_.drop("prompt_cache_breakpoint");
    json.skip_value();
  });
  Media& media = part.media;
  if (type.is("input_text") || type.is("output_text") || type.is("text")) {
    part.kind = PartKind::text;
  } else if (type.is("refusal")) {
    part.kind = PartKind::refusal;
  } else if (type.is("input_image")) {
    part.kind = PartKind::image;
  } else if (type.is("input_file")) {
    part.kind = PartKind::file;
  } else if (type.is("input_audio")) {
    part.kind = PartKind::audio;
    media.type = media.type == "mp3" ? "audio/mpeg" : "audio/wav";
  } else {
    std::string why = "A part of this type means nothing to other vendors: ";
    why += type.raw.substr(0, 64);
    return loss_.refuse("input.content", why);
  }
  if (part.kind == PartKind::image || part.kind == PartKind::file || part.kind == PartKind::audio) {
    if (!file_id.empty()) {
      media.source = Media::Source::file_id;
      media.value = file_id;
    } else if (!url.empty()) {
      take_data_url(url, media);
    } else if (!data.empty()) {
      take_data_url(data, media);
      if (!data.starts_with("data:")) media.source = Media::Source::data;
    } else {
      return loss_.refuse(
          {.fault = Fault::field_missing,
           .field = part.kind == PartKind::image ? "input.content.image_url" : "input.content.file_data",
           .why = {}});
    }
    if (part.kind == PartKind::file && media.source == Media::Source::data && media.type.empty())
      media.type = "application/pdf";
  }
  if (parts_++ == kMaxAllParts) invalid("input", "There are too many parts.");
  if (parts_ <= kMaxAllParts) into.push_back(std::move(part));
}

/// `data:image/png;base64,...`, or an address.
void RequestReader::take_data_url(Bytes url, Media& media) {
  constexpr Bytes kScheme = "data:";
  media.value = url;
  media.source = Media::Source::url;
  if (!url.starts_with(kScheme)) return;
  const std::size_t comma = url.find(',');
  const Bytes head = url.substr(kScheme.size(), comma == Bytes::npos ? 0 : comma - kScheme.size());
  if (comma == Bytes::npos || !head.ends_with(";base64"))
    return invalid("input.content", "A data URL holds a type and base64.");
  const auto type = read_media_type(head.substr(0, head.find(';')), request_);
  if (!type) return invalid("input.content", "The type in a data URL is no media type.");
  media.source = Media::Source::data;
  media.type = *type;
  media.value = url.substr(comma + 1);
}

}  // namespace weir::dialect::openai_responses
