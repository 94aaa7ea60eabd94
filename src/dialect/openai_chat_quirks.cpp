#include <algorithm>
#include <vector>

#include "field_reader.h"
#include "openai_chat_ids.h"
#include "openai_chat_write.h"
#include "weir/codec/json_reader.h"
#include "weir/dialect/openai_chat.h"

// The quirks of a provider as edits to the client's own bytes: everything else stays as the client wrote it. The body
// is known to be JSON (read_envelope), so nothing is checked here, and what has an unexpected type is left alone.

namespace weir::dialect::openai_chat {

using codec::EditList;
using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

namespace {

/// An edit whose text may still move, because it lies in a string that grows.
struct Change {
  std::size_t offset = 0;
  std::size_t removed = 0;
  Bytes literal;
  std::size_t made = 0;  // where in the scratch, when there is no literal
  std::size_t made_size = 0;
};

/// Follows the members of one object, so that some of them can be taken out together with their commas.
class Members {
 public:
  explicit Members(std::vector<Change>& changes) : changes_(changes) {}

  void begin(std::size_t key) {
    if (open_) changes_.push_back({.offset = first_, .removed = key - first_});
    open_ = false;
    key_ = key;
  }
  void keep(std::size_t end) {
    kept_ = true;
    end_ = end;
  }
  void remove(std::size_t end) {
    if (kept_) {
      changes_.push_back({.offset = end_, .removed = end - end_});
    } else {  // up to the next member, whose place is not known yet
      open_ = true;
      first_ = key_;
    }
    end_ = end;
  }
  void end() {
    if (open_) changes_.push_back({.offset = first_, .removed = end_ - first_});
  }
  bool kept() const { return kept_; }

 private:
  std::vector<Change>& changes_;
  bool kept_ = false;
  bool open_ = false;
  std::size_t first_ = 0;
  std::size_t key_ = 0;
  std::size_t end_ = 0;  // of the last member's value
};

class QuirkEditor {
 public:
  QuirkEditor(const Envelope& request, Bytes body, const Target& target, bool ask_usage, std::string& scratch,
              Loss& loss)
      : request_(request),
        body_(body),
        target_(target),
        ask_usage_(ask_usage),
        scratch_(scratch),
        loss_(loss),
        json_(body) {}

  EditList edit() {
    scratch_.clear();
    each_member(0, [this](const JsonString& key, std::size_t at) { return take(key, at); });
    if (schema_prompt_) insert_schema_prompt();
    insert_options();
    EditList edits;
    for (const Change& change : changes_) {
      const Bytes text = change.made_size ? Bytes(scratch_).substr(change.made, change.made_size) : change.literal;
      edits.add({change.offset, change.removed, text});
    }
    return edits;
  }

 private:
  bool has(Quirk quirk) const { return target_.quirks.has(quirk); }
  std::size_t offset_of(Bytes part) const { return static_cast<std::size_t>(part.data() - body_.data()); }

  void replace(std::size_t offset, std::size_t size, Bytes literal) {
    changes_.push_back({.offset = offset, .removed = size, .literal = literal});
  }
  /// What `write` appends to the scratch takes the place of `size` bytes.
  template <class Write>
  void replace_made(std::size_t offset, std::size_t size, Write&& write) {
    const std::size_t start = scratch_.size();
    write();
    changes_.push_back({.offset = offset, .removed = size, .made = start, .made_size = scratch_.size() - start});
  }

  /// Walks over the next object; visit(key, offset of the key's quote) consumes each value and says whether the member
  /// stays.
  template <class Visit>
  void each_member(int depth, Visit&& visit) {
    if (json_.peek() != JsonType::object) return void(json_.skip_value());
    Members members(changes_);
    JsonString key;
    json_.enter_object();
    while (json_.next_member(key)) {
      const std::size_t at = offset_of(key.raw) - 1;
      members.begin(at);
      visit(key, at) ? members.keep(json_.offset()) : members.remove(json_.offset());
    }
    members.end();
    if (depth == 0) kept_ = members.kept();
  }

