#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gemini_read.h"
#include "media_type.h"

// Contents become messages. Clients' SDKs keep every frame of a streamed answer as a content of its own, so neighbours
// of the model's are one message, and pieces of a thought one thought.

namespace weir::dialect::gemini {

namespace {

constexpr std::size_t kMaxMessages = 16'384;
constexpr std::size_t kMaxParts = 4096;

/// What a part holds before it is known what it is.
struct RawPart {
  enum class Kind : std::uint8_t { none, text, media, call, result };
  Kind kind = Kind::none;
  bool thought = false;
  Bytes signature;
  Part part;
};

PartKind kind_of_type(Bytes type) {
  if (type.starts_with("image/")) return PartKind::image;
  if (type.starts_with("audio/")) return PartKind::audio;
  if (type.starts_with("video/")) return PartKind::video;
  return PartKind::file;
}

class PartReader {
 public:
  PartReader(FieldReader& in, RawPart& out) : in_(in), out_(out) {}

  void read() {
    bool kind_seen = false, thought_seen = false, signature_seen = false;
    in_.object("contents.parts", [&](const FieldName& name) {
      if (name == "thought") {
        if (in_.first_time(thought_seen, "contents.parts.thought")) in_.boolean("contents.parts.thought", out_.thought);
      } else if (name == "thoughtSignature") {
        if (in_.first_time(signature_seen, "contents.parts.thoughtSignature"))
          in_.text("contents.parts.thoughtSignature", out_.signature);
      } else if (name == "text" || name == "inlineData" || name == "fileData" || name == "functionCall" ||
                 name == "functionResponse") {
        if (in_.first_time(kind_seen, "contents.parts")) read_kind(name);
      } else if (name == "executableCode" || name == "codeExecutionResult" || name == "toolCall" ||
                 name == "toolResponse") {
        in_.refuse(FieldReader::joined("contents.parts", name.text()),
                   "What the tools of one vendor did is not known to another.");
      } else {
        in_.drop("contents.parts", name);
      }
    });
  }

 private:
  void read_kind(const FieldName& name) {
    if (name == "text") {
      out_.kind = RawPart::Kind::text;
      in_.text("contents.parts.text", out_.part.text);
    } else if (name == "inlineData") {
      out_.kind = RawPart::Kind::media;
      read_inline(out_.part);
    } else if (name == "fileData") {
      out_.kind = RawPart::Kind::media;
      read_file(out_.part);
    } else if (name == "functionCall") {
      out_.kind = RawPart::Kind::call;
      read_call();
    } else {
      out_.kind = RawPart::Kind::result;
      read_response();
    }
  }

  void read_inline(Part& part) {
    constexpr Bytes kPath = "contents.parts.inlineData";
    in_.object(kPath, [&](const FieldName& name) {
      if (name == "mimeType") return in_.text("contents.parts.inlineData.mimeType", part.media.type);
      if (name == "data") return in_.text("contents.parts.inlineData.data", part.media.value);
      if (name == "displayName") return in_.text("contents.parts.inlineData.displayName", part.media.name);
      in_.drop(kPath, name);
    });
    if (!in_.stopped() && part.media.type.empty()) in_.invalid("contents.parts.inlineData.mimeType", "It is missing.");
    read_type("contents.parts.inlineData.mimeType", part.media.type);
    if (!in_.stopped() && part.media.value.empty()) in_.invalid("contents.parts.inlineData.data", "It is missing.");
    part.media.source = Media::Source::data;
    part.kind = kind_of_type(part.media.type);
  }

  void read_type(Bytes path, Bytes& type) {
    const auto plain = read_media_type(type, in_.request);
    plain ? void(type = *plain) : in_.invalid(path, "It is no media type.");
  }

  void read_file(Part& part) {
    constexpr Bytes kPath = "contents.parts.fileData";
    in_.object(kPath, [&](const FieldName& name) {
      if (name == "mimeType") return in_.text("contents.parts.fileData.mimeType", part.media.type);
      if (name == "fileUri") return in_.text("contents.parts.fileData.fileUri", part.media.value);
      if (name == "displayName") return in_.text("contents.parts.fileData.displayName", part.media.name);
      in_.drop(kPath, name);
    });
    if (!in_.stopped() && part.media.value.empty()) in_.invalid("contents.parts.fileData.fileUri", "It is missing.");
    read_type("contents.parts.fileData.mimeType", part.media.type);
    // Google's own storage is a name of theirs, anything else an address that anybody can fetch.
    const bool own = !part.media.value.starts_with("http") ||
                     part.media.value.starts_with("https://generativelanguage.googleapis.com/");
    part.media.source = own ? Media::Source::file_id : Media::Source::url;
    part.kind = kind_of_type(part.media.type);
  }

