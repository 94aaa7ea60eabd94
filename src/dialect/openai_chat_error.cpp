#include "weir/codec/json_writer.h"
#include "weir/dialect/openai_chat.h"

// Errors as OpenAI words them: {"error":{"message","type","param","code"}}. The words per class are those of
// data/conformance/tables/error_classes.json, which are what OpenAI's own servers send and its SDKs know.

namespace weir::dialect::openai_chat {

namespace {

struct Words {
  Bytes type;
  Bytes code;  // empty: null
};

constexpr Words words_of(ErrorClass error_class) {
  constexpr Bytes kRequest = "invalid_request_error";
  switch (error_class) {
    case ErrorClass::auth:
      return {kRequest, "invalid_api_key"};
    case ErrorClass::permission:
    case ErrorClass::invalid_request:
      return {kRequest, {}};
    case ErrorClass::not_found:
      return {kRequest, "model_not_found"};
    case ErrorClass::context_length:
      return {kRequest, "context_length_exceeded"};
    case ErrorClass::content_filter:
      return {kRequest, "content_filter"};
    case ErrorClass::too_large:
      return {kRequest, "request_too_large"};
    case ErrorClass::rate_limit:
      return {"rate_limit_error", "rate_limit_exceeded"};
    case ErrorClass::quota_exhausted:
      return {"insufficient_quota", "insufficient_quota"};
    case ErrorClass::overloaded:
      return {"server_error", "overloaded"};
    case ErrorClass::server:
      return {"server_error", {}};
    case ErrorClass::timeout:
      return {"timeout", "timeout"};
  }
  return {"server_error", {}};
}

}  // namespace

void write_error_body(std::string& out, ErrorClass error_class, int, Bytes message, Bytes code, Bytes param) {
  const Words words = words_of(error_class);
  codec::JsonWriter json(out);
  const auto text_or_null = [&json](Bytes text) { text.empty() ? json.null() : json.escaped_string(text); };
  json.begin_object().key("error").begin_object();
  json.key("message").escaped_string(message).member("type", words.type);
  json.key("param");
  text_or_null(param);
  json.key("code");
  text_or_null(code.empty() ? words.code : code);
  json.end_object().end_object();
}

void write_error_event(std::string& out, ErrorClass error_class, int status, Bytes message, Bytes code, Bytes param) {
  out += "data: ";
  write_error_body(out, error_class, status, message, code, param);
  out += "\n\n";
}

}  // namespace weir::dialect::openai_chat