  bool skip(bool keep) {
    json_.skip_value();
    return keep;
  }
  bool rename(const JsonString& key, std::size_t at, Bytes name) {
    replace(at, key.raw.size() + 2, name);
    return skip(true);
  }

  /// A member of the request.
  bool take(const JsonString& key, std::size_t at) {
    if (key.is("model")) return take_model();
    if (key.is("messages")) return take_messages();
    if (key.is("stream_options")) return skip(!has(Quirk::no_stream_options));
    if (key.is("max_tokens") || key.is("max_completion_tokens")) return take_limit(key, at);
    if (key.is("seed") && has(Quirk::random_seed)) return rename(key, at, R"("random_seed")");
    if (key.is("tool_choice") && has(Quirk::tool_choice_any)) {
      replace_word("required", R"("any")");
      return true;
    }
    if (key.is("response_format") && has(Quirk::no_json_schema)) return take_format();
    if (has(Quirk::strict_fields) && !is_strict_field(key.raw)) {
      if (json_.peek() != JsonType::null) loss_.drop(name_told(key));
      return skip(false);
    }
    return skip(true);
  }

  bool take_model() {
    if (has(Quirk::model_in_path)) return skip(false);
    if (target_.model_id != request_.model())
      replace_made(request_.model_value.offset, request_.model_value.size, [this] {
        scratch_ += '"';
        codec::append_json_escaped(scratch_, target_.model_id);
        scratch_ += '"';
      });
    return skip(true);
  }

  /// Of two limits the newer one counts; it is told under the name that is known here.
  bool take_limit(const JsonString& key, std::size_t at) {
    const bool old_name = key.is("max_tokens");
    const bool old_wanted = has(Quirk::max_tokens_only);
    const bool both = request_.max_tokens_key.size > 0 && request_.max_completion_tokens_key.size > 0;
    if (!old_wanted && !target_.traits.is_reasoning) return skip(true);
    if (both && old_name) return skip(false);
    if (old_name == old_wanted) return skip(true);
    return rename(key, at, old_wanted ? R"("max_tokens")" : R"("max_completion_tokens")");
  }

  /// The next value, when it is the string `from`, becomes `to`.
  void replace_word(Bytes from, Bytes to) {
    if (json_.peek() != JsonType::string) return void(json_.skip_value());
    JsonString word;
    if (json_.read_string(word) && word.is(from)) replace(offset_of(word.raw) - 1, word.raw.size() + 2, to);
  }

  void replace_id() {
    if (json_.peek() != JsonType::string) return void(json_.skip_value());
    JsonString id;
    if (!json_.read_string(id) || id.empty()) return;
    const std::size_t start = scratch_.size();
    append_nine(scratch_, id.raw);
    if (Bytes(scratch_).substr(start) == id.raw) return void(scratch_.resize(start));
    changes_.push_back(
        {.offset = offset_of(id.raw), .removed = id.raw.size(), .made = start, .made_size = scratch_.size() - start});
  }

  bool take_format() {
    Bytes format;
    json_.raw_value(format);
    JsonReader json(format);
    JsonString type;
    JsonString key;
    if (json.peek() != JsonType::object) return true;
    json.enter_object();
    while (json.next_member(key)) {
      if (key.is("type")) {
        json.string_or_skip(type);
      } else if (key.is("json_schema") && json.peek() == JsonType::object) {
        json.enter_object();
        while (json.next_member(key)) key.is("schema") ? void(json.raw_value(schema_)) : void(json.skip_value());
      } else {
        json.skip_value();
      }
    }
    if (!type.is("json_schema")) return true;
    replace(offset_of(format), format.size(), R"({"type":"json_object"})");
    schema_prompt_ = !schema_.empty();
    return true;
  }

