#include "weir/codec/http1.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::codec {
namespace {

using namespace std::string_literals;

// What a head must come to; a fault by its name, so that a failing case says what it got.
template <class Head>
std::string verdict(const Result<void>& parsed, const Head& head) {
  if (!parsed) return std::string(to_string(parsed.error()));
  constexpr const char* kFramings[] = {"none", "length", "chunked", "until_close"};
  std::string out = kFramings[static_cast<int>(head.framing)];
  if (head.framing == Framing::length) out += ' ' + std::to_string(head.content_length);
  out += head.keep_alive ? ", keep" : ", close";
  return out;
}

std::string read_request(Bytes head) {
  RequestHead out;
  const auto parsed = parse_request_head(head, out);
  return verdict(parsed, out);
}

std::string read_response(Bytes head, Method method = Method::post) {
  ResponseHead out;
  const auto parsed = parse_response_head(head, method, out);
  return verdict(parsed, out);
}

struct Case {
  std::string text;
  std::string verdict;
};

TEST(RequestHead, ReadsATypicalOne) {
  const std::string text =
      "POST /v1/chat/completions?x=1 HTTP/1.1\r\n"
      "Host: localhost:8080\r\n"
      "content-type:application/json\r\n"
      "X-Empty:\r\n"
      "X-Tabs: \t a\tb \t\r\n"
      "X-Text: caf\xc3\xa9\r\n"
      "Expect: 100-Continue\r\n"
      "Content-Length: 42\r\n"
      "x-tabs: second\r\n"
      "\r\n";
  RequestHead head;
  ASSERT_TRUE(parse_request_head(text, head));
  EXPECT_EQ(head.method, Method::post);
  EXPECT_EQ(head.method_text, "POST");
  EXPECT_EQ(head.target, "/v1/chat/completions?x=1");
  EXPECT_EQ(head.authority, "localhost:8080");
  EXPECT_TRUE(head.http_1_1);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.expect_continue);
  EXPECT_EQ(head.framing, Framing::length);
  EXPECT_EQ(head.content_length, 42u);
  EXPECT_TRUE(head.has_body());
  ASSERT_EQ(head.fields().size(), 8u);
  EXPECT_EQ(head.fields()[0].name, "Host");
  EXPECT_EQ(head.fields()[0].id, HeaderId::host);
  EXPECT_EQ(head.find(HeaderId::content_type)->value, "application/json");
  EXPECT_EQ(head.find(HeaderId::authorization), nullptr);
  EXPECT_EQ(head.find("x-empty")->value, "");
  EXPECT_EQ(head.find("x-tabs")->value, "a\tb");
  EXPECT_EQ(head.find("X-TEXT")->value, "caf\xc3\xa9");
  EXPECT_EQ(head.find("x-none"), nullptr);
  for (const HeaderField& field : head.fields()) {  // views into the bytes given
    EXPECT_GE(field.name.data(), text.data());
    EXPECT_LE(field.value.data() + field.value.size(), text.data() + text.size());
  }
}

