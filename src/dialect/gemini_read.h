// Private to the reader of gemini requests: how its objects are read, field by field. Names may come in camelCase or
// snake_case and are told in camelCase. The sources:
//
//   gemini_read.cpp           the request around its contents
//   gemini_read_config.cpp    generationConfig
//   gemini_read_contents.cpp  contents become messages
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "json_members.h"
#include "weir/dialect/gemini.h"

namespace weir::dialect::gemini {

/// The name of a member in camelCase, whatever its spelling.
class FieldName {
 public:
  explicit FieldName(const codec::JsonString& key);
  FieldName(const FieldName&) = delete;
  FieldName& operator=(const FieldName&) = delete;
  Bytes text() const { return text_; }
  bool operator==(Bytes name) const { return text_ == name; }

 private:
  static constexpr std::size_t kMaxSize = 64;  // longer names are no names of ours
  std::array<char, kMaxSize> made_{};
  Bytes text_;
};

/// Where a reader is, and what it does about values of wrong types. Once something is refused nothing more is read.
struct FieldReader {
  codec::JsonReader& json;
  Request& request;
  Loss& loss;

  bool stopped() const { return loss.refused() || !json.ok(); }

  /// Calls visit(name) for every member that is not null, each of which it consumes. `path` is that of the object.
  template <class Visit>
  void object(Bytes path, Visit&& visit) {
    if (json.peek() != codec::JsonType::object) return invalid(path, "It is no object.");
    codec::JsonString key;
    json.enter_object();
    while (!stopped() && json.next_member(key)) {
      const FieldName name(key);
      if (json.peek() == codec::JsonType::null) {
        json.skip_value();
      } else {
        visit(name);
      }
    }
  }
  /// Calls visit() for every element. One value that is no list counts as a list of it, as Google's servers have it.
  template <class Visit>
  void list(Visit&& visit) {
    if (json.peek() != codec::JsonType::array) return visit();
    json.enter_array();
    while (!stopped() && json.next_element()) visit();
  }

  void invalid(Bytes path, Bytes why) {
    loss.refuse({.fault = Fault::field_invalid, .field = std::string(path), .why = std::string(why)});
  }
  /// Refuses a field that came before.
  bool first_time(bool& seen, Bytes path) {
    if (seen) loss.refuse({.fault = Fault::field_repeated, .field = std::string(path), .why = {}});
    return !std::exchange(seen, true);
  }
  /// Walks over a hint that has no place in the neutral form.
  void drop(Bytes path) {
    json.skip_value();
    loss.drop(path);
  }
  void drop(Bytes path, const FieldName& name) {
    json.skip_value();
    loss.drop(joined(path, name.text()));
  }
  void refuse(Bytes path, Bytes why) {
    json.skip_value();
    loss.refuse(path, why);
  }

  void text(Bytes path, Bytes& into);
  void number(Bytes path, Bytes& into);
  void unsigned_number(Bytes path, std::optional<std::uint64_t>& into);
  void boolean(Bytes path, bool& into);
  void raw_object(Bytes path, Bytes& into);

  static std::string joined(Bytes path, Bytes name) {
    std::string whole(path);
    if (!whole.empty()) whole += '.';
    return whole += name;
  }
};

void read_contents(FieldReader& reader);
void read_system_instruction(FieldReader& reader);
/// Joins what belongs together and gives ids to the calls that have none: after all contents were read.
void finish_contents(Request& request);
void read_generation_config(FieldReader& reader);

}  // namespace weir::dialect::gemini
