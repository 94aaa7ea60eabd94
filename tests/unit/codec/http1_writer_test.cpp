#include "weir/codec/http1_writer.h"

#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <vector>

namespace weir::codec {
namespace {

TEST(HeadWriter, WritesARequest) {
  char out[512];
  HeadWriter writer(out);
  writer.request_line("POST", {"/base", "/v1/chat", "?", "a=b"});
  writer.field("host", "a.example");
  writer.field("authorization", {"Bearer ", "key"});
  writer.content_length(1234567890123456789u);
  const auto head = writer.finish();
  ASSERT_TRUE(head);
  EXPECT_EQ(*head,
            "POST /base/v1/chat?a=b HTTP/1.1\r\nhost: a.example\r\nauthorization: Bearer key\r\n"
            "content-length: 1234567890123456789\r\n\r\n");
  RequestHead parsed;
  EXPECT_TRUE(parse_request_head(*head, parsed));
}

TEST(HeadWriter, WritesAnAnswer) {
  char out[512];
  HeadWriter writer(out);
  writer.status_line(200);
  writer.chunked();
  writer.date(784111777);
  writer.field("x", "0");
  EXPECT_EQ(*writer.finish(),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\nx: 0\r\n\r\n");
  HeadWriter unusual(out);
  unusual.status_line(529);
  const auto head = unusual.finish();
  EXPECT_EQ(*head, "HTTP/1.1 529 \r\n\r\n");
}

TEST(HeadWriter, EveryFaultHasAReason) {
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const FaultRow& fault = row(static_cast<Fault>(i));
    if (fault.source == FaultSource::gone) continue;  // nobody is there to read it
    EXPECT_NE(reason_phrase(fault.status), "") << fault.name;
  }
}

TEST(HeadWriter, NeverWritesBeyondItsBytes) {
  const auto write = [](MutableBytes out) {
    HeadWriter writer(out);
    writer.status_line(404);
    writer.field("content-type", "text/plain");
    writer.content_length(3);
    return writer.finish();
  };
  std::vector<char> room(200);
  const std::string whole(*write(room));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::vector<char> exact(size);  // its own allocation: the sanitizer sees one byte too many
    const auto head = write(exact);
    ASSERT_FALSE(head) << size;
    EXPECT_EQ(head.error(), Fault::upstream_head_too_large);
  }
  std::vector<char> exact(whole.size());
  EXPECT_EQ(*write(exact), whole);

