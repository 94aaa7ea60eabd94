#include "weir/codec/json_reader.h"
#include "weir/codec/json_writer.h"
#include "weir/dialect/registry.h"

// How many tokens a request is: a number, for which every dialect has a word of its own.

namespace weir::dialect {

std::optional<std::uint64_t> read_token_count(Bytes body) {
  codec::JsonReader json(body);
  codec::JsonString key;
  std::optional<std::uint64_t> tokens;
  if (json.enter_object()) {
    while (json.next_member(key)) {
      if (key.is("input_tokens") || key.is("totalTokens") || key.is("total_tokens")) {
        tokens = json.unsigned_or_skip();
      } else {
        json.skip_value();
      }
    }
  }
  return json.finish() ? tokens : std::nullopt;
}

void write_token_count(Dialect client, std::uint64_t tokens, std::string& out) {
  codec::JsonWriter json(out);
  json.begin_object();
  if (client == Dialect::openai_responses) json.member("object", "response.input_tokens");
  json.key(client == Dialect::gemini ? "totalTokens" : "input_tokens").unsigned_integer(tokens);
  json.end_object();
}

}  // namespace weir::dialect
