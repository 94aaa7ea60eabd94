#include "refuse.h"

namespace weir::gateway {

void refuse(net::Downstream& downstream, dialect::Dialect client, Fault fault, const dialect::FaultDetail& detail) {
  if (row(fault).source == FaultSource::gone) return downstream.abort_answer();
  std::string body;
  dialect::write_fault(body, client, fault, detail);
  const bool soon =
      fault == Fault::shed || fault == Fault::client_limit || fault == Fault::draining || fault == Fault::system_limit;
  downstream.answer(row(fault).status, "application/json", body, soon ? "retry-after: 1\r\n" : Bytes{});
}

void fail_stream(net::Downstream& downstream, dialect::Dialect client, Fault fault) {
  if (row(fault).source == FaultSource::gone) return downstream.abort_answer();
  std::string event;
  dialect::write_fault_event(event, client, fault);
  downstream.send_text(event);
  downstream.end_answer();
}

int status_of(const dialect::FaultReport& error) {
  const auto code = parse_decimal(error.code);
  return code && *code >= 400 && *code <= 599 ? static_cast<int>(*code) : row(Fault::upstream_stream_error).status;
}

}  // namespace weir::gateway