  char small[20];
  HeadWriter request(small);
  request.request_line("GET", {"/a-longer-target"});
  EXPECT_FALSE(request.ok());
  EXPECT_EQ(request.finish().error(), Fault::head_too_large);
}

TEST(HeadWriter, RefusesInjection) {
  using namespace std::string_literals;
  for (const std::string& bad : {"a\r\nX: y"s, "a\nb"s, "a\rb"s, "a\0b"s, "\x01"s, "a long value and then\x7f"s}) {
    char out[200];
    HeadWriter value(out);
    value.status_line(200);
    value.field("x", {"fine", bad});
    EXPECT_EQ(value.finish().error(), Fault::upstream_malformed);
    HeadWriter name(out);
    name.request_line("GET", {"/"});
    name.named_field(bad, "x");
    EXPECT_EQ(name.finish().error(), Fault::head_malformed);
    HeadWriter target(out);
    target.request_line("GET", {"/", bad});
    EXPECT_EQ(target.finish().error(), Fault::head_malformed);
    HeadWriter method(out);
    method.request_line(bad, {"/"});
    EXPECT_EQ(method.finish().error(), Fault::head_malformed);
  }
  char out[200];
  for (Bytes name : {"", "a b", "a:", "a\t"}) {
    HeadWriter writer(out);
    writer.status_line(200);
    writer.named_field(name, "x");
    EXPECT_FALSE(writer.finish()) << name;
  }
  for (Bytes target : {"", "/a b"}) {
    HeadWriter writer(out);
    writer.request_line("GET", {target});
    EXPECT_FALSE(writer.finish()) << target;
  }
  for (int status : {-1, 0, 99, 1000}) {
    HeadWriter writer(out);
    writer.status_line(status);
    EXPECT_FALSE(writer.finish()) << status;
  }
}

// Against the C library, over days of every kind of year.
TEST(HttpDate, AgreesWithTheCalendar) {
  std::vector<std::uint64_t> times = {0, 951782399, 951782400, 951868799, 951868800, 4107542400, 253402300799};
  for (std::uint64_t t = 12345; t < 253402300799; t += 86400 * 97 + 3607) times.push_back(t);
  for (std::uint64_t t : times) {
    char ours[kHttpDateBytes];
    write_http_date(t, ours);
    const auto seconds = static_cast<std::time_t>(t);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char theirs[40];
    const std::size_t size = std::strftime(theirs, sizeof theirs, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    ASSERT_EQ(Bytes(ours, sizeof ours), Bytes(theirs, size)) << t;
  }
}

TEST(Forward, ClientFieldsForAProvider) {
  RequestHead head;
  ASSERT_TRUE(parse_request_head(
      "POST / HTTP/1.1\r\nHost: gateway\r\nConnection: keep-alive, X-Mine\r\nKeep-Alive: 5\r\nX-Mine: 1\r\n"
      "Authorization: Bearer k\r\nx-api-key: k\r\napi-key: k\r\nx-goog-api-key: k\r\nCookie: k\r\n"
      "Proxy-Authorization: k\r\nTE: trailers\r\nUpgrade: h2c\r\nExpect: 100-continue\r\nContent-Length: 5\r\n"
      "Accept-Encoding: gzip\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nForwarded: x\r\nVia: x\r\n"
      "X-Weir-Cache: off\r\nOpenAI-Organization: org\r\nAccept: */*\r\nContent-Type: application/json\r\n"
      "anthropic-version: 2023-06-01\r\nUser-Agent: test\r\nX-Two: a\r\nX-Two: b\r\n\r\n",
      head));
  char out[1024];
  HeadWriter writer(out);
  writer.request_line("POST", {"/"});
  forward_request_fields(writer, head);
  EXPECT_EQ(*writer.finish(),
            "POST / HTTP/1.1\r\nAccept: */*\r\nContent-Type: application/json\r\nanthropic-version: 2023-06-01\r\n"
            "User-Agent: test\r\nX-Two: a\r\nX-Two: b\r\n\r\n");
}

TEST(Forward, LinesThatAreWrittenInAnotherWay) {
  RequestHead head;
  ASSERT_TRUE(
      parse_request_head("POST / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB:2\r\nC:  3\r\nD: 4 \r\nE: 5\t\r\nF:\t6\r\nG: \r\n"
                         "H:\r\nVia: x\r\nI: 9\r\nJ: 10\r\n\r\n",
                         head));
  char out[256];
  HeadWriter writer(out);
  writer.request_line("POST", {"/"});
  forward_request_fields(writer, head);
  EXPECT_EQ(*writer.finish(),
            "POST / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: 6\r\nG: \r\nH: \r\nI: 9\r\nJ: 10\r\n\r\n");
}

TEST(HeadLines, AreCheckedOnce) {
  HeadLines lines;
  EXPECT_FALSE(lines.add_request_line("POST", {"/a b"}));
  EXPECT_TRUE(lines.add_request_line("POST", {"/v1", "/x"}));
  EXPECT_TRUE(lines.add("host", {"api.test"}));
  EXPECT_TRUE(lines.add("authorization", {"Bearer ", "sk-1"}));
  EXPECT_FALSE(lines.add("x", {"a\r\nb: c"}));
  EXPECT_FALSE(lines.add("bad name", {"v"}));
  EXPECT_FALSE(lines.add("", {"v"}));
  char out[128];
  HeadWriter writer(out);
  writer.lines(lines);
  writer.lines(HeadLines());
  EXPECT_EQ(*writer.finish(), "POST /v1/x HTTP/1.1\r\nhost: api.test\r\nauthorization: Bearer sk-1\r\n\r\n");
  HeadWriter small(MutableBytes(out, 40));
  small.lines(lines);
  EXPECT_FALSE(small.finish());
}

TEST(Forward, ProviderFieldsForAClient) {
  ResponseHead head;
  ASSERT_TRUE(parse_response_head(
      "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n"
      "Set-Cookie: a=b\r\nAlt-Svc: h3\r\nopenai-organization: ours\r\nx-weir-cost: 0\r\nLocation: /\r\n"
      "Content-Type: text/event-stream\r\nx-ratelimit-remaining-tokens: 5\r\nx-request-id: r\r\nRetry-After: 1\r\n\r\n",
      Method::post, head));
  char out[1024];
  HeadWriter writer(out);
  writer.status_line(head.status);
  forward_response_fields(writer, head);
  EXPECT_EQ(*writer.finish(),
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-ratelimit-remaining-tokens: 5\r\n"
            "x-request-id: r\r\nRetry-After: 1\r\n\r\n");
}

TEST(Forward, ProviderFieldsWithoutOneOfThem) {
  ResponseHead head;
  ASSERT_TRUE(parse_response_head("HTTP/1.1 200 OK\r\ncontent-TYPE: text/plain\r\nX-Other: 1\r\nDate: x\r\n\r\n",
                                  Method::post, head));
  char out[256];
  HeadWriter writer(out);
  writer.status_line(200);
  forward_response_fields(writer, head, HeaderId::content_type);
  EXPECT_EQ(*writer.finish(), "HTTP/1.1 200 OK\r\nX-Other: 1\r\nDate: x\r\n\r\n");
}

// ---- What may cross, name by name. The lists are written here, not read from the table: they are what was decided.

std::string forwarded(const std::string& lines, FieldPairs ours = {}) {
  RequestHead head;
  const std::string text_in = "POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";  // the head holds views into it
  EXPECT_TRUE(parse_request_head(text_in, head)) << lines;
  char out[1024];
  HeadWriter writer(out);
  writer.request_line("POST", {"/"});
  forward_request_fields(writer, head, ours);
  std::string text(*writer.finish());
  return text.substr(text.find('\n') + 1);
}

std::string returned(const std::string& lines) {
  ResponseHead head;
  const std::string text_in = "HTTP/1.1 200 OK\r\n" + lines + "\r\n";
  EXPECT_TRUE(parse_response_head(text_in, Method::post, head)) << lines;
  char out[1024];
  HeadWriter writer(out);
  writer.status_line(200);
  forward_response_fields(writer, head);
  std::string text(*writer.finish());
  return text.substr(text.find('\n') + 1);
}

/// The name as it is, in capitals, and with '_' for '-'.
std::vector<std::string> spellings(std::string name) {
  std::vector<std::string> all{name};
  for (char& c : name)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  all.push_back(name);
  for (char& c : name)
    if (c == '-') c = '_';
  if (name != all.back()) all.push_back(name);
  return all;
}

constexpr const char* kHopByHop[] = {"connection",
                                     "keep-alive",
                                     "proxy-connection",
                                     "te",
                                     "trailer",
                                     "upgrade",
                                     "http2-settings",
                                     "proxy-authenticate",
                                     "proxy-authorization",
                                     "transfer-encoding",
                                     "proxy-authentication-info"};

constexpr const char* kClientsOnly[] = {
    // credentials
    "authorization", "x-api-key", "api-key", "x-goog-api-key", "x-portkey-api-key", "x-amz-security-token",
    "x-auth-token", "ocp-apim-subscription-key", "cookie",
    // whose account
    "openai-organization", "openai-project",
    // where the client is, and the way here
    "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-client-cert", "x-real-ip",
    "x-client-ip", "true-client-ip", "cf-connecting-ip", "cf-access-jwt-assertion", "via", "origin", "referer",
    "sec-fetch-site", "sec-websocket-key", "access-control-request-method",
    // what would rewrite our request
    "x-original-url", "x-original-host", "x-rewrite-url", "x-host", "x-http-method-override", "x-http-method",
    "x-method-override",
    // about this connection, and to weir itself
    "host", "expect", "accept-encoding", "content-length", "x-weir-cache", "x-weir-"};

constexpr const char* kProvidersOnly[] = {"set-cookie",
                                          "www-authenticate",
                                          "authentication-info",
                                          "openai-organization",
                                          "openai-project",
                                          "alt-svc",
                                          "strict-transport-security",
                                          "clear-site-data",
                                          "nel",
                                          "report-to",
                                          "reporting-endpoints",
                                          "access-control-allow-origin",
                                          "access-control-allow-credentials",
                                          "access-control-expose-headers",
                                          "server",
                                          "via",
                                          "location",
                                          "x-weir-deployment",
                                          "x-weir-",
                                          "content-length"};

constexpr const char* kForwarded[] = {"content-type", "accept",          "user-agent",        "x-request-id",
                                      "openai-beta",  "idempotency-key", "anthropic-version", "x-stainless-arch",
                                      "traceparent",  "x-title"};
constexpr const char* kReturned[] = {
    "content-type", "date",      "retry-after", "x-request-id", "openai-processing-ms", "x-ratelimit-remaining-tokens",
    "cf-ray",       "request-id"};

/// A line of that name, with a value that is good for it.
std::string line_of(const std::string& spelling, const std::string& name) {
  if (name == "host") return "";  // every request has one already
  std::string value = "v";
  if (spelling.find('_') == std::string::npos) {
    if (name == "content-length") value = "0";
    if (name == "transfer-encoding") value = "chunked";
    if (name == "expect") value = "100-continue";
  }
  return spelling + ": " + value + "\r\n";
}

TEST(Crossing, WhatStaysWithTheClient) {
  for (const auto& list : {std::span<const char* const>(kHopByHop), std::span<const char* const>(kClientsOnly)})
    for (const std::string name : list)
      for (const std::string& spelling : spellings(name))
        EXPECT_EQ(forwarded(line_of(spelling, name)), "\r\n") << spelling;
}

TEST(Crossing, WhatStaysWithTheProvider) {
  for (const auto& list : {std::span<const char* const>(kHopByHop), std::span<const char* const>(kProvidersOnly)})
    for (const std::string name : list)
      for (const std::string& spelling : spellings(name))
        EXPECT_EQ(returned(line_of(spelling, name)), "\r\n") << spelling;
}

TEST(Crossing, WhatCrosses) {
  for (const std::string name : kForwarded)
    for (const std::string& spelling : spellings(name))
      EXPECT_EQ(forwarded(spelling + ": v\r\n"), spelling + ": v\r\n\r\n");
  for (const std::string name : kReturned)
    for (const std::string& spelling : spellings(name))
      EXPECT_EQ(returned(spelling + ": v\r\n"), spelling + ": v\r\n\r\n");
}

TEST(Crossing, ConnectionMakesAnyFieldHopByHop) {
  for (const std::string name : kForwarded) {
    EXPECT_EQ(forwarded("Connection: x, " + name + " , close\r\n" + name + ": v\r\n"), "\r\n") << name;
    EXPECT_EQ(forwarded(name + ": v\r\nConnection: keep-alive\r\nConnection: " + name + "\r\n"), "\r\n") << name;
  }
  for (const std::string name : kReturned)
    EXPECT_EQ(returned(name + ": v\r\nConnection: " + name + "\r\n"), "\r\n") << name;
}

TEST(Crossing, WhatTheOperatorSetsWins) {
  const std::vector<std::pair<std::string, std::string>> ours = {{"x-tenant", "ours"}, {"user-agent", "weir"}};
  EXPECT_EQ(forwarded("X-Tenant: theirs\r\nUSER-AGENT: x\r\nx-tenant: again\r\nx-tenants: y\r\n", ours),
            "x-tenants: y\r\n\r\n");
}

TEST(Crossing, ALongNameWithUnderscoresIsOnlyLong) {
  const std::string name = "x_" + std::string(5000, 'y');
  RequestHead head;
  const std::string text = "POST / HTTP/1.1\r\nHost: a\r\n" + name + ": v\r\nX_WEIR_" + name + ": v\r\n\r\n";
  ASSERT_TRUE(parse_request_head(text, head));
  char out[8192];
  HeadWriter writer(out);
  writer.request_line("POST", {"/"});
  forward_request_fields(writer, head);
  EXPECT_EQ(*writer.finish(), "POST / HTTP/1.1\r\n" + name + ": v\r\n\r\n");
}

}  // namespace
}  // namespace weir::codec
