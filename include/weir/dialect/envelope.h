// A client's request as far as the gateway has to understand it to pass it on in its own dialect. The body stays where
// it is; an Envelope holds positions in it and a copy of the model's name, so it may outlive any one view of the body.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>

#include "weir/base/bytes.h"
#include "weir/base/fault.h"
#include "weir/codec/json_reader.h"

namespace weir::dialect {

/// A range of the body, in bytes.
struct BodyRange {
  std::size_t offset = 0;
  std::size_t size = 0;
};

/// Why a request cannot be read. `field` is the JSON name of the field at fault (`stream_options.include_usage`),
/// a literal; empty when no field is to blame.
struct RequestFault {
  Fault fault = Fault::json_malformed;
  Bytes field;
};

template <class T>
using RequestResult = std::expected<T, RequestFault>;

class Envelope {
 public:
  /// Longest model name, in bytes after decoding. The longest in the public registries has about 120.
  static constexpr std::size_t kMaxModelSize = 256;

  /// The model's name as the client meant it, escapes decoded. Valid as long as this object.
  Bytes model() const { return {model_.data(), model_size_}; }
  /// Takes the model's name from a JSON string. False when it is empty or too long.
  bool take_model(const codec::JsonString& name) {
    model_size_ = 0;
    const bool fits =
        name.escaped
            ? codec::decode_json_string(
                  name.raw,
                  [](void* receiver, Bytes part) { return static_cast<Envelope*>(receiver)->append_model(part); }, this)
            : append_model(name.raw);
    return fits && model_size_ > 0;
  }

  BodyRange model_value;         ///< the JSON value of `model`, quotes included
  bool stream = false;           ///< the client wants a stream
  BodyRange stream_value;        ///< the JSON value of `stream`; empty: absent
  bool include_usage = false;    ///< the client asked for usage in the stream
  std::size_t first_member = 0;  ///< offset behind the `{`: a new member with a comma behind it fits here

  /// What stands where an option would have to be edited.
  enum class Presence : std::uint8_t { absent, null, object, value };
  Presence stream_options = Presence::absent;  ///< absent, null or object
  bool stream_options_empty = false;           ///< an object without members
  BodyRange stream_options_value;
  Presence include_usage_option = Presence::absent;  ///< absent, null or value (a boolean)
  BodyRange include_usage_value;

  /// Responses: the inside of `previous_response_id`; empty: absent.
  BodyRange previous_answer;

  /// Chat: where the names of the two limits stand, quotes included; empty: absent.
  BodyRange max_tokens_key;
  BodyRange max_completion_tokens_key;

 private:
  bool append_model(Bytes part) {
    if (part.size() > model_.size() - model_size_) return false;
    part.copy(model_.data() + model_size_, part.size());
    model_size_ += part.size();
    return true;
  }

  std::array<char, kMaxModelSize> model_;  // as far as model_size_; the rest is not written for every request
  std::size_t model_size_ = 0;
};

}  // namespace weir::dialect
