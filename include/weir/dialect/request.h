// The neutral request: what a client asks, whichever dialect it asked in. read() of the client's dialect fills it,
// write() of the provider's writes it.
//
// Views point into the client's body, which must outlive the request, or into texts that the request keeps itself.
// Unless said otherwise a text is the inside of a JSON string, still escaped (the rules are the same in every dialect);
// `raw` means one JSON value as it was written, numbers unharmed. An empty view means that the field was absent.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/dialect/seal.h"

namespace weir::dialect {

/// Who speaks. `tool` messages hold tool results only; a reader splits messages that mix them with other parts, and a
/// writer joins neighbours again where its dialect wants that.
enum class Role : std::uint8_t { system, developer, user, assistant, tool };

enum class PartKind : std::uint8_t { text, refusal, reasoning, image, audio, file, video, tool_call, tool_result };

/// Image, audio, video or file: where its bytes are.
struct Media {
  enum class Source : std::uint8_t {
    data,     ///< `value` is base64
    url,      ///< `value` is an address
    file_id,  ///< `value` is the vendor's own name of something uploaded: not to be taken to another vendor
    text,     ///< `value` is a plain text document
  };
  Source source = Source::data;
  Bytes type;  ///< `image/png`; empty when a url does not tell
  Bytes value;
  Bytes name;    ///< of a file
  Bytes detail;  ///< `low`, `high`, `auto`
};

/// The registered name of a media type that is often written otherwise and refused then.
constexpr Bytes registered_type(Bytes type) {
  return type == "image/jpg" || type == "image\\/jpg" ? Bytes("image/jpeg") : type;
}

/// JSON that some dialects write as a value and some as a string that holds it: a tool call's arguments.
struct Arguments {
  Bytes text;
  bool in_string = false;  ///< `text` is the inside of a JSON string; else a raw JSON value
};

struct Part {
  PartKind kind = PartKind::text;
  Bytes text;   ///< text, refusal, reasoning
  Media media;  ///< image, audio, file, video
  Bytes id;     ///< tool_call: its id; tool_result: the id of the call it answers; empty when the client gave none
  Bytes name;   ///< tool_call: the function; tool_result: the function where the client told it (Gemini)
  Arguments arguments;        ///< tool_call; text empty: no arguments
  std::vector<Part> content;  ///< tool_result: text, image and file parts
  Bytes result;               ///< tool_result: instead of content, a raw JSON object (Gemini)
  bool is_error = false;      ///< tool_result
  bool redacted = false;      ///< reasoning without text, whose data is the seal
  Seal seal;            ///< reasoning, tool_call: a vendor's signature over it, to be given back to that vendor alone
  Bytes cache_control;  ///< raw
  Bytes title;          ///< file
  Bytes context;        ///< file
};

struct Message {
  Role role = Role::user;
  std::vector<Part> parts;
  Bytes name;  ///< of the participant
};

struct Tool {
  Bytes name;  ///< of a function
  Bytes description;
  Bytes parameters;  ///< raw JSON schema; empty: none
  std::optional<bool> strict;
  Bytes cache_control;  ///< raw
  /// A tool that the vendor itself runs (web search, code execution), or that is no JSON function: its `type`, or the
  /// key that names it. Cannot be taken to another dialect. Empty: a function.
  Bytes hosted;
};

struct ToolChoice {
  enum class Mode : std::uint8_t { unset, automatic, none, required, named };
  Mode mode = Mode::unset;
  Bytes name;                  ///< for named
  std::vector<Bytes> allowed;  ///< only these functions, where the client narrows the list (automatic or required)
};

/// What shape the answer's text must have.
struct OutputFormat {
  enum class Kind : std::uint8_t { text, json_object, json_schema };
  Kind kind = Kind::text;
  Bytes schema;  ///< raw
  Bytes name;
  Bytes description;
  std::optional<bool> strict;
};

/// The words for how much a model shall think, in every dialect that has words for it.
inline constexpr Bytes kEfforts[] = {"none", "minimal", "low", "medium", "high", "xhigh", "max"};
constexpr bool is_effort(Bytes word) {
  for (const Bytes effort : kEfforts)
    if (effort == word) return true;
  return false;
}

/// How much the model shall think.
struct Reasoning {
  enum class Mode : std::uint8_t { unset, off, on, adaptive };
  Mode mode = Mode::unset;
  Bytes effort;  ///< one of kEfforts
  std::optional<std::uint64_t> budget_tokens;
  std::optional<bool> show;  ///< whether the client wants to see thoughts (Gemini includeThoughts, ...)
  Bytes summary;             ///< Responses: auto concise detailed
};

struct Request {
  Bytes model;  ///< as the client wrote it
  bool stream = false;
  bool include_usage = true;  ///< the client wants usage in the stream (chat: only if it asked)

  std::vector<Message> messages;  ///< system and developer messages among them, where they stood
  bool is_begun = false;          ///< the last of them, the assistant's, is the beginning of the answer

  std::vector<Tool> tools;
  ToolChoice tool_choice;
  std::optional<bool> parallel_tool_calls;

  std::optional<std::uint64_t> max_tokens;  ///< of the answer
  Bytes temperature;                        ///< raw number, as are the next ones
  Bytes top_p;
  Bytes top_k;
  Bytes seed;
  Bytes presence_penalty;
  Bytes frequency_penalty;
  std::vector<Bytes> stop;
  std::optional<std::uint64_t> candidates;  ///< n, candidateCount
  bool logprobs = false;
  std::optional<std::uint64_t> top_logprobs;
  Bytes logit_bias;  ///< raw
  OutputFormat format;
  Reasoning reasoning;

  Bytes user;      ///< who asks, for the provider's abuse watch: user, safety_identifier, metadata.user_id
  Bytes metadata;  ///< raw object
  std::optional<bool> store;
  Bytes service_tier;
  Bytes verbosity;
  Bytes prompt_cache_key;

  /// Keeps a text as long as the request: views into it stay valid.
  Bytes keep(std::string text) { return texts_.emplace_back(std::move(text)); }

 private:
  std::deque<std::string> texts_;
};

}  // namespace weir::dialect
