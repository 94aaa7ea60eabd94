// Reads the fields of a client's request with one JsonReader and says what is wrong with them: which field, by its
// path, and why. The first mistake ends the walk: then ok() is false and everything else reads as absent. `null` is
// absent. Private to the readers of requests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "weir/codec/json_reader.h"
#include "weir/dialect/loss.h"

namespace weir::dialect {

/// Where a value stands: lies on the stack of the functions that descend to it, and becomes text only in an error.
struct Where {
  const Where* up = nullptr;
  Bytes name;             ///< of a member; empty: an element
  std::size_t index = 0;  ///< of an element

  std::string text() const {
    if (!up) return {};
    std::string path = up->text();
    if (name.empty()) return path + '[' + std::to_string(index) + ']';
    if (!path.empty()) path += '.';
    return path += name;
  }
};

/// A member's name as it may be told in a header of the answer.
inline Bytes name_told(const codec::JsonString& key) {
  constexpr std::size_t kMost = 64;
  const auto plain = [](char c) {
    return is_digit(c) || c == '_' || c == '-' || c == '.' || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
  };
  const bool tellable = !key.raw.empty() && key.raw.size() <= kMost && std::ranges::all_of(key.raw, plain);
  return tellable ? key.raw : Bytes("other");
}

/// A member that is read: calls read(where) with the value next, if it is not null.
template <class Read>
struct Field {
  Bytes name;
  Read read;
};
template <class Read>
Field(Bytes, Read) -> Field<Read>;

class FieldReader {
 public:
  FieldReader(Bytes body, Loss& loss) : json_(body), loss_(loss) {}

  codec::JsonReader& json() { return json_; }
  bool ok() const { return !wrong_ && json_.ok(); }

  void refuse(Fault fault, const Where& at, Bytes why = {}) {
    if (!ok()) return;  // told already, or malformed, which finish() tells
    loss_.refuse({.fault = fault, .field = at.text(), .why = std::string(why)});
    wrong_ = true;
  }
  void invalid(const Where& at, Bytes why = {}) { refuse(Fault::field_invalid, at, why); }
  void missing(const Where& parent, Bytes name) { refuse(Fault::field_missing, Where{&parent, name}); }
  /// Something that no other dialect can carry and that the answer depends on.
  void unsupported(const Where& at, Bytes why) { refuse(Fault::parameter_unsupported, at, why); }

  /// True when a value of this type is next.
  bool expect(codec::JsonType type, const Where& at) {
    if (!ok()) return false;
    if (json_.peek() == type) return true;
    if (json_.ok() && json_.peek() != codec::JsonType::none) invalid(at);
    if (ok()) json_.skip_value();  // malformed: fails
    return false;
  }

  /// Walks over an object. Each of the fields may occur once; other members are skipped after unknown(key).
  template <class Unknown, class... Reads>
  void object_with(const Where& at, Unknown&& unknown, const Field<Reads>&... fields) {
    static_assert(sizeof...(fields) <= 64);
    if (!expect(codec::JsonType::object, at)) return;
    std::uint64_t seen = 0;
    codec::JsonString key;
    json_.enter_object();
    while (ok() && json_.next_member(key)) {
      std::uint64_t bit = 1;
      const auto is_it = [&](const auto& field) {
        if (!key.is(field.name)) {
          bit <<= 1;
          return false;
        }
        const Where here{&at, field.name};
        if (seen & bit) {
          refuse(Fault::field_repeated, here);
        } else if (json_.peek() == codec::JsonType::null) {
          json_.skip_value();
        } else {
          field.read(here);
        }
        seen |= bit;
        return true;
      };
      if ((is_it(fields) || ...)) continue;
      unknown(key);
      json_.skip_value();
    }
  }
  template <class... Reads>
  void object(const Where& at, const Field<Reads>&... fields) {
    object_with(at, [](const codec::JsonString&) {}, fields...);
  }

  /// Walks over an array of at most `most` elements: element(where), which consumes its value.
  template <class Element>
  void array(const Where& at, std::size_t most, Element&& element) {
    if (!expect(codec::JsonType::array, at)) return;
    json_.enter_array();
    for (std::size_t i = 0; ok() && json_.next_element(); ++i) {
      const Where here{&at, {}, i};
      if (i == most) return invalid(at, "The list is too long.");
      element(here);
    }
  }

  codec::JsonString string(const Where& at) {
    codec::JsonString text;
    if (expect(codec::JsonType::string, at)) json_.read_string(text);
    return text;
  }
  Bytes text(const Where& at) { return string(at).raw; }
  bool boolean(const Where& at) {
    bool value = false;
    if (expect(codec::JsonType::boolean, at)) json_.read_boolean(value);
    return value;
  }
  std::optional<std::uint64_t> whole_number(const Where& at) {
    if (!expect(codec::JsonType::number, at)) return std::nullopt;
    const auto number = json_.unsigned_or_skip();
    if (!number) invalid(at, "It must be a whole number, not less than 0.");
    return number;
  }
  /// One value of this type as it was written.
  Bytes raw(codec::JsonType type, const Where& at) {
    Bytes raw;
    if (expect(type, at)) json_.raw_value(raw);
    return raw;
  }
  Bytes number(const Where& at) { return raw(codec::JsonType::number, at); }

  /// A string that must be one of these words; which, as it stands there. Empty when it is none of them.
  template <std::size_t N>
  Bytes word(const Where& at, const Bytes (&words)[N]) {
    const codec::JsonString given = string(at);
    for (const Bytes word : words)
      if (given.is(word)) return word;
    if (ok()) invalid(at, "The value is not one of those that are known.");
    return {};
  }

  /// The walk is over: tells malformed JSON. True when all is well.
  bool finish() {
    if (wrong_) return false;
    if (json_.finish()) return true;
    loss_.refuse({.fault = json_.too_deep() ? Fault::json_too_deep : Fault::json_malformed, .field = {}, .why = {}});
    return false;
  }

  /// A member that the neutral request has no place for.
  void drop(const codec::JsonString& key) { loss_.drop(name_told(key)); }

 private:
  codec::JsonReader json_;
  Loss& loss_;
  bool wrong_ = false;
};

}  // namespace weir::dialect
