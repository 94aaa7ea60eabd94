// HTTP/1 heads. The first byte chooses request or answer and seeds the cuts, the rest are the bytes of a connection.
// Whatever is accepted must keep the invariants of http1.h, and what weir would forward of it must be accepted again.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "weir/base/assert.h"
#include "weir/base/random.h"
#include "weir/codec/http1.h"
#include "weir/codec/http1_writer.h"

namespace {

using namespace weir;
using namespace weir::codec;

bool is_token(Bytes text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
           (c != 0 && Bytes("!#$%&'*+-.^_`|~").find(c) != Bytes::npos);
  });
}

bool is_clean(Bytes text) {
  return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; });
}

using Scanned = Result<std::optional<HeadScanner::Place>>;

/// What the scanner says when the bytes arrive in cuts of at most `longest`.
Scanned scan_in_cuts(Bytes bytes, Sender sender, Random& random, std::uint64_t longest) {
  HeadScanner scanner(sender);
  std::size_t arrived = 0;
  for (;;) {
    const Scanned scanned = scanner.scan(bytes.substr(0, arrived));
    if (!scanned || *scanned || arrived == bytes.size()) return scanned;
    arrived += std::min<std::size_t>(random.between(1, longest), bytes.size() - arrived);
  }
}

bool is_same(const Scanned& a, const Scanned& b) {
  if (!a || !b) return !a && !b && a.error() == b.error();
  if (!*a || !*b) return !*a && !*b;
  return (*a)->begin == (*b)->begin && (*a)->end == (*b)->end;
}

template <class Head>
void check_fields(const Head& head, Bytes text) {
  std::size_t lengths = 0, codings = 0;
  for (const HeaderField& field : head.fields()) {
    WEIR_ASSERT(is_token(field.name), "a name that is not a token");
    WEIR_ASSERT(is_clean(field.value), "a value with a control byte");
    WEIR_ASSERT(trim(field.value) == field.value, "a value with white space around it");
    WEIR_ASSERT(field.id == find_header(field.name), "a wrong id");
    WEIR_ASSERT(head.find(field.id) != nullptr && head.find(field.name) != nullptr, "a field that cannot be found");
    WEIR_ASSERT(
        field.name.data() >= text.data() && field.value.data() + field.value.size() <= text.data() + text.size(),
        "a view outside the head");
    lengths += equals_ignore_case(field.name, "content-length") ? 1 : 0;
    codings += equals_ignore_case(field.name, "transfer-encoding") ? 1 : 0;
  }
  WEIR_ASSERT(lengths + codings <= 1, "an ambiguous framing");
  WEIR_ASSERT(codings == 0 || head.http_1_1, "a transfer coding in HTTP/1.0");
  WEIR_ASSERT(head.framing != Framing::chunked || codings == 1, "chunked without saying so");
  WEIR_ASSERT(head.framing != Framing::length || lengths == 1, "a length from nowhere");
  WEIR_ASSERT(head.framing == Framing::length || head.content_length == 0, "a length without its framing");
}

/// The first `count` fields of `again` are, in order, the fields of `head` that may pass.
template <class Head, class MayPass>
void check_forwarded(const Head& head, const Head& again, std::size_t count, MayPass may_pass) {
  auto left = head.fields();
  for (const HeaderField& field : again.fields().first(count)) {
    WEIR_ASSERT(may_pass(field.id) && !is_connection_nominated(head, field.name), "forwarded what must stay");
    while (!left.empty() && (left[0].name != field.name || left[0].value != field.value)) left = left.subspan(1);
    WEIR_ASSERT(!left.empty(), "forwarded what was not there");
    left = left.subspan(1);
  }
  for (const HeaderField& field : head.fields())
    WEIR_ASSERT(!may_pass(field.id) || is_connection_nominated(head, field.name) || again.find(field.name) != nullptr ||
                    field.name.find('_') != Bytes::npos,
                "withheld what may pass");
}

char g_written[kMaxHeadBytes + 4096];

void check_request(Bytes text) {
  RequestHead head;
  if (!parse_request_head(text, head)) return;
  check_fields(head, text);
  WEIR_ASSERT(is_token(head.method_text), "a method that is not a token");
  WEIR_ASSERT(head.framing != Framing::until_close, "a request without an end");
  WEIR_ASSERT(head.target == "*" || head.target.starts_with('/'), "a target in another form");
  for (char c : head.target) WEIR_ASSERT(c > 0x20 && c < 0x7f && c != '#', "a target with a forbidden byte");
  std::size_t hosts = 0;
  for (const HeaderField& field : head.fields()) hosts += field.id == HeaderId::host ? 1 : 0;
  WEIR_ASSERT(hosts <= 1 && (hosts == 1 || !head.http_1_1), "not one Host");

  HeadWriter writer(g_written);
  writer.request_line(head.method_text, {head.target});
  forward_request_fields(writer, head);
  writer.field("host", "provider.example");
  writer.content_length(1);
  const auto written = writer.finish();
  WEIR_ASSERT(written, "what was parsed cannot be written");
  RequestHead again;
  if (written->size() > kMaxHeadBytes || head.fields().size() + 2 > kMaxHeaderFields) return;
  WEIR_ASSERT(parse_request_head(*written, again), "what was forwarded is not accepted");
  WEIR_ASSERT(again.framing == Framing::length && again.content_length == 1 && again.target == head.target,
              "what was forwarded means something else");
  check_forwarded(head, again, again.fields().size() - 2, may_forward);  // the last two are ours
}

void check_response(Bytes text, Method method) {
  ResponseHead head;
  if (!parse_response_head(text, method, head)) return;
  WEIR_ASSERT(head.status >= 100 && head.status <= 999 && head.status != 101, "a status out of range");
  WEIR_ASSERT(is_clean(head.reason), "a reason with a control byte");
  check_fields(head, text);
  WEIR_ASSERT(head.framing != Framing::until_close || !head.keep_alive, "reuse of a connection without an end");

  HeadWriter writer(g_written);
  writer.status_line(head.status);
  forward_response_fields(writer, head);
  const auto written = writer.finish();
  WEIR_ASSERT(written, "what was parsed cannot be written");
  ResponseHead again;
  if (written->size() > kMaxHeadBytes) return;
  WEIR_ASSERT(parse_response_head(*written, method, again), "what was forwarded is not accepted");
  WEIR_ASSERT(again.status == head.status, "another status");
  check_forwarded(head, again, again.fields().size(), may_return);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool is_request = (data[0] & 1) == 0;
  const Sender sender = is_request ? Sender::client : Sender::provider;
  const Bytes bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Random random(data[0]);
  const Scanned whole = HeadScanner(sender).scan(bytes);
  WEIR_ASSERT(is_same(whole, scan_in_cuts(bytes, sender, random, 1)), "byte by byte the head lies elsewhere");
  WEIR_ASSERT(is_same(whole, scan_in_cuts(bytes, sender, random, 40)), "in other cuts the head lies elsewhere");

  // The parser is asked about any bytes too, not only about those the scanner lets through.
  const Bytes head = whole && *whole ? (*whole)->of(bytes) : bytes;
  if (is_request)
    check_request(head);
  else
    check_response(head, (data[0] & 2) == 0 ? Method::post : Method::head);
  return 0;
}
