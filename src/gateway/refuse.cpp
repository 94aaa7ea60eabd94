#include "refuse.h"

namespace weir::gateway {

void refuse(net::Downstream& downstream, dialect::Dialect client, Fault fault, const dialect::FaultDetail& detail,
            Bytes fields) {
  if (row(fault).source == FaultSource::gone) return downstream.abort_answer();
  std::string body;
  dialect::write_fault(body, client, fault, detail);
  const bool soon =
      fault == Fault::shed || fault == Fault::client_limit || fault == Fault::draining || fault == Fault::system_limit;
  const std::string extra = std::string(soon ? "retry-after: 1\r\n" : "").append(fields);
  downstream.answer(row(fault).status, "application/json", body, extra);
}

void fail_stream(net::Downstream& downstream, dialect::Dialect client, Fault fault) {
  if (row(fault).source == FaultSource::gone) return downstream.abort_answer();
  std::string event;
  dialect::write_fault_event(event, client, fault);
  downstream.send_text(event);
  downstream.end_answer();
}

int status_of(dialect::Dialect client, const dialect::FaultReport& error) {
  if (const auto code = parse_decimal(error.code); code && *code >= 400 && *code <= 599) return static_cast<int>(*code);
  if (error.error_class == dialect::ErrorClass::server) return row(Fault::upstream_stream_error).status;
  return dialect::status_for(client, {.error_class = error.error_class, .status = 0});
}

}  // namespace weir::gateway