  void read_call() {
    constexpr Bytes kPath = "contents.parts.functionCall";
    Part& part = out_.part;
    part.kind = PartKind::tool_call;
    in_.object(kPath, [&](const FieldName& name) {
      if (name == "id") return in_.text("contents.parts.functionCall.id", part.id);
      if (name == "name") return in_.text("contents.parts.functionCall.name", part.name);
      if (name == "args") return in_.raw_object("contents.parts.functionCall.args", part.arguments.text);
      in_.drop(kPath, name);
    });
    if (!in_.stopped() && part.name.empty()) in_.invalid("contents.parts.functionCall.name", "It is missing.");
  }

  void read_response() {
    constexpr Bytes kPath = "contents.parts.functionResponse";
    Part& part = out_.part;
    part.kind = PartKind::tool_result;
    part.result = "{}";
    in_.object(kPath, [&](const FieldName& name) {
      if (name == "id") return in_.text("contents.parts.functionResponse.id", part.id);
      if (name == "name") return in_.text("contents.parts.functionResponse.name", part.name);
      if (name == "response") return in_.raw_object("contents.parts.functionResponse.response", part.result);
      if (name == "parts") return in_.list([&] { read_response_part(); });
      in_.drop(kPath, name);
    });
    if (!in_.stopped() && part.name.empty()) in_.invalid("contents.parts.functionResponse.name", "It is missing.");
    part.is_error = is_error(part.result);
  }

  void read_response_part() {
    if (out_.part.content.size() == kMaxParts)
      return in_.invalid("contents.parts.functionResponse.parts", "There are too many.");
    Part part;
    in_.object("contents.parts.functionResponse.parts", [&](const FieldName& name) {
      if (name == "inlineData") return read_inline(part);
      if (name == "fileData") return read_file(part);
      in_.drop("contents.parts.functionResponse.parts", name);
    });
    if (!part.media.value.empty()) out_.part.content.push_back(std::move(part));
  }

  /// By Google's convention what went wrong stands in `error`.
  static bool is_error(Bytes response) {
    codec::JsonReader json(response);
    bool error = false, other = false;
    for_members(json, [&](const codec::JsonString& key) {
      (key.is("error") ? error : other) = true;
      json.skip_value();
    });
    return error && !other;
  }

  FieldReader& in_;
  RawPart& out_;
};

class ContentReader {
 public:
  explicit ContentReader(FieldReader& in) : in_(in) {}

  void read(bool system) {
    Bytes role = "user";
    bool role_seen = false, parts_seen = false;
    in_.object(system ? "systemInstruction" : "contents", [&](const FieldName& name) {
      if (name == "role") {
        if (in_.first_time(role_seen, "contents.role")) in_.text("contents.role", role);
      } else if (name == "parts") {
        if (in_.first_time(parts_seen, "contents.parts")) in_.list([&] { read_part(); });
      } else {
        in_.drop("contents", name);
      }
    });
    if (in_.stopped()) return;
    if (system) return take_system();
    if (role == "model") return take_model();
    if (role == "user" || role == "function") return take_user();
    in_.invalid("contents.role", "A role is user or model.");
  }

 private:
  void read_part() {
    if (parts_.size() == kMaxParts) return in_.invalid("contents.parts", "There are too many.");
    PartReader(in_, parts_.emplace_back()).read();
  }

  Message* message(Role role, bool join) {
    std::vector<Message>& all = in_.request.messages;
    if (join && !all.empty() && all.back().role == role && all.back().parts.size() < kMaxParts) return &all.back();
    if (all.size() == kMaxMessages) {
      in_.invalid("contents", "There are too many.");
      return nullptr;
    }
    all.push_back({.role = role});
    return &all.back();
  }

  void take_system() {
    Message message{.role = Role::system};
    for (RawPart& raw : parts_) {
      if (raw.kind != RawPart::Kind::text)
        return in_.invalid("systemInstruction.parts", "System instructions are texts.");
      if (!raw.part.text.empty()) message.parts.push_back(std::move(raw.part));
    }
    if (!message.parts.empty()) in_.request.messages.insert(in_.request.messages.begin(), std::move(message));
  }

