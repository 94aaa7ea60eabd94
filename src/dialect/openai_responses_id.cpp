#include "weir/codec/json_reader.h"
#include "weir/dialect/openai_responses.h"

namespace weir::dialect::openai_responses {

Bytes read_answer_id(Bytes payload) {
  codec::JsonReader json(payload);
  codec::JsonString key, id;
  if (!json.enter_object()) return {};
  while (json.next_member(key)) {
    if (key.is("id")) {
      if (json.string_or_skip(id)) return id.raw;
    } else if (key.is("response") && json.peek() == codec::JsonType::object) {
      json.enter_object();
      while (json.next_member(key))
        if (!key.is("id"))
          json.skip_value();
        else if (json.string_or_skip(id))
          return id.raw;
    } else {
      json.skip_value();
    }
  }
  return {};
}

}  // namespace weir::dialect::openai_responses
