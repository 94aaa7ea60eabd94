// What does it cost to find and read a request's head? Reference: a plain reader into strings.
#include <benchmark/benchmark.h>

#include "inputs.h"
#include "weir/base/assert.h"
#include "weir/codec/http1.h"

namespace weir::micro {
namespace {

bool read(Bytes bytes, codec::RequestHead& head) {
  codec::HeadScanner scanner(codec::Sender::client);
  const auto place = scanner.scan(bytes);
  return place && *place && codec::parse_request_head((*place)->of(bytes), head);
}

void compare() {
  codec::RequestHead head;
  WEIR_ASSERT(read(request_head(), head), "the head is read");
  const auto plain = plain_head(request_head());
  WEIR_ASSERT(plain[0].first == std::string(head.method_text) + " " + std::string(head.target) + " HTTP/1.1",
              "the start line");
  WEIR_ASSERT(plain.size() == head.fields().size() + 1, "as many fields");
  for (std::size_t i = 1; i < plain.size(); ++i) {
    WEIR_ASSERT(equals_ignore_case(plain[i].first, head.fields()[i - 1].name), "the same name");
    WEIR_ASSERT(plain[i].second == head.fields()[i - 1].value, "the same value");
  }
}

void head_parse_weir(benchmark::State& state) {
  compare();
  codec::RequestHead head;
  for (auto _ : state) benchmark::DoNotOptimize(read(request_head(), head));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(request_head().size()));
}
BENCHMARK(head_parse_weir);

void head_parse_reference(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(plain_head(request_head()));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(request_head().size()));
}
BENCHMARK(head_parse_reference);

}  // namespace
}  // namespace weir::micro
