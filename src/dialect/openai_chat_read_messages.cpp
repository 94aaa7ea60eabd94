#include <algorithm>
#include <iterator>

#include "media_type.h"
#include "openai_chat_read.h"
#include "weir/codec/json_writer.h"

// The messages of a chat request. Members come in any order, so a message is taken apart first and put together in the
// order in which it was said: thoughts, text, refusal, calls.

namespace weir::dialect::openai_chat {

using codec::JsonString;
using codec::JsonType;

namespace {

constexpr Bytes kUnknownPart = "A part of this type cannot be translated.";

class MessageReader {
 public:
  MessageReader(FieldReader& in, Request& request) : in_(in), request_(request) {}

  void read(const Where& at) {
    Taken taken;
    in_.object(
        at, Field{"role", [&](const Where& here) { read_role(here, taken); }},
        Field{"content",
              [&](const Where& here) {
                taken.has_content = true;
                read_content(here, taken.content);
              }},
        Field{"name", [&](const Where& here) { taken.name = in_.text(here); }},
        Field{"tool_calls", [&](const Where& here) { read_calls(here, taken.calls); }},
        Field{"tool_call_id", [&](const Where& here) { taken.tool_call_id = in_.text(here); }},
        Field{"refusal", [&](const Where& here) { taken.refusal = in_.text(here); }},
        Field{"reasoning_content", [&](const Where& here) { taken.reasoning = in_.text(here); }},
        Field{"reasoning",
              [&](const Where& here) {
                const Bytes text = in_.text(here);
                if (taken.reasoning.empty()) taken.reasoning = text;
              }},
        Field{"reasoning_details", [&](const Where& here) { read_details(here, taken.details); }},
        Field{"audio", [&](const Where& here) { in_.unsupported(here, "Audio of earlier answers is OpenAI's own."); }},
        Field{"function_call", [&](const Where& here) { in_.unsupported(here, "Calls are given in tool_calls."); }});
    if (!in_.ok()) return;
    if (!taken.has_role) return in_.missing(at, "role");
    put_together(at, taken);
  }

 private:
  struct Taken {
    bool has_role = false;
    Role role = Role::user;
    bool has_content = false;
    std::vector<Part> content;
    Bytes name;
    std::vector<Part> calls;
    Bytes tool_call_id;
    Bytes refusal;
    Bytes reasoning;
    std::vector<Part> details;
  };

  void read_role(const Where& at, Taken& taken) {
    struct Row {
      Bytes word;
      Role role;
    };
    constexpr Row kRoles[] = {{"system", Role::system},
                              {"developer", Role::developer},
                              {"user", Role::user},
                              {"assistant", Role::assistant},
                              {"tool", Role::tool}};
    const JsonString role = in_.string(at);
    for (const Row& row : kRoles)
      if (role.is(row.word)) {
        taken.role = row.role;
        taken.has_role = true;
      }
    if (!taken.has_role && in_.ok()) in_.invalid(at, "The role must be system, developer, user, assistant or tool.");
  }

  void put_together(const Where& at, Taken& taken) {
    Message message{.role = taken.role, .parts = {}, .name = taken.name};
    if (taken.role == Role::tool) {
      if (taken.tool_call_id.empty()) return in_.missing(at, "tool_call_id");
      Part result{.kind = PartKind::tool_result};
      result.id = taken.tool_call_id;
      result.name = taken.name;
      result.content = std::move(taken.content);
      message.parts.push_back(std::move(result));
    } else if (taken.role == Role::assistant) {
      if (!taken.details.empty()) {
        complete(taken.details, taken.reasoning);
        append(message.parts, taken.details);
      } else if (!taken.reasoning.empty()) {
        message.parts.push_back({.kind = PartKind::reasoning, .text = taken.reasoning});
      }
      append(message.parts, taken.content);
      if (!taken.refusal.empty()) message.parts.push_back({.kind = PartKind::refusal, .text = taken.refusal});
      append(message.parts, taken.calls);
    } else {
      if (!taken.has_content) return in_.missing(at, "content");
      message.parts = std::move(taken.content);
    }
    request_.messages.push_back(std::move(message));
  }

  /// Seals from a stream came without their text, which is in `reasoning_content`. Of several such nobody knows which
  /// text is whose, and a seal over another text is worse than none.
  static void complete(std::vector<Part>& details, Bytes reasoning) {
    const auto bare = [](const Part& part) { return part.text.empty() && !part.redacted; };
    const auto bare_count = std::ranges::count_if(details, bare);
    if (bare_count == 0) return;
    const bool others = std::ranges::any_of(details, [](const Part& part) { return !part.text.empty(); });
    if (bare_count == 1 && !others && !reasoning.empty()) {
      std::ranges::find_if(details, bare)->text = reasoning;
      return;
    }
    std::erase_if(details, bare);
    if (!others && !reasoning.empty())
      details.insert(details.begin(), Part{.kind = PartKind::reasoning, .text = reasoning});
  }