  bool take_messages() {
    if (json_.peek() != JsonType::array) return skip(true);
    messages_ = json_.offset() + 1;
    json_.enter_array();
    while (json_.next_element()) {
      no_messages_ = false;
      each_member(1, [this](const JsonString& key, std::size_t) { return take_of_message(key); });
    }
    return true;
  }

  bool take_of_message(const JsonString& key) {
    if (key.is("role")) {
      has(Quirk::no_developer_role) ? replace_word("developer", R"("system")") : void(json_.skip_value());
      return true;
    }
    if (key.is("tool_call_id")) {
      has(Quirk::nine_character_ids) ? replace_id() : void(json_.skip_value());
      return true;
    }
    if (key.is("tool_calls") && has(Quirk::nine_character_ids) && json_.peek() == JsonType::array) {
      json_.enter_array();
      while (json_.next_element())
        each_member(2, [this](const JsonString& inner, std::size_t) {
          inner.is("id") ? replace_id() : void(json_.skip_value());
          return true;
        });
      return true;
    }
    constexpr Bytes kStrict[] = {"content", "tool_calls", "prefix"};
    if (!has(Quirk::strict_fields) || std::ranges::any_of(kStrict, [&](Bytes name) { return key.is(name); }))
      return skip(true);
    if (json_.peek() != JsonType::null && key.is("name")) loss_.drop("messages.name");
    return skip(false);  // what else there is repeats an answer
  }

  void insert_schema_prompt() {
    if (messages_ == 0) return;
    replace_made(messages_, 0, [this] {
      scratch_ += R"({"role":"system","content":")";
      append_schema_prompt(scratch_, schema_);
      scratch_ += no_messages_ ? R"("})" : R"("},)";
    });
  }

  /// What has to be asked for and is not: a stream, and usage in it.
  void insert_options() {
    bool first = true;
    const auto insert = [&](Bytes member) {
      replace_made(request_.first_member, 0, [&] {
        if (!kept_ && !first) scratch_ += ',';
        scratch_ += member;
        if (kept_) scratch_ += ',';
        first = false;
      });
    };
    const bool streams = request_.stream || target_.stream;
    if (ask_usage_ && streams && !request_.include_usage && !has(Quirk::no_stream_options)) {
      using enum Envelope::Presence;
      const BodyRange& options = request_.stream_options_value;
      if (request_.include_usage_option != absent) {
        replace(request_.include_usage_value.offset, request_.include_usage_value.size, "true");
      } else if (request_.stream_options == object) {
        replace(options.offset + 1, 0,
                request_.stream_options_empty ? R"("include_usage":true)" : R"("include_usage":true,)");
      } else if (request_.stream_options == null) {
        replace(options.offset, options.size, R"({"include_usage":true})");
      } else {
        insert(R"("stream_options":{"include_usage":true})");
      }
    }
    if (!target_.stream || request_.stream) return;
    if (request_.stream_value.size > 0) {
      replace(request_.stream_value.offset, request_.stream_value.size, "true");
    } else {
      insert(R"("stream":true)");
    }
  }

  const Envelope& request_;
  Bytes body_;
  const Target& target_;
  bool ask_usage_;
  std::string& scratch_;
  Loss& loss_;
  JsonReader json_;
  std::vector<Change> changes_;
  bool kept_ = false;         // a member of the request stays
  std::size_t messages_ = 0;  // behind the bracket of the messages
  bool no_messages_ = true;
  Bytes schema_;
  bool schema_prompt_ = false;
};

}  // namespace

EditList write_passthrough(const Envelope& request, Bytes body, const Target& target, bool ask_usage,
                           std::string& scratch, Loss& loss) {
  const bool renames = target.traits.is_reasoning && request.max_tokens_key.size > 0;
  if (target.quirks.none_but(kContinuing) && !renames && target.stream <= request.stream)
    return write_passthrough(request, target.model_id, ask_usage, scratch);
  return QuirkEditor(request, body, target, ask_usage, scratch, loss).edit();
}

}  // namespace weir::dialect::openai_chat
