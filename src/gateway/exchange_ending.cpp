// How an exchange ends badly: a failed attempt, which leaves the client to the next one; a refusal; what is told when
// everybody has failed.
#include "cost.h"
#include "exchange.h"
#include "refuse.h"
#include "weir/catalog/dollars.h"

namespace weir::gateway {

void Exchange::fail(Fault fault, Bytes detail) {
  const FaultSource source = row(fault).source;
  if (source == FaultSource::weir || source == FaultSource::gone) return refuse(fault, {.text = detail, .param = {}});
  const bool timed_out =
      fault == Fault::connect_timeout || fault == Fault::first_byte_timeout || fault == Fault::idle_timeout;
  Failure failure{.end = {.blame = routing::blame_of(fault), .timed_out = timed_out}, .fault = fault};
  failure.text = detail;
  fail(std::move(failure));
}

void Exchange::fail(Failure failure) {
  if (client_gone_) return refuse(Fault::client_gone);
  if (!race_) {  // a question about a stored answer: there is nobody else
    attempt_->end(failure.end);
    return give(failure);
  }
  race_->failure = std::move(failure);
}

void Exchange::give_failure() {
  if (!has_failed()) return refuse_all();
  if (is_for_rest()) return break_off(lane_->translation->fault());
  Failure failure = *std::exchange(race_->failure, {});
  race_->clear();
  give(failure);
}

/// Nobody may be asked at all: why. It would be the same at any other time.
void Exchange::refuse_all() {
  const routing::Plan& plan = race_->plan;
  std::string why;
  if (const std::int64_t cost = plan.least_refused_cost(); cost >= 0)
    why = "The cheapest would cost about $" + std::string(catalog::DollarText(cost).view()) +
          ", which is more than is allowed.";
  for (const routing::Candidate& candidate : plan.unfit()) {
    if (!why.empty()) break;
    const catalog::Target target = (*race_->resolution)[candidate.place];
    why.append(target.provider->name).append("/").append(target.model_id).append(": ");
    why += candidate.unfit == routing::Unfit::capability ? "lacks " : "";
    why += candidate.unfit == routing::Unfit::capability ? to_string(candidate.lacking) : to_string(candidate.unfit);
  }
  refuse(Fault::no_deployment, {.text = why, .param = {}});
}

void Exchange::give(Failure& failure) {
  if (client_gone_) return refuse(Fault::client_gone);
  if (failure.status == 0) return refuse(*failure.fault, {.text = failure.text, .param = {}});
  if (failure.fault) note_fault(*failure.fault);
  record_.status = failure.status;
  if (failure.answer) {
    begin_sized(*std::move(failure.answer), failure.body.size(), commit());
    for (const io::Chunk& chunk : failure.body.chunks()) downstream_.send(chunk);
    downstream_.end_answer();
  } else {
    failure.fields += trail_line();
    downstream_.answer(failure.status, "application/json", failure.text, failure.fields);
  }
  sent_first_byte();
}

void Exchange::refuse(Fault fault, const dialect::FaultDetail& detail) {
  if (client_gone_) fault = Fault::client_gone;
  if (is_for_rest()) return break_off(fault);
  note_fault(fault);
  record_.status = row(fault).status;
  gateway::refuse(downstream_, endpoint_.client, fault, detail, trail_line());
}

void Exchange::fail_stream(Fault fault) {
  if (client_gone_) fault = Fault::client_gone;
  note_fault(fault);
  gateway::fail_stream(downstream_, endpoint_.client, fault);
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
  if (self.race_ && self.race_->pause) self.race_->pause->end();
}

}  // namespace weir::gateway
