#include <algorithm>

#include "json_word.h"
#include "openai_chat_ids.h"
#include "openai_chat_write.h"

// Messages for a chat provider (WIREFORMATS.md 16.2 and 17). Texts of one message are joined to one string: every
// provider takes that, and not every one takes a list.

namespace weir::dialect::openai_chat {

namespace {

using codec::JsonWriter;

constexpr Bytes kFileIdBound = "A file id is known to the vendor alone that gave it out; send the content itself.";

struct FileType {
  Bytes type;
  Bytes name;
};
/// Names for files that came without one: OpenAI wants one with every file_data.
constexpr FileType kFileNames[] = {
    {"application/pdf", "document.pdf"},
    {"text/plain", "document.txt"},
};

class MessageWriter {
 public:
  MessageWriter(const Request& request, const Target& target, JsonWriter& json, Loss& loss)
      : request_(request), target_(target), json_(json), loss_(loss), ids_(target.quirks) {}

  void write() {
    const auto& messages = request_.messages;
    const auto last_user =
        std::find_if(messages.rbegin(), messages.rend(), [](const Message& m) { return m.role == Role::user; });
    loop_begins_ = static_cast<std::size_t>(messages.rend() - last_user);
    for (const Message& message : messages)
      for (const Part& part : message.parts)
        if (!part.cache_control.empty()) loss_.drop("cache_control");
    json_.begin_array();
    if (request_.format.kind == OutputFormat::Kind::json_schema && target_.quirks.has(Quirk::no_json_schema))
      write_schema_prompt();
    else if (misses_json_word(request_))
      write_prompt(kJsonInstruction);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const Message& message = messages[i];
      if (message.role == Role::tool) {
        for (const Part& part : message.parts)
          if (part.kind == PartKind::tool_result) write_result(part);
        continue;
      }
      write_media_of_results();
      if (message.role != Role::assistant) {
        write_message(message);
        continue;
      }
      std::size_t end = i + 1;
      while (end < messages.size() && messages[end].role == Role::assistant) ++end;
      write_assistant(i, end);
      i = end - 1;
    }
    write_media_of_results();
    json_.end_array();
  }

 private:
  void write_schema_prompt() {
    text_.clear();
    append_schema_prompt(text_, request_.format.schema);
    write_prompt(text_);
  }

  void write_prompt(Bytes text) {
    json_.begin_object().member("role", "system").key("content").escaped_string(text).end_object();
  }

  Bytes role_of(Role role) const {
    switch (role) {
      case Role::system:
        return "system";
      case Role::developer:
        return target_.quirks.has(Quirk::no_developer_role) ? "system" : "developer";
      case Role::user:
        return "user";
      case Role::assistant:
        return "assistant";
      case Role::tool:
        return "tool";
    }
    return "user";
  }

  void add_text(Bytes text) {
    if (text.empty()) return;
    if (!text_.empty()) text_ += kBetweenTexts;
    text_ += text;
  }

  static bool is_text(const Part& part) {
    return part.kind == PartKind::text || part.kind == PartKind::refusal || part.kind == PartKind::reasoning ||
           (part.kind == PartKind::file && part.media.source == Media::Source::text);
  }
  static Bytes text_of(const Part& part) {
    if (part.kind == PartKind::reasoning) return {};
    return part.kind == PartKind::file ? part.media.value : part.text;
  }

  void write_name(const Message& message) {
    if (message.name.empty()) return;
    if (target_.quirks.has(Quirk::strict_fields)) return loss_.drop("messages.name");
    json_.key("name").escaped_string(message.name);
  }

  /// Of a system, a developer or a user.
  void write_message(const Message& message) {
    json_.begin_object().member("role", role_of(message.role));
    write_name(message);
    json_.key("content");
    if (std::ranges::all_of(message.parts, is_text)) {
      text_.clear();
      for (const Part& part : message.parts) add_text(text_of(part));
      json_.escaped_string(text_);
    } else {
      json_.begin_array();
      for (const Part& part : message.parts) write_part(part);
      json_.end_array();
    }
    json_.end_object();
  }

  void write_text_part(Bytes text) {
    if (!text.empty()) json_.begin_object().member("type", "text").key("text").escaped_string(text).end_object();
  }

  void write_part(const Part& part) {
    switch (part.kind) {
      case PartKind::text:
      case PartKind::refusal:
        return write_text_part(part.text);
      case PartKind::image:
        return write_image(part.media);
      case PartKind::audio:
        return write_audio(part.media);
      case PartKind::file:
        return write_file(part);
      case PartKind::video:
        return loss_.refuse("messages", "Video cannot be given to a provider of chat completions.");
      case PartKind::reasoning:
      case PartKind::tool_call:
      case PartKind::tool_result:
        return;
    }
  }

  void data_url(const Media& media, Bytes type) {
    text_.clear();
    text_ += "data:";
    text_ += media.type.empty() ? type : media.type;
    text_ += ";base64,";
    text_ += media.value;
    json_.escaped_string(text_);
  }

  void write_image(const Media& media) {
    if (media.source == Media::Source::file_id || media.source == Media::Source::text)
      return loss_.refuse("messages", kFileIdBound);
    json_.begin_object().member("type", "image_url").key("image_url").begin_object().key("url");
    media.source == Media::Source::url ? void(json_.escaped_string(media.value)) : data_url(media, "image/png");
    if (!media.detail.empty()) json_.key("detail").escaped_string(media.detail);
    json_.end_object().end_object();
  }

