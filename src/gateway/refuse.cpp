#include "refuse.h"

namespace weir::gateway {

void refuse(net::Downstream& downstream, Fault fault, const dialect::openai_error::Detail& detail) {
  if (row(fault).source == FaultSource::gone) return downstream.abort_answer();
  std::string body;
  dialect::openai_error::write_body(body, fault, detail);
  const bool soon =
      fault == Fault::shed || fault == Fault::client_limit || fault == Fault::draining || fault == Fault::system_limit;
  downstream.answer(row(fault).status, "application/json", body, soon ? "retry-after: 1\r\n" : Bytes{});
}

void fail_stream(net::Downstream& downstream, Fault fault) {
  if (row(fault).source == FaultSource::gone) return downstream.abort_answer();
  std::string event;
  dialect::openai_error::write_event(event, fault);
  downstream.send_text(event);
  downstream.end_answer();
}

int status_of(const dialect::FaultReport& error) {
  const auto code = parse_decimal(error.code);
  return code && *code >= 400 && *code <= 599 ? static_cast<int>(*code) : row(Fault::upstream_stream_error).status;
}

}  // namespace weir::gateway
