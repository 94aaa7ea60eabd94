#include "weir/codec/url.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::codec {
namespace {

TEST(BaseUrl, Reads) {
  struct Case {
    std::string text;
    bool tls;
    const char* host;
    bool ipv6;
    int port;
    const char* authority;
    const char* path;
  };
  const Case cases[] = {
      {"http://localhost", false, "localhost", false, 80, "localhost", ""},
      {"https://api.openai.com/v1", true, "api.openai.com", false, 443, "api.openai.com", "/v1"},
      {"HTTPS://a.example:8443/x/y/", true, "a.example", false, 8443, "a.example:8443", "/x/y"},
      {"http://127.0.0.1:1//", false, "127.0.0.1", false, 1, "127.0.0.1:1", ""},
      {"http://[::1]:8080/a:b", false, "::1", true, 8080, "[::1]:8080", "/a:b"},
      {"https://[2001:db8::1]", true, "2001:db8::1", true, 443, "[2001:db8::1]", ""},
  };
  for (const Case& c : cases) {
    const auto url = parse_base_url(c.text);
    ASSERT_TRUE(url) << c.text;
    EXPECT_EQ(url->tls, c.tls) << c.text;
    EXPECT_EQ(url->host, c.host) << c.text;
    EXPECT_EQ(url->ipv6, c.ipv6) << c.text;
    EXPECT_EQ(url->port, c.port) << c.text;
    EXPECT_EQ(url->authority, c.authority) << c.text;
    EXPECT_EQ(url->path, c.path) << c.text;
  }
}

TEST(BaseUrl, Refuses) {
  for (const std::string& text : {std::string(),
                                  std::string("localhost"),
                                  std::string("://a"),
                                  std::string("http:/a"),
                                  std::string("http://"),
                                  std::string("ftp://a"),
                                  std::string("http:///v1"),
                                  std::string("http://user@a"),
                                  std::string("http://u:p@a/"),
                                  std::string("http://a?x=1"),
                                  std::string("http://a/v1?"),
                                  std::string("http://a/#f"),
                                  std::string("http://a b"),
                                  std::string("http://a/b c"),
                                  std::string("http://a\r\nX: y"),
                                  std::string("http://a/\r\n"),
                                  std::string("http://a:0"),
                                  std::string("http://a:"),
                                  std::string("http://a:65536"),
                                  std::string("http://a:-1"),
                                  std::string("http://a:1:2"),
                                  std::string("http://[::1"),
                                  std::string("http://[]"),
                                  std::string("http://[::1]x"),
                                  std::string("http://[::1%25eth0]"),
                                  std::string("http://[1.2.3.4]"),
                                  std::string("http://::1/"),
                                  std::string("http://a\0b", 10),
                                  "http://" + std::string(256, 'a')}) {
    const auto url = parse_base_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error(), Fault::field_invalid) << text;
  }
  EXPECT_TRUE(parse_base_url("http://" + std::string(255, 'a')));
}

TEST(Target, Splits) {
  const auto plain = split_target("/v1/models");
  EXPECT_EQ(plain.path, "/v1/models");
  EXPECT_FALSE(plain.has_query);
  const auto query = split_target("/x?a=b?c");
  EXPECT_EQ(query.path, "/x");
  EXPECT_EQ(query.query, "a=b?c");
  EXPECT_TRUE(query.has_query);
  const auto empty = split_target("/x?");
  EXPECT_EQ(empty.path, "/x");
  EXPECT_EQ(empty.query, "");
  EXPECT_TRUE(empty.has_query);
}

}  // namespace
}  // namespace weir::codec
