#include "small_answers.h"

#include <string>

#include "error_class.h"
#include "weir/codec/json_writer.h"
#include "weir/dialect/anthropic_messages.h"
#include "weir/dialect/gemini.h"
#include "weir/dialect/openai_responses.h"

namespace weir::simulator {
namespace {

using codec::JsonWriter;
using enum dialect::Dialect;

constexpr Bytes kJson = "application/json";
constexpr Bytes kModels[] = {"echo", "text", "long", "tool-calls", "reasoning", "refusal"};

void write_model(JsonWriter& json, dialect::Dialect shape, Bytes id) {
  json.begin_object();
  switch (shape) {
    case openai_chat:
    case openai_responses:
      json.member("id", id).member("object", "model").key("created").integer(0);
      json.member("owned_by", "simulated");
      break;
    case anthropic_messages:
      json.member("type", "model").member("id", id).member("display_name", id);
      json.member("created_at", "1970-01-01T00:00:00Z");
      break;
    case gemini:
      json.member("name", "models/" + std::string(id)).member("displayName", id);
      json.key("supportedGenerationMethods").begin_array();
      json.string("generateContent").string("streamGenerateContent").string("countTokens").end_array();
      break;
  }
  json.end_object();
}

}  // namespace

dialect::Dialect shape_of(const Route& route, const codec::RequestHead& head) {
  return route.dialect == openai_chat && head.find("anthropic-version") ? anthropic_messages : route.dialect;
}

void list_models(net::Downstream& downstream, dialect::Dialect shape) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  if (shape == openai_chat) json.member("object", "list");
  json.key(shape == gemini ? "models" : "data").begin_array();
  for (const Bytes id : kModels) write_model(json, shape, id);
  json.end_array();
  if (shape == anthropic_messages) {
    json.key("has_more").boolean(false).member("first_id", std::begin(kModels)[0]);
    json.member("last_id", std::end(kModels)[-1]);
  }
  json.end_object();
  downstream.answer(200, kJson, body);
}

void show_model(net::Downstream& downstream, dialect::Dialect shape, Bytes id) {
  std::string body;
  JsonWriter json(body);
  write_model(json, shape, id);
  downstream.answer(200, kJson, body);
}

void tell_count(net::Downstream& downstream, dialect::Dialect dialect, std::uint64_t tokens) {
  std::string body;
  switch (dialect) {
    case anthropic_messages:
      dialect::anthropic_messages::write_token_count(body, tokens);
      break;
    case gemini:
      dialect::gemini::write_token_count(tokens, body);
      break;
    case openai_chat:
    case openai_responses:
      dialect::openai_responses::write_input_tokens_answer(body, tokens);
      break;
  }
  downstream.answer(200, kJson, body);
}

void tell_deleted(net::Downstream& downstream, Bytes id) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("id", id).member("object", "response").key("deleted").boolean(true).end_object();
  downstream.answer(200, kJson, body);
}

void refuse_request(net::Downstream& downstream, dialect::Dialect dialect, Fault fault,
                    const dialect::FaultDetail& detail) {
  if (row(fault).source == FaultSource::gone) return downstream.abort_answer();
  std::string body;
  dialect::write_fault(body, dialect, fault, detail);
  downstream.answer(row(fault).status, kJson, body);
}

void refuse_with(net::Downstream& downstream, dialect::Dialect dialect, int status, dialect::ErrorClass error_class,
                 Bytes problem, Bytes param) {
  std::string escaped;
  codec::append_json_escaped(escaped, problem);
  std::string body;
  write_failure(body, dialect, {status, error_class, escaped}, param);
  downstream.answer(status, kJson, body);
}

}  // namespace weir::simulator
