#include "weir/simulator/simulator.h"

#include "reply.h"
#include "weir/codec/url.h"
#include "weir/dialect/openai_chat.h"
#include "weir/dialect/openai_error.h"

namespace weir::simulator {
namespace {

using codec::Method;

void refuse_request(net::Downstream& downstream, Fault fault, const dialect::openai_error::Detail& detail = {}) {
  if (row(fault).source == FaultSource::gone) return downstream.abort_answer();
  std::string body;
  dialect::openai_error::write_body(body, fault, detail);
  downstream.answer(row(fault).status, "application/json", body);
}

void refuse_item(net::Downstream& downstream, Bytes problem, Bytes param) {
  std::string body;
  write_error(body, {400, "invalid_request_error", "invalid_value", problem}, param);
  downstream.answer(400, "application/json", body);
}

void write_model(codec::JsonWriter& json, Bytes id) {
  json.begin_object().member("id", id).member("object", "model").key("created").integer(0);
  json.member("owned_by", "simulated").end_object();
}

/// The items that say something else than the built-in text make good model names; `echo` is the one to try first.
void list_models(net::Downstream& downstream) {
  std::string body;
  codec::JsonWriter json(body);
  json.begin_object().member("object", "list").key("data").begin_array();
  for (Bytes id : {"echo", "text", "long", "tool-calls", "reasoning", "refusal"}) write_model(json, id);
  json.end_array().end_object();
  downstream.answer(200, "application/json", body);
}

void show_model(net::Downstream& downstream, Bytes id) {
  std::string body;
  codec::JsonWriter json(body);
  write_model(json, id);
  downstream.answer(200, "application/json", body);
}

}  // namespace

io::Task<> Simulator::handle(net::Downstream& downstream, codec::RequestHead& head) {
  Bytes path = codec::split_target(head.target).path;
  if (path.starts_with("/v1/")) path.remove_prefix(3);
  constexpr Bytes kModel = "/models/";
  const bool reads = head.method == Method::get || head.method == Method::head;
  if (path == "/chat/completions") {
    if (head.method != Method::post) co_return refuse(downstream, Fault::method_not_allowed);
    co_await complete_chat(downstream, head);
  } else if (path == "/models" || path.starts_with(kModel)) {
    if (!reads) co_return refuse(downstream, Fault::method_not_allowed);
    path == "/models" ? list_models(downstream) : show_model(downstream, path.substr(kModel.size()));
  } else {
    refuse(downstream, Fault::not_found);
  }
}

void Simulator::refuse(net::Downstream& downstream, Fault fault) { refuse_request(downstream, fault); }

io::Task<> Simulator::complete_chat(net::Downstream& downstream, codec::RequestHead& head) {
  if (head.find(codec::HeaderId::content_encoding)) co_return refuse(downstream, Fault::media_type_unsupported);
  net::Body body;
  if (const auto read = co_await downstream.read_body(body); !read) co_return refuse(downstream, read.error());
  const Bytes text = body.contiguous(context_.scratch);
  const auto request = dialect::openai_chat::read_envelope(text);
  if (!request)
    co_return refuse_request(downstream, request.error().fault, {.text = {}, .param = request.error().field});

  auto scenario = scenario_of_model(request->model());
  if (!scenario) co_return refuse_item(downstream, scenario.error(), "model");
  for (const codec::HeaderField& field : head.fields()) {
    if (!equals_ignore_case(field.name, "x-simulate")) continue;
    if (const auto applied = apply_items(*scenario, field.value); !applied)
      co_return refuse_item(downstream, applied.error(), "x-simulate");
  }

  Completion completion;
  completion.id = "chatcmpl-simulated-" + std::to_string(++completions_);
  completion.model = request->model();
  completion.created = context_.loop.ring().wall().unix_ns / 1'000'000'000;
  completion.tells_usage = request->include_usage && scenario->has_usage;
  Prompt prompt = read_prompt(text);
  downstream.release_request();  // the answer may take minutes and needs nothing of it

  Reply reply(downstream, *scenario, std::move(prompt), std::move(completion));
  co_await reply.run(request->stream);
}

}  // namespace weir::simulator
