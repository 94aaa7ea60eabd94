#include "openai_error.h"

namespace weir::dialect::openai {

ErrorWords words_of(ErrorClass error_class) {
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

void write_error(codec::JsonWriter& json, ErrorClass error_class, Bytes message, Bytes code, Bytes param) {
  const ErrorWords words = words_of(error_class);
  const auto text_or_null = [&json](Bytes text) { text.empty() ? json.null() : json.escaped_string(text); };
  json.key("error").begin_object();
  json.key("message").escaped_string(message).member("type", words.type).key("param");
  text_or_null(param);
  json.key("code");
  text_or_null(code.empty() ? words.code : code);
  json.end_object();
}

}  // namespace weir::dialect::openai