  static void append(std::vector<Part>& to, std::vector<Part>& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }

  void read_content(const Where& at, std::vector<Part>& parts) {
    if (in_.json().peek() == JsonType::string) {
      if (const Bytes text = in_.text(at); !text.empty()) parts.push_back({.kind = PartKind::text, .text = text});
      return;
    }
    in_.array(at, kMostParts, [&](const Where& here) { read_part(here, parts); });
  }

  /// What stands in a part is read before its type is known: `type` may come last.
  void read_part(const Where& at, std::vector<Part>& parts) {
    JsonString type;
    Part part;
    bool known = false;
    const auto media = [&](PartKind kind, auto&& read) {
      return [&part, &known, kind, read](const Where& here) {
        part.kind = kind;
        known = true;
        read(here);
      };
    };
    in_.object(
        at, Field{"type", [&](const Where& here) { type = in_.string(here); }},
        Field{"text",
              [&](const Where& here) {
                known = true;
                part.text = in_.text(here);
              }},
        Field{"refusal", media(PartKind::refusal, [&](const Where& here) { part.text = in_.text(here); })},
        Field{"image_url", media(PartKind::image, [&](const Where& here) { read_image(here, part.media); })},
        Field{"video_url", media(PartKind::video, [&](const Where& here) { read_image(here, part.media); })},
        Field{"input_audio", media(PartKind::audio, [&](const Where& here) { read_audio(here, part.media); })},
        Field{"file", media(PartKind::file, [&](const Where& here) { read_file(here, part.media); })},
        Field{"document_url", media(PartKind::file, [&](const Where& here) { read_url(here, part.media); })},
        Field{"thinking", media(PartKind::reasoning, [&](const Where& here) { read_thinking(here, parts); })},
        Field{"cache_control", [&](const Where& here) { part.cache_control = in_.raw(JsonType::object, here); }});
    if (!in_.ok()) return;
    if (type.raw.empty()) return in_.missing(at, "type");
    if (!known) return in_.unsupported(Where{&at, "type"}, kUnknownPart);
    if (part.kind == PartKind::reasoning || (part.kind == PartKind::text && part.text.empty())) return;
    parts.push_back(std::move(part));
  }

  /// Mistral's thoughts: `[{type: text, text}]`.
  void read_thinking(const Where& at, std::vector<Part>& parts) {
    in_.array(at, kMostParts, [&](const Where& here) {
      in_.object(here, Field{"text", [&](const Where& text) {
                               parts.push_back({.kind = PartKind::reasoning, .text = in_.text(text)});
                             }});
    });
  }

  /// An address or a data URL. Mistral's clients may give it without an object around it.
  void read_image(const Where& at, Media& media) {
    if (in_.json().peek() == JsonType::string) return read_url(at, media);
    bool has_url = false;
    in_.object(at,
               Field{"url",
                     [&](const Where& here) {
                       has_url = true;
                       read_url(here, media);
                     }},
               Field{"detail", [&](const Where& here) { media.detail = in_.text(here); }});
    if (!has_url && in_.ok()) in_.missing(at, "url");
  }

  void read_url(const Where& at, Media& media) {
    const JsonString url = in_.string(at);
    if (in_.ok()) set_url(at, url, media);
  }

  void set_url(const Where& at, const JsonString& url, Media& media) {
    Bytes text = url.raw;
    if (text.empty()) return in_.invalid(at);
    if (url.escaped) {  // such as `\/`: the parts of a data URL are told apart plain
      std::string plain;
      codec::decode_json_string(
          text,
          [](void* receiver, Bytes part) {
            static_cast<std::string*>(receiver)->append(part);
            return true;
          },
          &plain);
      std::string escaped;
      codec::append_json_escaped(escaped, plain);
      text = request_.keep(std::move(escaped));
    }
    constexpr Bytes kData = "data:";
    if (!equals_ignore_case(text.substr(0, kData.size()), kData)) {
      media.source = Media::Source::url;
      media.value = text;
      return;
    }
    constexpr Bytes kBase64 = ";base64";
    const std::size_t comma = text.find(',');
    const Bytes head = comma == Bytes::npos ? Bytes() : text.substr(kData.size(), comma - kData.size());
    const Bytes type = head.substr(0, head.find(';'));
    if (!head.ends_with(kBase64) || !is_plain_type(type)) return in_.invalid(at, "A data URL must hold base64.");
    media.source = Media::Source::data;
    media.type = type == "image/jpg" ? Bytes("image/jpeg") : type;  // the former is not registered, but common
    media.value = text.substr(comma + 1);
  }

