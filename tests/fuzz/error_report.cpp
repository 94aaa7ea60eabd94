// Any bytes as the body of a provider's error, or as what goes with a fault of weir's own. Every client is told JSON
// with the status of an error, and reads the message that was read here. The first byte and the second choose the
// status and the fault.
#include "weir/dialect/error_report.h"

#include <cstdint>
#include <string>

#include "../unit/dialect/stream_runner.h"
#include "weir/base/assert.h"
#include "weir/codec/json_reader.h"

namespace {

using namespace weir::dialect;
using weir::Bytes;
using weir::Fault;

bool is_json(Bytes text) {
  weir::codec::JsonReader json(text);
  json.skip_value();
  return json.finish();
}

void check_report(int status, Bytes body) {
  std::string scratch;
  const ErrorReport report = read_error(status, body, scratch);
  WEIR_ASSERT(report.retry_after_ms >= -1, "a wait is a time");
  for (const Dialect client : kDialects) {
    std::string out;
    write_error(out, client, report);
    WEIR_ASSERT(is_json(out), "an error is told as JSON");
    const int told = status_for(client, report);
    WEIR_ASSERT(told >= 400 && told < 600, "an error has the status of one");
    std::string other;
    const ErrorReport again = read_error(told, out, other);
    WEIR_ASSERT(report.message.empty() || again.message == report.message, "a client reads the message");
  }
}

void check_fault(Fault fault, Bytes text) {
  const Bytes param = text.substr(0, text.size() / 2);
  for (const Dialect client : kDialects) {
    std::string body;
    write_fault(body, client, fault, {.text = text, .param = param});
    WEIR_ASSERT(is_json(body), "a fault is told as JSON");
    std::string scratch;
    const Bytes message = read_error(weir::row(fault).status, body, scratch).message;
    WEIR_ASSERT(message.starts_with(weir::row(fault).sentence), "a client reads what is wrong");

    std::string event;
    write_fault_event(event, client, fault, {.text = text, .param = param});
    weir::codec::SseScanner scanner;
    WEIR_ASSERT(scanner.find_end(event) == event.size(), "an event is one frame");
    std::string joined;
    const weir::codec::SseFrame frame = weir::codec::parse_sse_frame(event, joined);
    WEIR_ASSERT(frame.has_data && is_json(frame.data), "an event's data is JSON");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Bytes body(reinterpret_cast<const char*>(data) + 2, size - 2);
  check_report(data[0] < 8 ? 0 : data[0] < 16 ? 200 : 300 + data[0], body);
  check_fault(static_cast<Fault>(data[1] % weir::kFaultCount), body);
  return 0;
}
