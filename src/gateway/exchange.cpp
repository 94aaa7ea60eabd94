#include "exchange.h"

#include <algorithm>

#include "authenticate.h"
#include "models.h"
#include "refuse.h"
#include "weir/codec/url.h"
#include "weir/dialect/openai_chat.h"

namespace weir::gateway {

using codec::Method;

Exchange::Exchange(Gateway& gateway, net::Downstream& downstream, codec::RequestHead& head)
    : gateway_(gateway), downstream_(downstream), head_(head), loop_(gateway.context().loop) {
  record_.id = loop_.random().next();
  record_.started = downstream.request_started();
  deadline_ = record_.started + gateway.context().options.total_timeout;
  ++gateway.metrics().in_flight;
}

Exchange::~Exchange() {
  downstream_.unwatch();
  --gateway_.metrics().in_flight;
  record_.answer_bytes = downstream_.answer_bytes();
  record_.total_ns = to_ns(loop_.now() - record_.started);
  gateway_.settle(record_);
}

io::Task<> Exchange::run() {
  const auto key = authenticate(head_, gateway_.keys());
  if (!key) co_return refuse(key.error());
  record_.key = (*key)->name;
  if (!downstream_.admit()) co_return refuse(Fault::shed);

  const Bytes path = codec::split_target(head_.target).path;
  constexpr Bytes kModel = "/v1/models/";
  const bool reads = head_.method == Method::get || head_.method == Method::head;
  if (path == "/v1/chat/completions") {
    if (head_.method != Method::post) co_return refuse(Fault::method_not_allowed);
    co_await chat_completions();
    if (downstream_.aborted()) note_fault(Fault::shed);  // nothing else was wrong: a buffer was missing
  } else if (path == "/v1/models" || path.starts_with(kModel)) {
    if (!reads) co_return refuse(Fault::method_not_allowed);
    path == "/v1/models" ? list_models() : show_model(path.substr(kModel.size()));
  } else {
    refuse(Fault::not_found);
  }
}

io::Task<> Exchange::chat_completions() {
  codec::ResponseHead* const head = co_await ask_provider();
  if (!head) co_return;
  // The three lanes; each ends the answer, or the connection.
  const auto* type = head->find(codec::HeaderId::content_type);
  const bool json = type && type->value.starts_with("application/json");
  if (head->status >= 300) {
    co_await relay_error(*head);
  } else if (record_.stream && !json) {
    co_await relay_stream(*head);
  } else {
    co_await relay_document(*head);
  }
  attempt_->release();
}

io::Task<codec::ResponseHead*> Exchange::ask_provider() {
  const auto refused = [this](Fault fault, const dialect::openai_error::Detail& detail = {}) {
    refuse(fault, detail);
    return nullptr;
  };
  if (head_.find(codec::HeaderId::content_encoding)) co_return refused(Fault::media_type_unsupported);
  net::Body body;
  if (const auto read = co_await downstream_.read_body(body); !read) co_return refused(read.error());
  const Instant request_arrived = loop_.now();
  record_.request_bytes = body.size();

  const auto request = dialect::openai_chat::read_envelope(body.contiguous(gateway_.context().scratch));
  if (!request) co_return refused(request.error().fault, {.text = {}, .param = request.error().field});
  record_.model.assign(request->model());
  record_.stream = request->stream;

  const auto resolution = gateway_.catalog().find(request->model());
  if (!resolution) co_return refused(Fault::model_not_found, {.text = request->model(), .param = "model"});
  const catalog::Target target = (*resolution)[0];
  record_.provider = target.provider->name;
  // Of "provider/model" the model is a part of what the client wrote.
  record_.model_id =
      resolution->model()
          ? target.model_id
          : record_.model.view().substr(std::min(target.provider->name.size() + 1, record_.model.view().size()));

  // Usage is asked for in every stream; a client that did not ask does not get to see it.
  withhold_usage_ = request->stream && !request->include_usage;
  std::string scratch;
  const auto edits = dialect::openai_chat::write_passthrough(*request, target.model_id, withhold_usage_, scratch);

  attempt_.emplace(gateway_, record_, target);
  downstream_.watch(&on_client_gone, this);
  if (client_gone_) co_return refused(Fault::client_gone);  // it had left already: nobody is asked
  ++record_.attempts;
  record_.overhead_ns += to_ns(loop_.ring().precise_now() - request_arrived);
  const auto head = co_await attempt_->start({head_, body}, edits, deadline_);
  body.clear();
  downstream_.release_request();  // nothing of the request is needed any more
  if (!head) co_return refused(at_deadline(head.error()));
  first_byte_answered();
  co_return *head;
}

void Exchange::list_models() {
  const std::string body = models_document(gateway_.catalog());
  record_.status = 200;
  downstream_.answer(200, "application/json", body);
}

void Exchange::show_model(Bytes name) {
  const auto resolution = gateway_.catalog().find(name);
  if (!resolution) return refuse(Fault::model_not_found, {.text = name, .param = "model"});
  const std::string body = model_document(name, *resolution);
  record_.status = 200;
  downstream_.answer(200, "application/json", body);
}

net::Downstream::Answer Exchange::start_answer(const codec::ResponseHead& head, codec::HeaderId except) {
  auto answer = downstream_.start_head(head.status);
  codec::forward_response_fields(answer.writer, head, except);
  answer.writer.field("x-weir-deployment", {record_.provider, "/", record_.model_id});
  return answer;
}

// ---- Ending badly.

void Exchange::refuse(Fault fault, const dialect::openai_error::Detail& detail) {
  if (client_gone_) fault = Fault::client_gone;
  note_fault(fault);
  record_.status = row(fault).status;
  gateway::refuse(downstream_, fault, detail);
}

void Exchange::fail_stream(Fault fault) {
  if (client_gone_) fault = Fault::client_gone;
  note_fault(fault);
  gateway::fail_stream(downstream_, fault);
}

void Exchange::note_fault(Fault fault) {
  if (!record_.fault) record_.fault = fault;
}

Fault Exchange::at_deadline(Fault fault) const {
  const bool timed_out = fault == Fault::first_byte_timeout || fault == Fault::idle_timeout;
  return timed_out && loop_.now() >= deadline_ ? Fault::total_timeout : fault;
}

void Exchange::on_client_gone(void* object) {
  auto& self = *static_cast<Exchange*>(object);
  self.client_gone_ = true;
  if (self.attempt_) self.attempt_->cancel();
}

// ---- Times.

Instant Exchange::next_frame_deadline() const {
  return std::min(loop_.now() + gateway_.context().options.stream_idle_timeout, deadline_);
}

void Exchange::first_byte_answered() { record_.ttfb_ns = to_ns(loop_.now() - record_.started); }

void Exchange::sent_first_byte() {
  // Since this turn began, when the last bytes that were waited for arrived.
  record_.overhead_ns += to_ns(loop_.ring().precise_now() - loop_.now());
}

}  // namespace weir::gateway