TEST(RequestHead, AHeadIsReused) {
  RequestHead head;
  ASSERT_TRUE(parse_request_head(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n", head));
  ASSERT_TRUE(parse_request_head("GET /x HTTP/1.0\r\n\r\n", head));
  EXPECT_EQ(head.method, Method::get);
  EXPECT_EQ(head.fields().size(), 0u);
  EXPECT_EQ(head.authority, "");
  EXPECT_FALSE(head.expect_continue);
  EXPECT_FALSE(head.has_body());
  EXPECT_EQ(head.find(HeaderId::host), nullptr);
}

TEST(RequestHead, Methods) {
  const std::pair<const char*, Method> cases[] = {
      {"GET", Method::get},        {"HEAD", Method::head},     {"POST", Method::post},       {"PUT", Method::put},
      {"DELETE", Method::delete_}, {"PATCH", Method::patch},   {"OPTIONS", Method::options}, {"get", Method::other},
      {"TRACE", Method::other},    {"PROPFIND", Method::other}};
  for (const auto& [text, method] : cases) {
    RequestHead head;
    const std::string bytes = text + " / HTTP/1.1\r\nHost: a\r\n\r\n"s;
    ASSERT_TRUE(parse_request_head(bytes, head)) << text;
    EXPECT_EQ(head.method, method) << text;
    EXPECT_EQ(head.method_text, text);
  }
}

TEST(RequestHead, StartLines) {
  const std::string rest = "\r\nHost: a\r\n\r\n";
  const Case cases[] = {
      {"GET / HTTP/1.1", "none, keep"},
      {"GET /a%20b?c=d&e=\"f\"|{g} HTTP/1.1", "none, keep"},
      {"GET / HTTP/1.0", "none, close"},
      {"OPTIONS * HTTP/1.1", "none, keep"},
      {"GET * HTTP/1.1", "head_malformed"},
      {"CONNECT a:443 HTTP/1.1", "method_not_allowed"},
      {"GET a:443 HTTP/1.1", "head_malformed"},
      {"GET relative HTTP/1.1", "head_malformed"},
      {"GET /#fragment HTTP/1.1", "head_malformed"},
      {"GET / HTTP/1.2", "version_unsupported"},
      {"GET / HTTP/2.0", "version_unsupported"},
      {"PRI * HTTP/2.0", "version_unsupported"},
      {"GET / HTTP/0.9", "version_unsupported"},
      {"GET / HTTP/1.10", "head_malformed"},
      {"GET / HTTP/1", "head_malformed"},
      {"GET / http/1.1", "head_malformed"},
      {"GET / HTTP/1.1 ", "head_malformed"},
      {"GET / HTTPS/1.1", "head_malformed"},
      {"GET /", "head_malformed"},
      {"GET / ", "head_malformed"},
      {"GET", "head_malformed"},
      {"", "head_malformed"},
      {" GET / HTTP/1.1", "head_malformed"},
      {"GET  / HTTP/1.1", "head_malformed"},
      {"GET /  HTTP/1.1", "head_malformed"},
      {"GET\t/ HTTP/1.1", "head_malformed"},
      {"GET /a b HTTP/1.1", "head_malformed"},
      {"GET /a\tb HTTP/1.1", "head_malformed"},
      {"GET /a\rb HTTP/1.1", "head_malformed"},
      {"GET /a\x7f HTTP/1.1", "head_malformed"},
      {"GET /a\xc3\xa9 HTTP/1.1", "head_malformed"},
      {"GET /a\0b HTTP/1.1"s, "head_malformed"},
      {"G(T / HTTP/1.1", "head_malformed"},
      {"G\xc3T / HTTP/1.1", "head_malformed"},
      {"G:T / HTTP/1.1", "head_malformed"},
  };
  for (const Case& c : cases) EXPECT_EQ(read_request(c.text + rest), c.verdict) << c.text;
  EXPECT_EQ(read_request("GET / HTTP/1.1\nHost: a\r\n\r\n"), "head_malformed");
  EXPECT_EQ(read_request("GET / HTTP/1.1\rHost: a\r\n\r\n"), "head_malformed");
}

TEST(RequestHead, FieldLines) {
  const Case cases[] = {
      {"A: b\r\n", "none, keep"},
      {"!#$%&'*+-.^_`|~09azAZ: b\r\n", "none, keep"},
      {"A : b\r\n", "head_malformed"},
      {"A\t: b\r\n", "head_malformed"},
      {"Content-Length : 5\r\n", "head_malformed"},
      {" A: b\r\n", "head_malformed"},
      {"A: b\r\n folded\r\n", "head_malformed"},
      {"A: b\r\n\tfolded: x\r\n", "head_malformed"},
      {"A:\r\n Content-Length: 5\r\n", "head_malformed"},
      {": b\r\n", "head_malformed"},
      {"no colon\r\n", "head_malformed"},
      {"nocolon\r\nA: b\r\n", "head_malformed"},
      {"A(: b\r\n", "head_malformed"},
      {"A\0: b\r\n"s, "head_malformed"},
      {"A\x80: b\r\n", "head_malformed"},
      {"x-weir-\x01: b\r\n", "head_malformed"},
      {"x-forwarded-a b: b\r\n", "head_malformed"},
      {"A: b\nB: c\r\n", "head_malformed"},
      {"A: b\rB: c\r\n", "head_malformed"},
      {"A: b\r\r\n", "head_malformed"},
      {"A: b\0c\r\n"s, "head_malformed"},
      {"A: b\x01\r\n", "head_malformed"},
      {"A: b\x01\nB: c\r\n", "head_malformed"},
      {"A: b\x1f\r\n", "head_malformed"},
      {"A: \x7f\r\n", "head_malformed"},
      {"A: 1234567\x7f"
       "9abcdef\r\n",
       "head_malformed"},
      {"A: 12345678\x0b"
       "9abcdef0123\r\n",
       "head_malformed"},
      {"A: 1234567\t9abcdef\t0123\r\n", "none, keep"},
      {"A: \xff\x80\xa0 text\r\n", "none, keep"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(read_request("GET / HTTP/1.1\r\nHost: a\r\n" + c.text + "\r\n"), c.verdict) << c.text;
    // The same grammar holds for answers, under the other fault.
    const std::string expected = c.verdict == "head_malformed" ? "upstream_malformed" : "until_close, close";
    EXPECT_EQ(read_response("HTTP/1.1 200 OK\r\n" + c.text + "\r\n"), expected) << c.text;
  }
}

// Each byte value at each place of a long value: the words of eight bytes and the rest judge alike.
TEST(RequestHead, EveryByteInEveryPlaceOfAValue) {
  for (std::size_t at = 0; at < 20; ++at)
    for (int byte = 0; byte < 256; ++byte) {
      std::string value(20, 'v');
      value[at] = static_cast<char>(byte);
      const bool allowed = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
      EXPECT_EQ(read_request("GET / HTTP/1.1\r\nHost: a\r\nA: " + value + "\r\n\r\n"),
                allowed ? "none, keep" : "head_malformed")
          << at << ' ' << byte;
    }
}

TEST(RequestHead, EndsExactlyWithTheEmptyLine) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\n\r\n";
  EXPECT_EQ(read_request(head), "none, keep");
  for (const std::string& more : {"x"s, "\r\n"s, "\r\n\r\n"s, head})
    EXPECT_EQ(read_request(head + more), "head_malformed") << more;
  for (std::size_t size = 0; size < head.size(); ++size) {
    const std::vector<char> exact(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(size));  // own allocation
    EXPECT_EQ(read_request(Bytes(exact.data(), exact.size())), "head_malformed") << size;
  }
}

TEST(RequestHead, Framings) {
  const Case cases[] = {
      {"", "none, keep"},
      {"Content-Length: 0\r\n", "length 0, keep"},
      {"Content-Length: 5\r\n", "length 5, keep"},
      {"content-length:\t7 \r\n", "length 7, keep"},
      {"Content-Length: 9223372036854775807\r\n", "length 9223372036854775807, keep"},
      {"Content-Length: 9223372036854775808\r\n", "head_ambiguous"},
      {"Content-Length: 18446744073709551621\r\n", "head_ambiguous"},
      {"Content-Length: 00000000000000000000000000000005\r\n", "head_ambiguous"},
      {"Content-Length:\r\n", "head_ambiguous"},
      {"Content-Length: +5\r\n", "head_ambiguous"},
      {"Content-Length: -5\r\n", "head_ambiguous"},
      {"Content-Length: 5 5\r\n", "head_ambiguous"},
      {"Content-Length: 5, 5\r\n", "head_ambiguous"},
      {"Content-Length: 5,\r\n", "head_ambiguous"},
      {"Content-Length: 0x5\r\n", "head_ambiguous"},
      {"Content-Length: 5.0\r\n", "head_ambiguous"},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", "head_ambiguous"},
      {"Content-Length: 5\r\nA: b\r\ncontent-length: 6\r\n", "head_ambiguous"},
      {"Transfer-Encoding: chunked\r\n", "chunked, keep"},
      {"transfer-encoding: Chunked\r\n", "chunked, keep"},
      {"Transfer-Encoding: , chunked ,\r\n", "head_ambiguous"},
      {"Transfer-Encoding: chunked,\r\n", "head_ambiguous"},
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "head_ambiguous"},
      {"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "head_ambiguous"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "head_ambiguous"},
      {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "head_ambiguous"},
      {"Transfer-Encoding: chunked, chunked\r\n", "head_ambiguous"},
      {"Transfer-Encoding: chunked, gzip\r\n", "head_ambiguous"},
      {"Transfer-Encoding: chunked, identity\r\n", "head_ambiguous"},
      {"Transfer-Encoding:\r\n", "head_ambiguous"},
      {"Transfer-Encoding: ,\r\n", "head_ambiguous"},
      {"Transfer-Encoding: gzip, chunked\r\n", "coding_unsupported"},
      {"Transfer-Encoding: gzip\r\n", "coding_unsupported"},
      {"Transfer-Encoding: identity\r\n", "coding_unsupported"},
      {"Transfer-Encoding: xchunked\r\n", "coding_unsupported"},
      {"Transfer-Encoding: \"chunked\"\r\n", "coding_unsupported"},
      {"Transfer-Encoding: chunked;q=1\r\n", "coding_unsupported"},
      {"Transfer-Encoding: chunked chunked\r\n", "coding_unsupported"},
      {"Transfer-Encoding: \x0b"
       "chunked\r\n",
       "head_malformed"},
      {"Transfer-Encoding\r\n : chunked\r\n", "head_malformed"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(read_request("POST / HTTP/1.1\r\nHost: a\r\n" + c.text + "\r\n"), c.verdict) << c.text;
    std::string expected = c.verdict;
    if (expected == "none, keep") expected = "until_close, close";
    if (expected.find(',') == std::string::npos) expected = "upstream_malformed";
    EXPECT_EQ(read_response("HTTP/1.1 200 OK\r\n" + c.text + "\r\n"), expected) << c.text;
  }
  EXPECT_EQ(read_request("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), "head_ambiguous");
  EXPECT_EQ(read_request("POST / HTTP/1.0\r\nContent-Length: 05\r\n\r\n"), "head_ambiguous");
  EXPECT_EQ(read_response("HTTP/1.1 200 OK\r\nContent-Length: 0005\r\n\r\n"), "length 5, keep");
  EXPECT_EQ(read_response("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), "upstream_malformed");
  EXPECT_EQ(read_request("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n"), "length 3, close");
}

TEST(RequestHead, HostAndTheAbsoluteForm) {
  struct HostCase {
    std::string line, hosts, target, authority;  // an empty target means head_malformed
  };
  const HostCase cases[] = {
      {"GET /x HTTP/1.1", "Host: a.example\r\n", "/x", "a.example"},
      {"GET /x HTTP/1.1", "Host: a.example:8080\r\n", "/x", "a.example:8080"},
      {"GET /x HTTP/1.1", "Host: [::1]:80\r\n", "/x", "[::1]:80"},
      {"GET /x HTTP/1.1", "Host:\r\n", "/x", ""},
      {"GET /x HTTP/1.0", "", "/x", ""},
      {"GET /x HTTP/1.1", "", "", ""},
      {"GET /x HTTP/1.1", "Host: a\r\nHost: a\r\n", "", ""},
      {"GET /x HTTP/1.0", "Host: a\r\nHost: b\r\n", "", ""},
      {"GET /x HTTP/1.1", "Host: a, b\r\n", "", ""},
      {"GET /x HTTP/1.1", "Host: a b\r\n", "", ""},
      {"GET /x HTTP/1.1", "Host: user@a\r\n", "", ""},
      {"GET /x HTTP/1.1", "Host: a/b\r\n", "", ""},
      {"GET /x HTTP/1.1", "Host: a:\r\n", "", ""},
      {"GET /x HTTP/1.1", "Host: a:70000\r\n", "", ""},
      {"GET /x HTTP/1.1", "Host: a:8x\r\n", "", ""},
      {"GET /x HTTP/1.1", "Host: [::1\r\n", "", ""},
      {"GET http://a.example/x?y HTTP/1.1", "Host: A.example\r\n", "/x?y", "a.example"},
      {"GET HTTPS://a:1/x HTTP/1.1", "Host: a:1\r\n", "/x", "a:1"},
      {"GET http://a HTTP/1.1", "Host: a\r\n", "/", "a"},
      {"GET http://a/ HTTP/1.0", "", "/", "a"},
      {"GET http://a/x HTTP/1.1", "Host: b\r\n", "", ""},
      {"GET http://a:80/x HTTP/1.1", "Host: a\r\n", "", ""},
      {"GET http://a/x HTTP/1.1", "Host:\r\n", "", ""},
      {"GET http://a/x HTTP/1.1", "", "", ""},
      {"GET http://u@a/x HTTP/1.1", "Host: a\r\n", "", ""},
      {"GET http:///x HTTP/1.1", "Host:\r\n", "", ""},
      {"GET http://a?q HTTP/1.1", "Host: a\r\n", "", ""},
      {"GET ftp://a/x HTTP/1.1", "Host: a\r\n", "", ""},
      {"GET ://a/x HTTP/1.1", "Host: a\r\n", "", ""},
  };
  for (const HostCase& c : cases) {
    RequestHead head;
    const std::string text = c.line + "\r\n" + c.hosts + "\r\n";
    const auto parsed = parse_request_head(text, head);
    if (c.target.empty()) {
      ASSERT_FALSE(parsed) << text;
      EXPECT_EQ(parsed.error(), Fault::head_malformed) << text;
      continue;
    }
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(head.target, c.target) << text;
    EXPECT_EQ(head.authority, c.authority) << text;
  }
}

TEST(RequestHead, Persistence) {
  const Case cases[] = {
      {"1.1\r\n", "none, keep"},
      {"1.1\r\nConnection: close\r\n", "none, close"},
      {"1.1\r\nConnection: x, CLOSE ,y\r\n", "none, close"},
      {"1.1\r\nConnection: keep-alive\r\nConnection: close\r\n", "none, close"},
      {"1.1\r\nConnection: closed\r\n", "none, keep"},
      {"1.0\r\n", "none, close"},
      {"1.0\r\nConnection: Keep-Alive\r\n", "none, keep"},
      {"1.0\r\nConnection: keep-alive, close\r\n", "none, close"},
      {"1.0\r\nConnection: close, keep-alive\r\n", "none, close"},
  };
  for (const Case& c : cases) EXPECT_EQ(read_request("GET / HTTP/" + c.text + "Host: a\r\n\r\n"), c.verdict) << c.text;
}

TEST(RequestHead, Expectations) {
  EXPECT_EQ(read_request("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n"), "expectation_unsupported");
  EXPECT_EQ(read_request("PUT / HTTP/1.1\r\nHost: a\r\nExpect:\r\n\r\n"), "expectation_unsupported");
  EXPECT_EQ(read_request("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nExpect: x\r\n\r\n"),
            "expectation_unsupported");
  RequestHead head;
  ASSERT_TRUE(parse_request_head("PUT / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", head));
  EXPECT_FALSE(head.expect_continue);
}

TEST(RequestHead, NominatedFields) {
  RequestHead head;
  ASSERT_TRUE(parse_request_head(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-One,,x-two\r\nConnection: X-Three\r\n\r\n", head));
  for (Bytes name : {"x-one", "X-TWO", "x-three", "close"}) EXPECT_TRUE(is_connection_nominated(head, name)) << name;
  for (Bytes name : {"x-four", "x", "host", ""}) EXPECT_FALSE(is_connection_nominated(head, name)) << name;
}

TEST(RequestHead, Bounds) {
  std::string most = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 1; i < kMaxHeaderFields; ++i) most += "A: b\r\n";
  EXPECT_EQ(read_request(most + "\r\n"), "none, keep");
  EXPECT_EQ(read_request(most + "A: b\r\n\r\n"), "head_too_large");
  std::string large = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
  large += std::string(kMaxHeadBytes - large.size() - 4, 'x');
  EXPECT_EQ(read_request(large + "\r\n\r\n"), "none, keep");
  EXPECT_EQ(read_request(large + "x\r\n\r\n"), "head_too_large");
  EXPECT_EQ(read_response("HTTP/1.1 200 OK\r\nA: " + large + "\r\n\r\n"), "upstream_head_too_large");
}

TEST(ResponseHead, StatusLines) {
  const Case cases[] = {
      {"HTTP/1.1 200 OK", "until_close, close"},
      {"HTTP/1.1 200 ", "until_close, close"},
      {"HTTP/1.1 200", "until_close, close"},
      {"HTTP/1.0 200 OK", "until_close, close"},
      {"HTTP/1.1 529 Site is overloaded \xe2\x98\x83", "until_close, close"},
      {"HTTP/1.1 101 Switching Protocols", "upstream_malformed"},
      {"HTTP/1.1 099 x", "upstream_malformed"},
      {"HTTP/1.1 20 x", "upstream_malformed"},
      {"HTTP/1.1 2000 x", "upstream_malformed"},
      {"HTTP/1.1 2x0 x", "upstream_malformed"},
      {"HTTP/1.1 +20 x", "upstream_malformed"},
      {"HTTP/1.1  200 OK", "upstream_malformed"},
      {"HTTP/1.1\t200 OK", "upstream_malformed"},
      {"HTTP/1.1200 OK", "upstream_malformed"},
      {"HTTP/2.0 200 OK", "upstream_malformed"},
      {"HTTP/1.2 200 OK", "upstream_malformed"},
      {"HTTP 200 OK", "upstream_malformed"},
      {"ICY 200 OK", "upstream_malformed"},
      {"HTTP/1.1 200 O\rK", "upstream_malformed"},
      {"HTTP/1.1 200 O\x01K", "upstream_malformed"},
      {"HTTP/1.1 200 O\0K"s, "upstream_malformed"},
      {"", "upstream_malformed"},
  };
  for (const Case& c : cases) EXPECT_EQ(read_response(c.text + "\r\n\r\n"), c.verdict) << c.text;
  ResponseHead head;
  ASSERT_TRUE(parse_response_head("HTTP/1.1 429 Slow down\r\nRetry-After: 3\r\n\r\n", Method::post, head));
  EXPECT_EQ(head.status, 429);
  EXPECT_EQ(head.reason, "Slow down");
  EXPECT_EQ(head.find(HeaderId::retry_after)->value, "3");
  ASSERT_TRUE(parse_response_head("HTTP/1.1 200\r\n\r\n", Method::post, head));
  EXPECT_EQ(head.reason, "");
}

TEST(ResponseHead, AnswersWithoutABody) {
  struct BodyCase {
    std::string text;
    Method method;
    std::string verdict;
  };
  const BodyCase cases[] = {
      {"200 OK\r\nContent-Length: 5\r\n", Method::head, "none, keep"},
      {"200 OK\r\nTransfer-Encoding: chunked\r\n", Method::head, "none, keep"},
      {"200 OK\r\n", Method::head, "none, keep"},
      {"304 Not Modified\r\nContent-Length: 5\r\n", Method::get, "none, keep"},
      {"204 No Content\r\n", Method::post, "none, keep"},
      {"204 No Content\r\nContent-Length: 0\r\n", Method::post, "none, keep"},
      {"204 No Content\r\nContent-Length: 5\r\n", Method::post, "none, close"},
      {"204 No Content\r\nTransfer-Encoding: chunked\r\n", Method::post, "none, close"},
      {"100 Continue\r\n", Method::post, "none, keep"},
      {"103 Early Hints\r\nTransfer-Encoding: chunked\r\n", Method::post, "none, close"},
      {"204 No Content\r\nContent-Length: x\r\n", Method::post, "upstream_malformed"},
      {"200 OK\r\nContent-Length: 5\r\nConnection: close\r\n", Method::post, "length 5, close"},
      {"200 OK\r\nConnection: keep-alive\r\n", Method::post, "until_close, close"},
  };
  for (const BodyCase& c : cases)
    EXPECT_EQ(read_response("HTTP/1.1 " + c.text + "\r\n", c.method), c.verdict) << c.text;
  ResponseHead head;
  ASSERT_TRUE(parse_response_head("HTTP/1.1 100 Continue\r\n\r\n", Method::post, head));
  EXPECT_TRUE(head.is_interim());
}

// What the scanner says of a buffer: where the head is, or a fault.
std::string place_of(const Result<std::optional<HeadScanner::Place>>& scanned) {
  if (!scanned) return std::string(to_string(scanned.error()));
  if (!*scanned) return "more";
  return std::to_string((*scanned)->begin) + "-" + std::to_string((*scanned)->end);
}

TEST(HeadScanner, FindsTheEndWhateverTheCuts) {
  const std::string crlf = "\r\n";
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const Case cases[] = {
      {head, "0-27"},
      {head + head, "0-27"},
      {head + "\n\n", "0-27"},
      {crlf + head, "2-29"},
      {crlf + crlf + crlf + crlf + head, "8-35"},
      {crlf + crlf + crlf + crlf + crlf + head, "head_malformed"},
      {"\n" + head, "head_malformed"},
      {"GET / HTTP/1.1\nHost: a\r\n\r\n", "head_malformed"},
      {"GET / HTTP/1.1\r\nHost: a\n\r\n", "head_malformed"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\n", "head_malformed"},
      {"GET / HTTP/1.1\r\n\n", "head_malformed"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r", "more"},
      {"", "more"},
      {"GET / HTTP/1.1\r\nHost: a\r\nx\r\r\n\r\n", "0-31"},  // the parser refuses the bare CR
  };
  for (const Case& c : cases) {
    EXPECT_EQ(place_of(HeadScanner(Sender::client).scan(c.text)), c.verdict) << c.text;
    for (std::size_t cut = 0; cut <= c.text.size(); ++cut) {
      HeadScanner scanner(Sender::client);
      std::string got = place_of(scanner.scan(Bytes(c.text).substr(0, cut)));
      if (got == "more") got = place_of(scanner.scan(c.text));
      EXPECT_EQ(got, c.verdict) << c.text << " cut at " << cut;
    }
    HeadScanner scanner(Sender::client);
    std::string got = "more";
    for (std::size_t size = 0; size <= c.text.size() && got == "more"; ++size) {
      const std::string moved = c.text.substr(0, size);  // the buffer may move between calls
      got = place_of(scanner.scan(moved));
    }
    EXPECT_EQ(got, c.verdict) << c.text << " byte by byte";
  }
}

TEST(HeadScanner, AProvidersHeadBeginsAtOnce) {
  EXPECT_EQ(place_of(HeadScanner(Sender::provider).scan("HTTP/1.1 200 OK\r\n\r\n")), "0-19");
  EXPECT_EQ(place_of(HeadScanner(Sender::provider).scan("\r\nHTTP/1.1 200 OK\r\n\r\n")), "upstream_malformed");
  EXPECT_EQ(place_of(HeadScanner(Sender::provider).scan("HTTP/1.1 200 OK\n")), "upstream_malformed");
}

TEST(HeadScanner, Bounds) {
  const std::string line = "GET / HTTP/1.1\r\n";
  std::string exact = line + "A: " + std::string(kMaxHeadBytes - line.size() - 7, 'x') + "\r\n\r\n";
  ASSERT_EQ(exact.size(), kMaxHeadBytes);
  EXPECT_EQ(place_of(HeadScanner(Sender::client).scan(exact)), "0-65536");
  EXPECT_EQ(place_of(HeadScanner(Sender::client).scan("\r\n" + exact)), "2-65538");
  exact.insert(line.size(), "A");
  for (Sender sender : {Sender::client, Sender::provider}) {
    const std::string fault(to_string(head_too_large(sender)));
    EXPECT_EQ(place_of(HeadScanner(sender).scan(exact)), fault);
    HeadScanner scanner(sender);
    EXPECT_EQ(place_of(scanner.scan(Bytes(exact).substr(0, kMaxHeadBytes - 1))), "more");
    EXPECT_EQ(place_of(scanner.scan(Bytes(exact).substr(0, kMaxHeadBytes))), fault);
  }
  EXPECT_EQ(place_of(HeadScanner(Sender::client).scan(std::string(kMaxHeadBytes, 'x') + "\n")), "head_too_large");
}

TEST(HeadScanner, IsReadyAgainAfterReset) {
  HeadScanner scanner(Sender::client);
  EXPECT_EQ(place_of(scanner.scan("\r\nGET / HTTP/1.0\r\n\r\n")), "2-20");
  scanner.reset();
  EXPECT_EQ(place_of(scanner.scan("GET / HTTP/1.0\r\n\r\n")), "0-18");
}

}  // namespace
}  // namespace weir::codec
