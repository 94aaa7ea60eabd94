// What does it cost to write the provider's head from the client's? Reference: the plain reader's list of strings, a
// set of names that stay behind, and appending to a string.
#include <benchmark/benchmark.h>

#include <unordered_set>

#include "inputs.h"
#include "weir/base/assert.h"
#include "weir/codec/http1_writer.h"

namespace weir::micro {
namespace {

constexpr Bytes kCredential = "sk-provider-secret-0123456789";

Bytes rewrite(const codec::RequestHead& head, MutableBytes out) {
  codec::HeadWriter writer(out);
  writer.request_line("POST", {"/v1", "/chat/completions"});
  writer.field("host", "api.provider.test");
  writer.field("authorization", {"Bearer ", kCredential});
  codec::forward_request_fields(writer, head);
  writer.field("accept-encoding", "identity");
  writer.content_length(1024);
  const auto written = writer.finish();
  return written ? *written : Bytes();
}

std::string rewrite_plainly(const std::vector<std::pair<std::string, std::string>>& head) {
  static const std::unordered_set<std::string> kStay = {
      "host",       "authorization",     "accept-encoding", "content-length",
      "connection", "transfer-encoding", "keep-alive",      "te"};
  std::string out = "POST /v1/chat/completions HTTP/1.1\r\nhost: api.provider.test\r\nauthorization: Bearer ";
  out += std::string(kCredential) + "\r\n";
  for (std::size_t i = 1; i < head.size(); ++i)
    if (!kStay.contains(head[i].first)) out += head[i].first + ": " + head[i].second + "\r\n";
  return out + "accept-encoding: identity\r\ncontent-length: 1024\r\n\r\n";
}

void header_rewrite_weir(benchmark::State& state) {
  codec::RequestHead head;
  WEIR_ASSERT(codec::parse_request_head(request_head(), head), "the head is read");
  std::string buffer(4096, 0);
  // Names keep the client's spelling; a name means the same in any.
  WEIR_ASSERT(plain_head(std::string(rewrite(head, buffer))) == plain_head(rewrite_plainly(plain_head(request_head()))),
              "both write the same fields in the same order");
  for (auto _ : state) benchmark::DoNotOptimize(rewrite(head, buffer));
}
BENCHMARK(header_rewrite_weir);

void header_rewrite_reference(benchmark::State& state) {
  const auto head = plain_head(request_head());
  for (auto _ : state) benchmark::DoNotOptimize(rewrite_plainly(head));
}
BENCHMARK(header_rewrite_reference);

}  // namespace
}  // namespace weir::micro
