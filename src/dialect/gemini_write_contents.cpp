#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gemini_write.h"
#include "json_members.h"

// Messages become contents: neighbours that speak for the same side are joined; results of tools stand first in what
// follows the calls, in the order of the calls; system texts are lifted out.

namespace weir::dialect::gemini {

namespace {

using codec::JsonReader;
using codec::JsonWriter;

/// The text that stands escaped in a JSON string.
std::string unescaped(Bytes inside) {
  std::string text;
  text.reserve(inside.size());
  codec::decode_json_string(
      inside,
      [](void* receiver, Bytes part) {
        *static_cast<std::string*>(receiver) += part;
        return true;
      },
      &text);
  return text;
}

bool is_json_object(Bytes text) {
  JsonReader json(text);
  return json.peek() == codec::JsonType::object && json.skip_value() && json.finish();
}

struct TypeOfSuffix {
  Bytes suffix;
  Bytes type;
};
constexpr TypeOfSuffix kTypes[] = {
    {".png", "image/png"},  {".jpg", "image/jpeg"},  {".jpeg", "image/jpeg"},     {".webp", "image/webp"},
    {".gif", "image/gif"},  {".heic", "image/heic"}, {".pdf", "application/pdf"}, {".txt", "text/plain"},
    {".html", "text/html"}, {".csv", "text/csv"},    {".mp3", "audio/mpeg"},      {".wav", "audio/wav"},
    {".mp4", "video/mp4"},  {".webm", "video/webm"}, {".mov", "video/quicktime"},
};

/// Of something at an address: what was said, else what its name tells, else what its kind suggests.
Bytes type_of(PartKind kind, const Media& media) {
  if (!media.type.empty()) return media.type;
  const Bytes path = media.value.substr(0, media.value.find_first_of("?#"));
  for (const TypeOfSuffix& row : kTypes)
    if (path.ends_with(row.suffix)) return row.type;
  switch (kind) {
    case PartKind::image:
      return "image/jpeg";
    case PartKind::audio:
      return "audio/mpeg";
    case PartKind::video:
      return "video/mp4";
    default:
      return "application/pdf";
  }
}

/// What every Gemini server fetches: its own files, Google's buckets, YouTube.
bool is_googles(Bytes url) {
  constexpr Bytes kOwn[] = {"gs://",
                            "https://generativelanguage.googleapis.com/",
                            "https://www.youtube.com/",
                            "https://youtube.com/",
                            "https://m.youtube.com/",
                            "https://youtu.be/"};
  return std::ranges::any_of(kOwn, [&](Bytes prefix) { return url.starts_with(prefix); });
}

class ContentsWriter {
 public:
  ContentsWriter(JsonWriter& json, const Request& request, const Target& target, Loss& loss)
      : json_(json), request_(request), target_(target), loss_(loss) {}

  void write() {
    std::vector<const Message*> group;
    Role side = Role::user;
    json_.key("contents").begin_array();
    for (const Message& message : request_.messages) {
      if (!message.name.empty() && message.role != Role::tool) loss_.drop("name");
      if (is_system(message)) {
        for (const Part& part : message.parts)
          if (part.kind != PartKind::text) refuse_field(loss_, "messages", "System messages hold texts only.");
        continue;
      }
      if (is_silent(message)) continue;
      const Role speaks = message.role == Role::assistant ? Role::assistant : Role::user;
      if (!group.empty() && speaks != side) write_group(side, group);
      side = speaks;
      group.push_back(&message);
    }
    write_group(side, group);
    // A prompt of system texts alone: Gemini wants at least one content, so these are it.
    const bool lifted = contents_ > 0;
    if (!lifted && has_system_text()) {
      json_.begin_object().member("role", "user");
      write_system_parts();
      json_.end_object();
    } else if (!lifted) {
      loss_.refuse({.fault = Fault::field_missing, .field = "messages", .why = "There is nothing to answer."});
    }
    json_.end_array();
    if (!lifted || !has_system_text()) return;
    json_.key("systemInstruction").begin_object();
    write_system_parts();
    json_.end_object();
  }

 private:
  struct Call {
    Bytes name;
    std::size_t turn = 0;   // of the model
    std::size_t order = 0;  // among the calls of its turn
  };
  struct Result {
    const Part* part = nullptr;
    std::size_t order = 0;  // of its call
    std::size_t place = 0;  // among the results as they came
    Bytes name;
  };

  static bool is_system(const Message& message) {
    return message.role == Role::system || message.role == Role::developer;
  }

