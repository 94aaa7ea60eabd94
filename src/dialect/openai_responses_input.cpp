#include "openai_responses_input.h"

#include <charconv>
#include <string>
#include <vector>

#include "json_word.h"

namespace weir::dialect::openai_responses {

namespace {

using codec::JsonWriter;

/// Longest id of a tool call that OpenAI takes, in bytes.
constexpr std::size_t kMaxCallId = 64;

/// More calls without an id than this in one turn are not told apart.
constexpr std::size_t kMaxUnnamedCalls = 512;

/// FNV-1a.
std::uint64_t hash_of(Bytes text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

/// Empty texts are left out.
bool says_nothing(const Part& part) {
  const bool is_text =
      part.kind == PartKind::text || part.kind == PartKind::refusal || part.kind == PartKind::reasoning;
  return is_text && part.text.empty();
}

class Input {
 public:
  Input(JsonWriter& json, Loss& loss) : json_(json), loss_(loss) {}

  void write(const Message& message) {
    if (!message.name.empty()) loss_.drop("name");
    switch (message.role) {
      case Role::system:
        return write_message(message, "system");
      case Role::developer:
        return write_message(message, "developer");
      case Role::user:
        return write_message(message, "user");
      case Role::assistant:
        return write_assistant(message);
      case Role::tool:
        for (const Part& part : message.parts)
          if (part.kind == PartKind::tool_result) write_result(part);
    }
  }

 private:
  void note(const Part& part) {
    if (!part.cache_control.empty()) loss_.drop("cache_control");
  }

  void write_message(const Message& message, Bytes role) {
    bool open = false;
    for (const Part& part : message.parts) {
      note(part);
      if (says_nothing(part)) continue;
      if (!open) json_.begin_object().member("type", "message").member("role", role).key("content").begin_array();
      open = true;
      write_content(part);
    }
    if (open) json_.end_array().end_object();
  }

  /// A part of what a user, or a tool, says.
  void write_content(const Part& part) {
    switch (part.kind) {
      case PartKind::text:
      case PartKind::refusal:
      case PartKind::reasoning:
        json_.begin_object().member("type", "input_text").key("text").escaped_string(part.text).end_object();
        return;
      case PartKind::image:
        return write_image(part.media);
      case PartKind::file:
        return write_file(part);
      case PartKind::audio:
        return refuse("input_audio", "The provider of this model takes no audio.");
      case PartKind::video:
        return refuse("video", "The provider of this model takes no video.");
      case PartKind::tool_call:
      case PartKind::tool_result:
        return refuse("messages", "A tool call or its result stands in a message that cannot hold it.");
    }
  }

  void refuse(Bytes field, Bytes why) {
    loss_.refuse(field, why);
    json_.null();  // nobody reads what was refused, but it stays JSON
  }

  void write_image(const Media& media) {
    if (media.source == Media::Source::file_id || media.source == Media::Source::text)
      return refuse("file_id", "A file that was uploaded to one vendor cannot be given to another.");
    json_.begin_object().member("type", "input_image").key("image_url");
    write_data(media, "image/png");
    json_.key("detail").escaped_string(media.detail.empty() ? "auto" : media.detail);
    json_.end_object();
  }

  void write_data(const Media& media, Bytes usual_type) {
    if (media.source == Media::Source::url) return void(json_.escaped_string(media.value));
    scratch_ = "data:";
    scratch_ += media.type.empty() ? usual_type : media.type;
    scratch_ += ";base64,";
    scratch_ += media.value;
    json_.escaped_string(scratch_);
  }

  void write_file(const Part& part) {
    const Media& media = part.media;
    if (!part.context.empty()) loss_.drop("context");
    if (media.source == Media::Source::file_id)
      return refuse("file_id", "A file that was uploaded to one vendor cannot be given to another.");
    json_.begin_object();
    if (media.source == Media::Source::text) {
      json_.member("type", "input_text").key("text").escaped_string(media.value);
    } else {
      const Bytes name = !media.name.empty() ? media.name : part.title;
      json_.member("type", "input_file");
      if (media.source == Media::Source::url) {
        json_.key("file_url").escaped_string(media.value);
      } else {
        json_.key("filename").escaped_string(name.empty() ? "document.pdf" : name).key("file_data");
        write_data(media, "application/pdf");
      }
    }
    json_.end_object();
  }

  void write_assistant(const Message& message) {
    unanswered_.clear();  // results follow their calls at once
    bool open = false;
    const auto close = [&] {
      if (open) json_.end_array().end_object();
      open = false;
    };
    for (std::size_t i = 0; i < message.parts.size(); ++i) {
      const Part& part = message.parts[i];
      note(part);
      if (part.kind == PartKind::text || part.kind == PartKind::refusal) {
        if (part.text.empty()) continue;
        if (!open)
          json_.begin_object().member("type", "message").member("role", "assistant").key("content").begin_array();
        open = true;
        const bool refusal = part.kind == PartKind::refusal;
        json_.begin_object().member("type", refusal ? "refusal" : "output_text");
        json_.key(refusal ? "refusal" : "text").escaped_string(part.text);
        if (!refusal) json_.key("annotations").begin_array().end_array();
        json_.end_object();
        continue;
      }
      if (part.kind == PartKind::reasoning && !goes_back(message, i)) continue;
      close();
      if (part.kind == PartKind::reasoning) {
        write_reasoning(part);
      } else if (part.kind == PartKind::tool_call) {
        write_call(part);
      } else {
        refuse("messages", "The provider of this model takes back nothing but text and tool calls from an assistant.");
      }
    }
    close();
  }

  /// Reasoning goes back to the vendor that sealed it and is nothing without its seal. It must be followed by what came
  /// of it.
  static bool goes_back(const Message& message, std::size_t at) {
    const Seal& seal = message.parts[at].seal;
    if (seal.vendor != Vendor::openai || seal.empty()) return false;
    for (std::size_t i = at + 1; i < message.parts.size(); ++i) {
      const Part& next = message.parts[i];
      const bool says = (next.kind == PartKind::text || next.kind == PartKind::refusal) && !next.text.empty();
      if (says || next.kind == PartKind::tool_call) return true;
    }
    return false;
  }

  void write_reasoning(const Part& part) {
    json_.begin_object().member("type", "reasoning").key("summary").begin_array();
    if (!part.text.empty())
      json_.begin_object().member("type", "summary_text").key("text").escaped_string(part.text).end_object();
    json_.end_array().key("encrypted_content").escaped_string(part.seal.data).end_object();
  }

  void write_call(const Part& part) {
    json_.begin_object().member("type", "function_call").key("call_id");
    if (part.id.empty()) {
      if (unanswered_.size() < kMaxUnnamedCalls) unanswered_.push_back({part.name, calls_});
      write_made_id(calls_++);
    } else {
      write_id(part.id);
    }
    json_.key("name").escaped_string(part.name).key("arguments");
    if (part.arguments.text.empty()) {
      json_.string("{}");
    } else if (part.arguments.in_string) {
      json_.escaped_string(part.arguments.text);
    } else {
      json_.string(part.arguments.text);
    }
    json_.end_object();
  }

  void write_result(const Part& part) {
    note(part);
    json_.begin_object().member("type", "function_call_output").key("call_id");
    part.id.empty() ? write_made_id(answered_by(part)) : write_id(part.id);
    json_.key("output");
    if (!part.result.empty()) {
      json_.string(part.result);
    } else {
      write_output(part.content, part.is_error);
    }
    json_.end_object();
  }

  /// What went wrong is told in words.
  void write_output(const std::vector<Part>& content, bool is_error) {
    const Part* only = nullptr;
    std::size_t count = 0;
    for (const Part& part : content) {
      note(part);
      if (says_nothing(part)) continue;
      only = &part;
      ++count;
    }
    constexpr Bytes kError = "Error: ";
    if (count == 0) return void(json_.string(is_error ? trim(kError) : Bytes()));
    if (count == 1 && only->kind == PartKind::text) {
      scratch_ = is_error ? kError : Bytes();
      scratch_ += only->text;
      return void(json_.escaped_string(scratch_));
    }
    json_.begin_array();
    if (is_error) write_content({.text = kError});
    for (const Part& part : content)
      if (!says_nothing(part)) write_content(part);
    json_.end_array();
  }

  /// Ids of other vendors may be longer than OpenAI allows: those become a hash, the same for a call and its result.
  void write_id(Bytes id) {
    if (id.size() <= kMaxCallId) return void(json_.escaped_string(id));
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, hash_of(id), 16);
    scratch_ = "call_";
    scratch_.append(digits, end.ptr);
    json_.string(scratch_);
  }

  /// Calls without an id (Gemini) are counted.
  void write_made_id(std::size_t number) { json_.string("call_" + std::to_string(number)); }

  /// Which of the calls without an id a result answers: the first of its name, or the first at all.
  std::size_t answered_by(const Part& result) {
    for (int named = 1; named >= 0; --named) {
      for (auto call = unanswered_.begin(); call != unanswered_.end(); ++call) {
        if (named && call->name != result.name) continue;
        const std::size_t number = call->number;
        unanswered_.erase(call);
        return number;
      }
    }
    return calls_++;
  }

  struct Call {
    Bytes name;
    std::size_t number;
  };

  JsonWriter& json_;
  Loss& loss_;
  std::string scratch_;
  std::vector<Call> unanswered_;
  std::size_t calls_ = 0;
};

}  // namespace

void write_input(JsonWriter& json, const Request& request, Loss& loss) {
  json.begin_array();
  Input input(json, loss);
  if (misses_json_word(request)) input.write({.role = Role::system, .parts = {{.text = kJsonInstruction}}, .name = {}});
  for (const Message& message : request.messages) input.write(message);
  json.end_array();
}

}  // namespace weir::dialect::openai_responses
