#include <algorithm>
#include <utility>

#include "anthropic_messages_reader.h"
#include "media_type.h"

// Messages and their blocks. A block's members may stand in any order, so they are gathered before its type decides.

namespace weir::dialect::anthropic_messages {

using codec::JsonType;

struct RequestReader::Source {
  String type;
  Bytes media_type;
  Bytes data;
  Bytes url;
  Bytes file_id;
  Bytes content;  // raw
};

struct RequestReader::Block {
  String type;
  Bytes text;
  Bytes thinking;
  Bytes signature;
  Bytes data;
  Bytes id;
  Bytes name;
  Bytes input;  // raw
  Bytes tool_use_id;
  Bytes content;  // raw
  std::optional<bool> is_error;
  Source source;
  Bytes source_text;  // of a search result
  Bytes title;
  Bytes context;
  Bytes cache_control;  // raw
};

void RequestReader::read_messages(Json& json) {
  if (!enter_array(json, "messages")) return;
  std::size_t i = 0;
  for (; json.next_element(); ++i) {
    if (i == kMaxMessages) invalid("messages", "There are too many.");
    if (i >= kMaxMessages) {
      json.skip_value();
    } else {
      read_message(json, "messages." + std::to_string(i));
    }
  }
  if (i == 0 && json.ok()) invalid("messages", "There must be at least one.");
}

void RequestReader::read_message(Json& json, const std::string& path) {
  if (json.peek() != JsonType::object) {
    invalid(path, "It must be an object.");
    return void(json.skip_value());
  }
  String key;
  String role;
  std::vector<Part> parts;
  bool has_content = false;
  json.enter_object();
  while (json.next_member(key)) {
    if (key.is("role")) {
      string(json, path + ".role", role);
    } else if (key.is("content") && !has_content) {
      has_content = json.peek() != JsonType::null;
      read_content(json, path + ".content", parts);
    } else {
      drop_member(json, "messages", key);
    }
  }
  if (!json.ok()) return;
  if (!has_content) return missing(path + ".content");
  add_messages(role, std::move(parts), path);
}

void RequestReader::add_messages(const String& role, std::vector<Part> parts, const std::string& path) {
  if (role.is("system")) {
    request_.messages.push_back({.role = Role::system, .parts = std::move(parts)});
  } else if (role.is("assistant")) {
    // What seals a call in another dialect stands here as empty reasoning in front of it.
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const Part& sealed = parts[i];
      Part& call = parts[i + 1];
      const bool carries = sealed.kind == PartKind::reasoning && sealed.text.empty() &&
                           sealed.seal.vendor == Vendor::gemini && call.kind == PartKind::tool_call;
      if (!carries) continue;
      call.seal = sealed.seal;
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
    }
    request_.messages.push_back({.role = Role::assistant, .parts = std::move(parts)});
  } else if (role.is("user")) {
    Message answers{.role = Role::tool};
    Message said{.role = Role::user};
    for (Part& part : parts) (part.kind == PartKind::tool_result ? answers : said).parts.push_back(std::move(part));
    const bool has_answers = !answers.parts.empty();
    if (has_answers) request_.messages.push_back(std::move(answers));
    if (!has_answers || !said.parts.empty()) request_.messages.push_back(std::move(said));
  } else if (role.empty()) {
    missing(path + ".role");
  } else {
    invalid(path + ".role", "It must be user, assistant or system.");
  }
}

void RequestReader::read_content(Json& json, const std::string& path, std::vector<Part>& parts) {
  if (json.peek() == JsonType::string) {
    Part part;
    text(json, path, part.text);
    if (!part.text.empty()) parts.push_back(std::move(part));
    return;
  }
  if (json.peek() != JsonType::array) {
    if (json.peek() != JsonType::null) invalid(path, "It must be a string or a list of blocks.");
    return void(json.skip_value());
  }
  json.enter_array();
  for (std::size_t i = 0; json.next_element(); ++i) {
    if (i == kMaxParts) invalid(path, "There are too many blocks.");
    if (i >= kMaxParts) {
      json.skip_value();
    } else {
      read_block(json, path + '.' + std::to_string(i), parts);
    }
  }
}