  /// Nothing of it is written: those before and behind it are neighbours.
  static bool is_silent(const Message& message) {
    return std::ranges::all_of(message.parts, [&](const Part& part) {
      if (part.kind == PartKind::text || part.kind == PartKind::refusal) return part.text.empty();
      return part.kind == PartKind::reasoning &&
             (message.role != Role::assistant || part.seal.vendor != Vendor::gemini || part.seal.empty());
    });
  }

  bool has_system_text() const {
    for (const Message& message : request_.messages)
      if (is_system(message))
        for (const Part& part : message.parts)
          if (!part.text.empty()) return true;
    return false;
  }

  void write_system_parts() {
    json_.key("parts").begin_array();
    for (const Message& message : request_.messages) {
      if (!is_system(message)) continue;
      for (const Part& part : message.parts)
        if (part.kind == PartKind::text) write_text(part);
    }
    json_.end_array();
  }

  void write_group(Role side, std::vector<const Message*>& group) {
    open_ = false;
    side_ = side;
    if (side == Role::assistant) {
      write_model(group);
    } else {
      write_user(group);
    }
    if (open_) json_.end_array().end_object();
    group.clear();
  }

  /// The next part of the group; the content is opened when there is one, so that none stays empty.
  JsonWriter& begin_part() {
    if (!open_) {
      json_.begin_object().member("role", side_ == Role::assistant ? "model" : "user").key("parts").begin_array();
      ++contents_;
    }
    open_ = true;
    return json_.begin_object();
  }

  // ---- The model's side.

  void write_model(const std::vector<const Message*>& group) {
    idless_.clear();
    calls_ = answered_ = 0;
    ++turn_;
    for (const Message* message : group) {
      Bytes seal;  // of a reasoning, for what follows it
      const auto flush = [&] {
        if (!seal.empty()) begin_part().member("text", "").key("thoughtSignature").escaped_string(seal).end_object();
        seal = {};
      };
      for (const Part& part : message->parts) {
        if (!part.cache_control.empty()) loss_.drop("cache_control");
        switch (part.kind) {
          case PartKind::reasoning:  // its text is for readers, the seal is for the model
            if (part.seal.vendor != Vendor::gemini || part.seal.empty()) break;
            flush();
            seal = part.seal.data;
            break;
          case PartKind::tool_call: {
            Bytes own = part.seal.vendor == Vendor::gemini ? part.seal.data : Bytes();
            if (!own.empty()) flush();
            if (own.empty()) own = seal;
            seal = {};
            if (own.empty() && calls_ == 0 && target_.traits.wants_signatures) own = kSkipSignature;
            write_call(part, own);
            break;
          }
          case PartKind::text:
          case PartKind::refusal:
            flush();
            if (!part.text.empty()) begin_part(), end_text(part);
            break;
          case PartKind::tool_result:
            refuse_field(loss_, "messages", "Results of tools are not the model's.");
            break;
          default:
            flush();
            write_media(part);
        }
      }
      flush();
    }
  }

  void write_call(const Part& part, Bytes signature) {
    const Call call{part.name, turn_, calls_++};
    if (part.id.empty()) {
      idless_.push_back(call);
    } else {
      known_[part.id] = call;  // some providers use an id again in every turn
    }
    begin_part().key("functionCall").begin_object();
    if (!part.id.empty()) json_.key("id").escaped_string(part.id);
    json_.key("name").escaped_string(part.name).key("args");
    const Arguments& arguments = part.arguments;
    const std::string text = arguments.in_string ? unescaped(arguments.text) : std::string();
    const Bytes raw = arguments.in_string ? Bytes(text) : arguments.text;
    if (raw.find_first_not_of(" \t\r\n") == Bytes::npos) {
      json_.begin_object().end_object();
    } else if (is_json_object(raw)) {
      json_.raw(raw);
    } else {
      json_.null();
      refuse_field(loss_, "messages.tool_calls.function.arguments", "The arguments of a tool call are a JSON object.");
    }
    json_.end_object();
    if (!signature.empty()) json_.key("thoughtSignature").escaped_string(signature);
    json_.end_object();
  }

  // ---- The user's side.

  void write_user(const std::vector<const Message*>& group) {
    std::vector<Result> results;
    for (const Message* message : group)
      for (const Part& part : message->parts)
        if (part.kind == PartKind::tool_result) {
          results.push_back(result_of(part));
          results.back().place = results.size();
        }
    std::ranges::sort(results, {}, [](const Result& result) { return std::pair(result.order, result.place); });
    for (const Result& result : results) write_result(*result.part, result.name);
    for (const Result& result : results)
      for (const Part& part : result.part->content)
        if (part.kind != PartKind::text) write_media(part);
    for (const Message* message : group) {
      for (const Part& part : message->parts) {
        if (!part.cache_control.empty()) loss_.drop("cache_control");
        switch (part.kind) {
          case PartKind::tool_result:
          case PartKind::reasoning:
            break;
          case PartKind::tool_call:
            refuse_field(loss_, "messages", "Tool calls are the model's.");
            break;
          case PartKind::text:
          case PartKind::refusal:
            if (!part.text.empty()) begin_part(), end_text(part);
            break;
          default:
            write_media(part);
        }
      }
    }
  }