  void write_audio(const Media& media) {
    Bytes format;
    if (media.type.find("wav") != Bytes::npos) format = "wav";
    if (media.type == "audio/mpeg" || media.type == "audio/mp3") format = "mp3";
    if (media.source != Media::Source::data || format.empty())
      return loss_.refuse("messages", "A provider of chat completions takes audio as base64 data, as wav or mp3.");
    json_.begin_object().member("type", "input_audio").key("input_audio").begin_object();
    json_.key("data").escaped_string(media.value).member("format", format);
    json_.end_object().end_object();
  }

  void write_file(const Part& part) {
    const Media& media = part.media;
    switch (media.source) {
      case Media::Source::text:
        return write_text_part(media.value);
      case Media::Source::file_id:
        return loss_.refuse("messages", kFileIdBound);
      case Media::Source::url:
        return loss_.refuse("messages", "A provider of chat completions takes files as base64 data, not by address.");
      case Media::Source::data:
        break;
    }
    json_.begin_object().member("type", "file").key("file").begin_object().key("filename");
    if (const Bytes name = media.name.empty() ? part.title : media.name; !name.empty()) {
      json_.escaped_string(name);
    } else {
      const auto* row = std::ranges::find(kFileNames, media.type, &FileType::type);
      json_.string(row == std::end(kFileNames) ? "document" : row->name);
    }
    json_.key("file_data");
    data_url(media, "application/pdf");
    json_.end_object().end_object();
  }

  /// Neighbouring messages of the assistant are one turn: all its calls must stand in one message, before their
  /// results.
  void write_assistant(std::size_t begin, std::size_t end) {
    bool calls = false;
    text_.clear();
    each_part(begin, end, [&](const Part& part) {
      calls |= part.kind == PartKind::tool_call;
      if (is_text(part)) return add_text(text_of(part));
      if (part.kind != PartKind::tool_call) loss_.refuse("messages", "An assistant's message holds text and calls.");
    });
    if (!calls && text_.empty()) return;  // nothing but thoughts
    ids_.begin_turn();
    json_.begin_object().member("role", "assistant");
    write_name(request_.messages[begin]);
    json_.key("content");
    text_.empty() ? json_.null() : json_.escaped_string(text_);
    if (calls) {
      if (begin >= loop_begins_ && target_.quirks.has(Quirk::reasoning_in_history)) write_reasoning(begin, end);
      json_.key("tool_calls").begin_array();
      each_part(begin, end, [&](const Part& part) {
        if (part.kind == PartKind::tool_call) write_call(part);
      });
      json_.end_array();
    }
    if (request_.is_begun && end == request_.messages.size()) mark_as_begun();
    json_.end_object();
  }

  /// Of the last message: the answer goes on with it.
  void mark_as_begun() {
    if (target_.quirks.has(Quirk::continues_prefix)) json_.key("prefix").boolean(true);
    if (target_.quirks.has(Quirk::continues_partial)) json_.key("partial").boolean(true);
  }

  template <class Visit>
  void each_part(std::size_t begin, std::size_t end, Visit&& visit) {
    for (std::size_t i = begin; i < end; ++i)
      for (const Part& part : request_.messages[i].parts) visit(part);
  }

  void write_reasoning(std::size_t begin, std::size_t end) {
    text_.clear();
    each_part(begin, end, [&](const Part& part) {
      if (part.kind == PartKind::reasoning) add_text(part.text);
    });
    json_.key("reasoning_content").escaped_string(text_);
  }

  void write_call(const Part& call) {
    json_.begin_object().key("id").escaped_string(ids_.of_call(call)).member("type", "function");
    json_.key("function").begin_object().key("name").escaped_string(call.name).key("arguments");
    if (call.arguments.text.empty()) {
      json_.string("{}");
    } else {
      call.arguments.in_string ? json_.escaped_string(call.arguments.text) : json_.string(call.arguments.text);
    }
    json_.end_object().end_object();
  }

  /// Results are text: images and files of them follow in a message of the user's, behind the last result.
  void write_result(const Part& result) {
    const Bytes id = ids_.of_result(result);
    text_.clear();
    if (result.is_error) text_ += "Error: ";
    if (!result.result.empty()) {
      codec::append_json_escaped(text_, result.result);
    } else {
      bool first = true;
      for (const Part& part : result.content) {
        if (!is_text(part)) {
          media_of_results_.push_back(&part);
          continue;
        }
        if (!first) text_ += kBetweenTexts;
        first = false;
        text_ += text_of(part);
      }
      if (first && !result.content.empty()) text_ += "The result is in the next message of the user.";
    }
    json_.begin_object().member("role", "tool").key("tool_call_id").escaped_string(id);
    json_.key("content").escaped_string(text_).end_object();
  }

  void write_media_of_results() {
    if (media_of_results_.empty()) return;
    json_.begin_object().member("role", "user").key("content").begin_array();
    write_text_part("What the tools returned beside text:");
    for (const Part* part : media_of_results_) write_part(*part);
    json_.end_array().end_object();
    media_of_results_.clear();
  }

  const Request& request_;
  const Target& target_;
  JsonWriter& json_;
  Loss& loss_;
  CallIds ids_;
  std::size_t loop_begins_ = 0;  // behind the last message of the user
  std::vector<const Part*> media_of_results_;
  std::string text_;
};

}  // namespace

void append_schema_prompt(std::string& out, Bytes schema) {
  out += "Answer with one JSON value and nothing else. It must be valid against this JSON schema: ";
  codec::append_json_escaped(out, schema);
}

void write_messages(const Request& request, const Target& target, JsonWriter& json, Loss& loss) {
  MessageWriter(request, target, json, loss).write();
}

}  // namespace weir::dialect::openai_chat
