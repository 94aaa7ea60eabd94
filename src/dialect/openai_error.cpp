#include "weir/dialect/openai_error.h"

#include "weir/codec/json_writer.h"

namespace weir::dialect::openai_error {

namespace {

struct Words {
  Bytes type;
  Bytes code;  // empty: null
};

constexpr Bytes kRequest = "invalid_request_error";
constexpr Bytes kServer = "server_error";

/// No default: a new fault must choose its words.
Words words_of(Fault fault) {
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
      return {kRequest, {}};
    case Fault::body_too_large:
      return {kRequest, "request_too_large"};
    case Fault::client_timeout:
      return {"timeout", "timeout"};
    case Fault::field_missing:
      return {kRequest, "missing_required_parameter"};
    case Fault::field_invalid:
      return {kRequest, "invalid_type"};
    case Fault::parameter_unsupported:
      return {kRequest, "unsupported_parameter"};
    case Fault::field_repeated:
      return {kRequest, "invalid_value"};
    case Fault::unauthorized:
      return {kRequest, "invalid_api_key"};
    case Fault::not_found:
      return {kRequest, "unknown_url"};
    case Fault::model_not_found:
      return {kRequest, "model_not_found"};
    case Fault::method_not_allowed:
      return {kRequest, "method_not_supported"};
    case Fault::media_type_unsupported:
      return {kRequest, "unsupported_content_type"};
    case Fault::client_limit:
      return {"rate_limit_error", "rate_limit_exceeded"};
    case Fault::shed:
    case Fault::draining:
    case Fault::system_limit:
      return {kServer, "overloaded"};
    case Fault::total_timeout:
    case Fault::connect_timeout:
    case Fault::first_byte_timeout:
    case Fault::idle_timeout:
      return {"timeout", "timeout"};
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
      return {kServer, {}};
    case Fault::client_gone:
    case Fault::client_stalled:
    case Fault::cancelled:
      return {kServer, {}};  // nobody is there to read it
  }
  return {kServer, {}};
}

}  // namespace

void write_body(std::string& out, Fault fault, const Detail& detail) {
  const Words words = words_of(fault);
  codec::JsonWriter json(out);
  const auto text_or_null = [&json](Bytes text) { text.empty() ? json.null() : json.string(text); };
  json.begin_object().key("error").begin_object().key("message");
  if (detail.text.empty()) {
    json.string(row(fault).sentence);
  } else {
    std::string inside;
    codec::append_json_escaped(inside, row(fault).sentence);
    inside += ' ';
    codec::append_json_escaped(inside, detail.text);
    json.escaped_string(inside);
  }
  json.member("type", words.type).key("param");
  text_or_null(detail.param);
  json.key("code");
  text_or_null(words.code);
  json.end_object().end_object();
}

void write_status_body(std::string& out, int status) {
  // Types and codes as data/conformance/tables/error_classes.json gives them per class of error.
  Words words{kServer, {}};
  switch (status) {
    case 401:
      words = {kRequest, "invalid_api_key"};
      break;
    case 404:
      words = {kRequest, "model_not_found"};
      break;
    case 408:
    case 504:
      words = {"timeout", "timeout"};
      break;
    case 413:
      words = {kRequest, "request_too_large"};
      break;
    case 429:
      words = {"rate_limit_error", "rate_limit_exceeded"};
      break;
    case 503:
    case 529:
      words = {kServer, "overloaded"};
      break;
    default:
      if (status < 500) words = {kRequest, {}};
  }
  codec::JsonWriter json(out);
  json.begin_object().key("error").begin_object().key("message");
  json.string("The provider answered with status " + std::to_string(status) + " and no error that could be read.");
  json.member("type", words.type).key("param").null().key("code");
  words.code.empty() ? json.null() : json.string(words.code);
  json.end_object().end_object();
}

void write_event(std::string& out, Fault fault, const Detail& detail) {
  out += "data: ";
  write_body(out, fault, detail);
  out += "\n\n";
}

}  // namespace weir::dialect::openai_error