void RequestReader::read_block(Json& json, const std::string& path, std::vector<Part>& parts) {
  if (json.peek() != JsonType::object) {
    invalid(path, "It must be an object.");
    return void(json.skip_value());
  }
  Block block;
  String key;
  json.enter_object();
  while (json.next_member(key)) {
    if (key.is("type")) {
      string(json, path + ".type", block.type);
    } else if (key.is("text")) {
      text(json, path + ".text", block.text);
    } else if (key.is("thinking")) {
      text(json, path + ".thinking", block.thinking);
    } else if (key.is("signature")) {
      text(json, path + ".signature", block.signature);
    } else if (key.is("data")) {
      text(json, path + ".data", block.data);
    } else if (key.is("id")) {
      text(json, path + ".id", block.id);
    } else if (key.is("name")) {
      text(json, path + ".name", block.name);
    } else if (key.is("input")) {
      json.raw_value(block.input);
    } else if (key.is("tool_use_id")) {
      text(json, path + ".tool_use_id", block.tool_use_id);
    } else if (key.is("content")) {
      json.raw_value(block.content);
    } else if (key.is("is_error")) {
      boolean(json, path + ".is_error", block.is_error);
    } else if (key.is("source")) {
      if (json.peek() == JsonType::string) {
        text(json, path + ".source", block.source_text);
      } else {
        read_source(json, path + ".source", block.source);
      }
    } else if (key.is("title")) {
      text(json, path + ".title", block.title);
    } else if (key.is("context")) {
      text(json, path + ".context", block.context);
    } else if (key.is("cache_control")) {
      object_value(json, path + ".cache_control", block.cache_control);
    } else {
      json.skip_value();  // citations, caller: what an answer said about itself
    }
  }
  if (json.ok()) add_block(block, path, parts);
}

void RequestReader::read_source(Json& json, const std::string& path, Source& source) {
  if (!enter_object(json, path)) return;
  String key;
  while (json.next_member(key)) {
    if (key.is("type")) {
      string(json, path + ".type", source.type);
    } else if (key.is("media_type")) {
      text(json, path + ".media_type", source.media_type);
    } else if (key.is("data")) {
      text(json, path + ".data", source.data);
    } else if (key.is("url")) {
      text(json, path + ".url", source.url);
    } else if (key.is("file_id")) {
      text(json, path + ".file_id", source.file_id);
    } else if (key.is("content")) {
      json.raw_value(source.content);
    } else {
      json.skip_value();
    }
  }
}

void RequestReader::add_block(const Block& block, const std::string& path, std::vector<Part>& parts) {
  const auto add = [&](PartKind kind) -> Part& {
    Part& part = parts.emplace_back();
    part.kind = kind;
    part.cache_control = block.cache_control;
    return part;
  };
  if (block.type.is("text")) {
    add(PartKind::text).text = block.text;
  } else if (block.type.is("tool_use")) {
    Part& part = add(PartKind::tool_call);
    part.id = block.id;
    part.name = block.name;
    part.arguments = {.text = block.input};
    if (block.id.empty()) missing(path + ".id");
    if (block.name.empty()) missing(path + ".name");
  } else if (block.type.is("tool_result")) {
    add_tool_result(block, path, parts);
  } else if (block.type.is("thinking")) {
    Part& part = add(PartKind::reasoning);
    part.text = block.thinking;
    if (!block.signature.empty()) part.seal = read_seal(block.signature, Vendor::anthropic);
  } else if (block.type.is("redacted_thinking")) {
    Part& part = add(PartKind::reasoning);
    part.redacted = true;
    part.seal = read_seal(block.data, Vendor::anthropic_redacted);
  } else if (block.type.is("image") || block.type.is("document")) {
    add_media(block, path, parts);
  } else if (block.type.is("search_result")) {
    add_search_result(block, path, parts);
  } else if (block.type.empty()) {
    missing(path + ".type");
  } else {
    loss_.refuse(path + ".type",
                 "Blocks of this type are known to Anthropic alone: they cannot be taken to another provider.");
  }
}

