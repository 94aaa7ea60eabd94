#include "weir/dialect/error_report.h"

#include "weir/codec/json_writer.h"
#include "weir/dialect/anthropic_messages.h"
#include "weir/dialect/gemini.h"
#include "weir/dialect/openai_chat.h"
#include "weir/dialect/openai_responses.h"

// What a client is told of an error, in its own dialect.

namespace weir::dialect {

namespace {

/// Everything an error of any dialect is made of. Texts escaped.
struct Words {
  ErrorClass error_class;
  int status;
  Bytes message;
  Bytes code;  // empty: the class's own word
  Bytes param;
};

void write_body(std::string& out, Dialect client, const Words& e) {
  switch (client) {
    case Dialect::anthropic_messages:
      return anthropic_messages::write_error_body(out, e.error_class, e.status, e.message, e.code, e.param);
    case Dialect::openai_responses:
      return openai_responses::write_error_body(out, e.error_class, e.status, e.message, e.code, e.param);
    case Dialect::gemini:
      return gemini::write_error_body(out, e.error_class, e.status, e.message, e.code, e.param);
    case Dialect::openai_chat:
      return openai_chat::write_error_body(out, e.error_class, e.status, e.message, e.code, e.param);
  }
}

void write_event(std::string& out, Dialect client, const Words& e) {
  switch (client) {
    case Dialect::anthropic_messages:
      return anthropic_messages::write_error_event(out, e.error_class, e.status, e.message, e.code, e.param);
    case Dialect::openai_responses:
      return openai_responses::write_error_event(out, e.error_class, e.status, e.message, e.code, e.param);
    case Dialect::gemini:
      return gemini::write_error_event(out, e.error_class, e.status, e.message, e.code, e.param);
    case Dialect::openai_chat:
      return openai_chat::write_error_event(out, e.error_class, e.status, e.message, e.code, e.param);
  }
}

/// What a fault amounts to, and OpenAI's word for it where that says more than its class. No default: a new fault must
/// choose.
struct FaultWords {
  ErrorClass error_class;
  Bytes code;
};

FaultWords words_of(Fault fault) {
  switch (fault) {
    case Fault::head_malformed:
    case Fault::head_ambiguous:
    case Fault::head_too_large:
    case Fault::version_unsupported:
    case Fault::coding_unsupported:
    case Fault::expectation_unsupported:
    case Fault::chunk_malformed:
    case Fault::body_truncated:
    case Fault::json_malformed:
    case Fault::json_too_deep:
      return {ErrorClass::invalid_request, {}};
    case Fault::body_too_large:
      return {ErrorClass::too_large, {}};
    case Fault::client_timeout:
      return {ErrorClass::timeout, {}};
    case Fault::field_missing:
      return {ErrorClass::invalid_request, "missing_required_parameter"};
    case Fault::field_invalid:
      return {ErrorClass::invalid_request, "invalid_type"};
    case Fault::parameter_unsupported:
      return {ErrorClass::invalid_request, "unsupported_parameter"};
    case Fault::field_repeated:
    case Fault::header_invalid:
      return {ErrorClass::invalid_request, "invalid_value"};
    case Fault::no_deployment:
      return {ErrorClass::invalid_request, "no_deployment"};
    case Fault::unauthorized:
      return {ErrorClass::auth, {}};
    case Fault::not_found:
      return {ErrorClass::not_found, "unknown_url"};
    case Fault::model_not_found:
      return {ErrorClass::not_found, {}};
    case Fault::method_not_allowed:
      return {ErrorClass::invalid_request, "method_not_supported"};
    case Fault::media_type_unsupported:
      return {ErrorClass::invalid_request, "unsupported_content_type"};
    case Fault::client_limit:
      return {ErrorClass::rate_limit, {}};
    case Fault::shed:
    case Fault::draining:
    case Fault::system_limit:
      return {ErrorClass::overloaded, {}};
    case Fault::total_timeout:
    case Fault::connect_timeout:
    case Fault::first_byte_timeout:
    case Fault::idle_timeout:
      return {ErrorClass::timeout, {}};
    case Fault::connect_failed:
    case Fault::tls_untrusted:
    case Fault::tls_expired:
    case Fault::tls_wrong_host:
    case Fault::tls_failed:
    case Fault::name_not_found:
    case Fault::name_unresolved:
    case Fault::proxy_failed:
    case Fault::proxy_refused:
    case Fault::upstream_reset:
    case Fault::upstream_closed:
    case Fault::upstream_malformed:
    case Fault::upstream_head_too_large:
    case Fault::upstream_redirect:
    case Fault::upstream_stream_error:
    case Fault::upstream_truncated:
    case Fault::answer_too_large:
    case Fault::client_gone:  // of the last three nobody is there to read it
    case Fault::client_stalled:
    case Fault::cancelled:
      return {ErrorClass::server, {}};
  }
  return {ErrorClass::server, {}};
}

/// Holds the texts of a fault's words.
struct FaultTexts {
  std::string message;
  std::string param;

  Words words(Fault fault, const FaultDetail& detail) {
    codec::append_json_escaped(message, row(fault).sentence);
    if (!detail.text.empty()) {
      message += ' ';
      codec::append_json_escaped(message, detail.text);
    }
    codec::append_json_escaped(param, detail.param);
    const FaultWords words = words_of(fault);
    return {words.error_class, row(fault).status, message, words.code, param};
  }
};

}  // namespace

int status_for(Dialect client, const ErrorReport& report) {
  const int given = report.status;
  switch (report.error_class) {
    case ErrorClass::auth:
      return 401;
    case ErrorClass::permission:
      return 403;
    case ErrorClass::not_found:
      return 404;
    case ErrorClass::invalid_request:  // the provider's own, where it has one of its own (409, 422)
      return given > 400 && given < 500 && given != 401 && given != 403 && given != 404 && given != 429 ? given : 400;
    case ErrorClass::context_length:
    case ErrorClass::content_filter:
      return 400;
    case ErrorClass::too_large:
      return 413;
    case ErrorClass::rate_limit:
    case ErrorClass::quota_exhausted:
      return 429;
    case ErrorClass::overloaded:
      return client == Dialect::anthropic_messages ? 529 : 503;
    case ErrorClass::server:
      if (given >= 500 && given <= 502) return given;
      return client == Dialect::openai_chat || client == Dialect::openai_responses ? 502 : 500;
    case ErrorClass::timeout:
      return 504;
  }
  return 500;
}

void write_error(std::string& out, Dialect client, const ErrorReport& report) {
  std::string made;
  Bytes message = report.message;
  if (message.empty()) {
    made = "The provider answered with status " + std::to_string(report.status) + " and no error that could be read.";
    message = made;
  }
  write_body(out, client, {report.error_class, status_for(client, report), message, {}, report.param});
}

void write_fault(std::string& out, Dialect client, Fault fault, const FaultDetail& detail) {
  FaultTexts texts;
  write_body(out, client, texts.words(fault, detail));
}

void write_fault_event(std::string& out, Dialect client, Fault fault, const FaultDetail& detail) {
  FaultTexts texts;
  write_event(out, client, texts.words(fault, detail));
}

}  // namespace weir::dialect