  void take_model() {
    for (RawPart& raw : parts_) {
      Seal seal = read_seal(raw.signature, Vendor::gemini);
      if (raw.signature == kSkipSignature) seal = {};
      Message* const into = message(Role::assistant, true);
      if (!into) return;
      switch (raw.kind) {
        case RawPart::Kind::none:
          break;
        case RawPart::Kind::text:
          if (raw.thought) {
            raw.part.kind = PartKind::reasoning;
            raw.part.seal = std::exchange(seal, {});
            raw.part.redacted = raw.part.seal.vendor == Vendor::anthropic_redacted;
          }
          if (!raw.part.text.empty() || !raw.part.seal.empty()) into->parts.push_back(std::move(raw.part));
          break;
        case RawPart::Kind::call:
          raw.part.seal = std::exchange(seal, {});
          into->parts.push_back(std::move(raw.part));
          break;
        case RawPart::Kind::media:
          into->parts.push_back(std::move(raw.part));
          break;
        case RawPart::Kind::result:
          return in_.invalid("contents.parts.functionResponse", "Results of functions are the user's.");
      }
      if (seal.empty()) continue;
      const bool redacted = seal.vendor == Vendor::anthropic_redacted;
      into->parts.push_back({.kind = PartKind::reasoning, .redacted = redacted, .seal = seal});
    }
  }

  /// Results of functions stand in messages of their own.
  void take_user() {
    bool fresh = true;  // contents of users are not joined with each other
    for (RawPart& raw : parts_) {
      if (raw.kind == RawPart::Kind::none) continue;
      if (raw.kind == RawPart::Kind::call)
        return in_.invalid("contents.parts.functionCall", "Function calls are the model's.");
      if (raw.kind == RawPart::Kind::text && raw.part.text.empty()) continue;
      const bool result = raw.kind == RawPart::Kind::result;
      Message* const into = message(result ? Role::tool : Role::user, result || !fresh);
      if (!into) return;
      fresh = false;
      into->parts.push_back(std::move(raw.part));
    }
  }

  FieldReader& in_;
  std::vector<RawPart> parts_;
};

/// Pieces of one thought become one part, and so does the seal that stands behind them: whose seal it is may want it
/// over the whole text.
void join_thoughts(Message& message, Request& request) {
  std::vector<Part> joined;
  joined.reserve(message.parts.size());
  for (std::size_t i = 0; i < message.parts.size();) {
    const auto is_piece = [&](std::size_t at) {
      const Part& part = message.parts[at];
      return part.kind == PartKind::reasoning && !part.redacted;
    };
    std::size_t end = i;
    while (is_piece(i) && end < message.parts.size() && is_piece(end) && !message.parts[end].text.empty() &&
           message.parts[end].seal.empty())
      ++end;
    const bool sealed = end > i && end < message.parts.size() && is_piece(end);
    if (sealed) ++end;
    if (end <= i + 1) {
      joined.push_back(std::move(message.parts[i++]));
      continue;
    }
    Part whole = std::move(message.parts[i]);
    std::string text;
    for (; i < end; ++i) {
      if (i + 1 == end) whole.seal = message.parts[i].seal;
      text += text.empty() ? whole.text : message.parts[i].text;
    }
    whole.text = request.keep(std::move(text));
    joined.push_back(std::move(whole));
  }
  message.parts = std::move(joined);
}

/// Gives every call without an id one, and the same to the result that answers it: results come in the order of the
/// calls of their name.
class IdGiver {
 public:
  explicit IdGiver(Request& request) : request_(request) {}

  void visit(Message& message) {
    bool calls = false;
    for (Part& part : message.parts) {
      if (part.kind == PartKind::tool_call) {
        if (!std::exchange(calls, true)) open_.clear();
        if (part.id.empty()) {
          part.id = made();
          open_[part.name].ids.push_back(part.id);
        }
      } else if (part.kind == PartKind::tool_result && part.id.empty()) {
        Open& open = open_[part.name];
        part.id = open.next < open.ids.size() ? open.ids[open.next++] : made();
      }
    }
  }

 private:
  struct Open {
    std::vector<Bytes> ids;
    std::size_t next = 0;
  };

  Bytes made() { return request_.keep("call_" + std::to_string(++count_)); }

  Request& request_;
  std::unordered_map<Bytes, Open> open_;  // calls of the last turn, by name
  std::size_t count_ = 0;
};

}  // namespace

void read_contents(FieldReader& reader) {
  reader.list([&] { ContentReader(reader).read(false); });
}

void read_system_instruction(FieldReader& reader) { ContentReader(reader).read(true); }

void finish_contents(Request& request) {
  IdGiver ids(request);
  std::erase_if(request.messages, [](const Message& message) { return message.parts.empty(); });
  for (Message& message : request.messages) {
    if (message.role == Role::assistant) join_thoughts(message, request);
    ids.visit(message);
  }
}

}  // namespace weir::dialect::gemini