  void read_audio(const Where& at, Media& media) {
    JsonString format;
    in_.object(at, Field{"data", [&](const Where& here) { media.value = in_.text(here); }},
               Field{"format", [&](const Where& here) { format = in_.string(here); }});
    if (!in_.ok()) return;
    if (media.value.empty()) return in_.missing(at, "data");
    if (format.is("wav")) {
      media.type = "audio/wav";
    } else if (format.is("mp3")) {
      media.type = "audio/mpeg";
    } else if (!format.empty() && is_plain_type(format.raw)) {
      media.type = request_.keep("audio/" + std::string(format.raw));
    } else {
      in_.invalid(Where{&at, "format"});
    }
  }

  void read_file(const Where& at, Media& media) {
    bool has_data = false;
    Bytes file_id;
    in_.object(at, Field{"file_id", [&](const Where& here) { file_id = in_.text(here); }},
               Field{"filename", [&](const Where& here) { media.name = in_.text(here); }},
               Field{"file_data", [&](const Where& here) {
                       has_data = true;
                       read_url(here, media);
                     }});
    if (!in_.ok() || has_data) return;
    if (file_id.empty()) return in_.missing(at, "file_data");
    media.source = Media::Source::file_id;
    media.value = file_id;
  }

  void read_calls(const Where& at, std::vector<Part>& calls) {
    in_.array(at, kMostParts, [&](const Where& here) {
      Part call{.kind = PartKind::tool_call};
      JsonString type;
      in_.object(here, Field{"id", [&](const Where& in) { call.id = in_.text(in); }},
                 Field{"type", [&](const Where& in) { type = in_.string(in); }},
                 Field{"function", [&](const Where& in) { read_function(in, call); }},
                 Field{"extra_content", [&](const Where& in) { read_google(in, call.seal); }});
      if (!in_.ok()) return;
      if (!type.empty() && !type.is("function"))
        return in_.unsupported(Where{&here, "type"}, "Only calls of functions can be translated.");
      if (call.name.empty()) return in_.missing(here, "function.name");
      calls.push_back(std::move(call));
    });
  }

  void read_function(const Where& at, Part& call) {
    in_.object(at, Field{"name", [&](const Where& in) { call.name = in_.text(in); }},
               Field{"arguments", [&](const Where& in) {
                       // A string, which may be blank; some clients send the object itself.
                       call.arguments.in_string = in_.json().peek() == JsonType::string;
                       call.arguments.text = call.arguments.in_string ? in_.text(in) : in_.raw(JsonType::object, in);
                       if (trim(call.arguments.text).empty()) call.arguments = {};
                     }});
  }

  /// `{"google": {"thought_signature": …}}`
  void read_google(const Where& at, Seal& seal) {
    in_.object(at, Field{"google", [&](const Where& in) {
                           in_.object(in, Field{"thought_signature", [&](const Where& here) {
                                                  seal = read_seal(in_.text(here), Vendor::gemini);
                                                }});
                         }});
  }

  /// OpenRouter's form, in which weir's encoder gives seals to clients of this dialect.
  void read_details(const Where& at, std::vector<Part>& details) {
    in_.array(at, kMostParts, [&](const Where& here) {
      JsonString type;
      Bytes text, summary, signature, data;
      in_.object(here, Field{"type", [&](const Where& in) { type = in_.string(in); }},
                 Field{"text", [&](const Where& in) { text = in_.text(in); }},
                 Field{"summary", [&](const Where& in) { summary = in_.text(in); }},
                 Field{"signature", [&](const Where& in) { signature = in_.text(in); }},
                 Field{"data", [&](const Where& in) { data = in_.text(in); }});
      Part part{.kind = PartKind::reasoning};
      part.redacted = type.is("reasoning.encrypted");
      part.text = text.empty() ? summary : text;
      part.seal = read_seal(part.redacted ? data : signature, Vendor::none);
      if (!part.text.empty() || !part.seal.empty()) details.push_back(std::move(part));
    });
  }

  FieldReader& in_;
  Request& request_;
};

}  // namespace

void read_messages(FieldReader& in, const Where& at, Request& request) {
  in.array(at, kMostMessages, [&](const Where& here) { MessageReader(in, request).read(here); });
}

}  // namespace weir::dialect::openai_chat