  /// Which call a result answers: the last one with its id; without an id the next one that has none either.
  Result result_of(const Part& part) {
    const Call* call = nullptr;
    if (part.id.empty()) {
      if (answered_ < idless_.size()) call = &idless_[answered_++];
    } else if (const auto found = known_.find(part.id); found != known_.end()) {
      call = &found->second;
    }
    Result result{.part = &part, .order = calls_, .name = part.name};
    if (call && call->turn == turn_) result.order = call->order;
    if (call) result.name = call->name;
    if (result.name.empty()) refuse_field(loss_, "messages.tool_call_id", "No tool call before it has this id.");
    return result;
  }

  void write_result(const Part& part, Bytes name) {
    begin_part().key("functionResponse").begin_object();
    if (!part.id.empty()) json_.key("id").escaped_string(part.id);
    json_.key("name").escaped_string(name).key("response");
    if (!part.result.empty()) {  // of this dialect, which says itself what went wrong
      json_.raw(part.result);
    } else {
      write_texts(part);
    }
    json_.end_object().end_object();
  }

  /// An object stands as it is, a text as the `result`; what went wrong as the `error`.
  void write_outcome(bool is_error, bool is_object, Bytes raw) {
    if (is_object && !is_error) return void(json_.raw(raw));
    json_.begin_object().key(is_error ? "error" : "result");
    is_object ? json_.raw(raw) : json_.escaped_string(raw);
    json_.end_object();
  }

  void write_texts(const Part& part) {
    std::string joined;
    std::size_t texts = 0;
    for (const Part& piece : part.content) {
      if (piece.kind != PartKind::text) continue;
      if (texts++ > 0) joined += "\\n";
      joined += piece.text;
    }
    if (texts == 1 && joined.find('{') != std::string::npos)
      if (const std::string text = unescaped(joined); is_json_object(text))
        return write_outcome(part.is_error, true, text);
    write_outcome(part.is_error, false, joined);
  }

  // ---- Both sides.

  void end_text(const Part& part) { json_.key("text").escaped_string(part.text).end_object(); }
  void write_text(const Part& part) {
    if (!part.cache_control.empty()) loss_.drop("cache_control");
    if (part.text.empty()) return;
    json_.begin_object();
    end_text(part);
  }

  void write_media(const Part& part) {
    const Media& media = part.media;
    if (!media.detail.empty() && media.detail != "auto") loss_.drop("detail");
    if (!part.title.empty()) loss_.drop("title");
    if (!part.context.empty()) loss_.drop("context");
    switch (media.source) {
      case Media::Source::data:
        if (media.type.empty()) return refuse_field(loss_, "messages", "The type of inline media is not told.");
        begin_part().key("inlineData").begin_object();
        json_.key("mimeType").escaped_string(registered_type(media.type)).key("data").escaped_string(media.value);
        json_.end_object().end_object();
        return;
      case Media::Source::url:
        if (!target_.quirks.has(Quirk::fetches_urls) && !is_googles(media.value))
          return loss_.refuse(part.kind == PartKind::image ? "image_url" : "file",
                              "This provider does not fetch addresses; send the data themselves.");
        begin_part().key("fileData").begin_object();
        json_.key("mimeType").escaped_string(type_of(part.kind, media)).key("fileUri").escaped_string(media.value);
        json_.end_object().end_object();
        return;
      case Media::Source::file_id:
        return loss_.refuse("file_id", "A file that was given to one vendor is not known to another.");
      case Media::Source::text:
        if (media.value.empty()) return;
        begin_part().key("text").escaped_string(media.value).end_object();
        return;
    }
  }

  JsonWriter& json_;
  const Request& request_;
  const Target& target_;
  Loss& loss_;
  Role side_ = Role::user;
  bool open_ = false;
  std::size_t contents_ = 0;
  std::size_t turn_ = 0;      // of the model, the last one
  std::size_t calls_ = 0;     // of that turn
  std::size_t answered_ = 0;  // of those without ids
  std::vector<Call> idless_;
  std::unordered_map<Bytes, Call> known_;  // of all turns, by id
};

}  // namespace

void write_contents(JsonWriter& json, const Request& request, const Target& target, Loss& loss) {
  ContentsWriter(json, request, target, loss).write();
}

}  // namespace weir::dialect::gemini