void RequestReader::add_media(const Block& block, const std::string& path, std::vector<Part>& parts) {
  Part& part = parts.emplace_back();
  part.kind = block.type.is("image") ? PartKind::image : PartKind::file;
  part.cache_control = block.cache_control;
  part.title = block.title;
  part.context = block.context;
  Media& media = part.media;
  const Source& source = block.source;
  const auto type = read_media_type(source.media_type, request_);
  if (!type) return invalid(path + ".source.media_type", "It is no media type.");
  media.type = *type;
  if (source.type.is("base64")) {
    media.source = Media::Source::data;
    media.value = source.data;
    if (media.value.empty()) missing(path + ".source.data");
  } else if (source.type.is("url")) {
    media.source = Media::Source::url;
    media.value = source.url;
    if (media.value.empty()) missing(path + ".source.url");
  } else if (source.type.is("file")) {
    media.source = Media::Source::file_id;
    media.value = source.file_id;
    if (media.value.empty()) missing(path + ".source.file_id");
  } else if (source.type.is("text") && part.kind == PartKind::file) {
    media.source = Media::Source::text;
    media.value = source.data;
  } else if (source.type.is("content") && part.kind == PartKind::file) {
    media.source = Media::Source::text;
    media.type = "text/plain";
    media.value = joined_text(source.content, path + ".source.content");
  } else {
    invalid(path + ".source.type", "It must be base64, url or file; of a document also text or content.");
  }
  if (media.source == Media::Source::text) tell_title(part);
}

void RequestReader::add_tool_result(const Block& block, const std::string& path, std::vector<Part>& parts) {
  if (block.tool_use_id.empty()) missing(path + ".tool_use_id");
  std::vector<Part> content = nested_content(block.content, path + ".content");
  const auto fits = [](const Part& part) {
    return part.kind == PartKind::text || part.kind == PartKind::image || part.kind == PartKind::file;
  };
  if (!std::ranges::all_of(content, fits)) invalid(path + ".content", "A result holds text, images and documents.");
  Part& part = parts.emplace_back();
  part.kind = PartKind::tool_result;
  part.id = block.tool_use_id;
  part.content = std::move(content);
  part.is_error = block.is_error.value_or(false);
  part.cache_control = block.cache_control;
}

/// Content within a block. It is walked over once more on each level, so there are only as many levels as have a
/// meaning: a result that holds a document that holds texts.
std::vector<Part> RequestReader::nested_content(Bytes raw, const std::string& path) {
  std::vector<Part> parts;
  if (raw.empty()) return parts;
  if (nesting_ == 2) {
    invalid(path, "It is nested too deeply.");
    return parts;
  }
  ++nesting_;
  Json json(raw);
  read_content(json, path, parts);
  --nesting_;
  return parts;
}

/// A text that has a title or a context says so itself: no other dialect has a place for them.
void RequestReader::tell_title(Part& part) {
  std::string text;
  for (Bytes* const line : {&part.title, &part.context}) {
    if (!line->empty()) text.append(*line).append("\\n");
    *line = {};
  }
  if (!text.empty()) part.media.value = request_.keep(text.append("\\n").append(part.media.value));
}

/// What a client found is a text document to others.
void RequestReader::add_search_result(const Block& block, const std::string& path, std::vector<Part>& parts) {
  const Bytes found = joined_text(block.content, path + ".content");
  Part& part = parts.emplace_back();
  part.kind = PartKind::file;
  part.media = {.source = Media::Source::text, .type = "text/plain", .value = found};
  part.title = block.title;
  part.context = block.source_text;
  part.cache_control = block.cache_control;
  tell_title(part);
}

/// The texts of a string or a list of text blocks.
Bytes RequestReader::joined_text(Bytes raw, const std::string& path) {
  std::string joined;
  for (const Part& part : nested_content(raw, path)) {
    if (part.kind != PartKind::text) invalid(path, "It must hold nothing but text.");
    if (!joined.empty()) joined += "\\n";
    joined += part.text;
  }
  return request_.keep(std::move(joined));
}

}  // namespace weir::dialect::anthropic_messages
