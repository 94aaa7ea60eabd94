#include <algorithm>

#include "weir/codec/json_reader.h"
#include "weir/codec/json_writer.h"
#include "weir/codec/told_time.h"
#include "weir/dialect/error_report.h"

// Reading a provider's error, whatever its shape:
//
//   {"error": {"message", "type", "param", "code"}}                      OpenAI, Azure and most others
//   {"type": "error", "error": {"type", "message"}}                      Anthropic
//   {"error": {"code": 429, "message", "status", "details": [...]}}      Gemini; in an array for array streams
//   {"object": "error", "message": text | object, "type", "code"}        Mistral, vLLM
//   {"detail": text | [...]}, {"id", "message", "error_type"}            Mistral, Voyage; Cohere
//   {"code", "error": text}, {"error": text, "error_type"}, {"message"}  xAI; TGI; Bedrock
//   {"fault": {"faultstring", ...}}                                      Fireworks
//   text, HTML, nothing                                                  whoever stands before them

namespace weir::dialect {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

namespace {

/// A body of text that is no JSON is told when it is not longer than this.
constexpr std::size_t kMostText = 512;

class ErrorReader {
 public:
  ErrorReader(std::string& scratch, Bytes body) : scratch_(scratch) {
    scratch_.reserve(2 * body.size());  // escaping at most doubles JSON: views into it stay
  }

  void read(JsonReader& json, int depth) {
    if (json.peek() == JsonType::array) {
      json.enter_array();
      for (bool first = true; json.next_element(); first = false) first ? read(json, depth) : void(json.skip_value());
      return;
    }
    if (json.peek() != JsonType::object) return void(json.skip_value());
    JsonString key;
    json.enter_object();
    while (json.next_member(key)) read_member(json, key, depth);
  }

  ErrorReport report;
  Bytes reason;       // Gemini: of an ErrorInfo
  Bytes status_word;  // Gemini: INVALID_ARGUMENT
  int status = 0;     // said in the body

 private:
  /// Deeper than error.innererror nothing is looked for.
  static constexpr int kDeepest = 2;

  void read_member(JsonReader& json, const JsonString& key, int depth) {
    if (key.is("error") || key.is("fault") || key.is("innererror") || key.is("response")) {
      if (json.peek() == JsonType::object || json.peek() == JsonType::array)
        return depth < kDeepest ? read(json, depth + 1) : void(json.skip_value());
      return text(json, report.message);
    }
    if (key.is("message") || key.is("detail") || key.is("faultstring") || key.is("Message"))
      return text(json, report.message);
    if (key.is("type") || key.is("error_type")) return word(json, report.type);
    if (key.is("code")) return word(json, report.code);
    if (key.is("param")) return word(json, report.param);
    if (key.is("status")) {
      if (const auto type = json.peek(); type == JsonType::number) {
        if (const auto number = json.unsigned_or_skip(); number && *number < 600) status = static_cast<int>(*number);
        return;
      }
      return word(json, status_word);
    }
    if (key.is("details") && json.peek() == JsonType::array) return details(json);
    json.skip_value();
  }

  /// Gemini: what is known about the error, each with its own type.
  void details(JsonReader& json) {
    json.enter_array();
    while (json.next_element()) {
      if (json.peek() != JsonType::object) {
        json.skip_value();
        continue;
      }
      JsonString key;
      JsonString value;
      json.enter_object();
      while (json.next_member(key)) {
        if (key.is("reason")) {
          if (json.string_or_skip(value)) reason = value.raw;
        } else if (key.is("retryDelay")) {
          if (!json.string_or_skip(value)) continue;
          if (const auto delay = codec::parse_duration(value.raw)) report.retry_after_ms = to_ms_up(*delay);
        } else {
          json.skip_value();
        }
      }
    }
  }

  /// A string, or any other value as its text. The first that says something stays: what is said deeper is more exact
  /// and comes in the same member, what is repeated beside it is not.
  void text(JsonReader& json, Bytes& into) {
    const Bytes found = value(json);
    if (into.empty()) into = found;
  }
  void word(JsonReader& json, Bytes& into) {
    const Bytes found = value(json);
    if (found != "error" && (into.empty() || into == "error")) into = found;
  }
  Bytes value(JsonReader& json) {
    if (json.peek() == JsonType::string) {
      JsonString string;
      return json.read_string(string) ? string.raw : Bytes();
    }
    Bytes raw;
    if (!json.raw_value(raw) || raw == "null" || raw == "{}" || raw == "[]") return {};
    const std::size_t start = scratch_.size();
    codec::append_json_escaped(scratch_, raw);
    return Bytes(scratch_).substr(start);
  }

  std::string& scratch_;
};

}  // namespace

ErrorReport read_error(int status, Bytes body, std::string& scratch) {
  body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
  scratch.clear();
  ErrorReport report;
  Bytes reason;
  if (body.starts_with('{') || body.starts_with('[')) {
    ErrorReader reader(scratch, body);
    JsonReader json(body);
    reader.read(json, 0);
    if (json.finish()) {
      report = reader.report;
      if (report.type.empty()) report.type = reader.status_word;
      if (status < 300) status = reader.status;
      reason = reader.reason;
    }
  } else if (body.size() <= kMostText && !body.starts_with('<')) {
    while (!body.empty() && static_cast<unsigned char>(body.back()) <= ' ') body.remove_suffix(1);
    codec::append_json_escaped(scratch, body);
    report.message = scratch;
  }
  report.error_class = classify_error(status, reason.empty() ? report.code : reason, report.type, report.message);
  if (status < 300) {  // of an error inside an answer that looked well
    const auto code = parse_decimal(report.code);
    status = code && *code >= 300 && *code < 600 ? static_cast<int>(*code) : 0;
  }
  report.status = status;
  return report;
}

}  // namespace weir::dialect
