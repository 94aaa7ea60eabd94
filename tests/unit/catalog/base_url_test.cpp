#include "weir/catalog/base_url.h"

#include <gtest/gtest.h>

namespace weir::catalog {
namespace {

TEST(BaseUrl, TakesUrlsApart) {
  struct Case {
    Bytes text;
    bool needs_tls;
    Bytes host;
    int port;
    Bytes path;
    Bytes authority;
    bool is_loopback;
  };
  for (const Case& c : {
           Case{"http://127.0.0.1:9100/v1", false, "127.0.0.1", 9100, "/v1", "127.0.0.1:9100", true},
           Case{"https://API.OpenAI.com/v1/", true, "api.openai.com", 443, "/v1", "API.OpenAI.com", false},
           Case{"http://localhost", false, "localhost", 80, "", "localhost", true},
           Case{"http://[::1]:8000", false, "::1", 8000, "", "[::1]:8000", true},
           Case{"https://[2001:db8::1]/a/b", true, "2001:db8::1", 443, "/a/b", "[2001:db8::1]", false},
           Case{"HTTP://vllm_1:8000//", false, "vllm_1", 8000, "", "vllm_1:8000", false},
           Case{"http://127.example.com.x", false, "127.example.com.x", 80, "", "127.example.com.x", false},
       }) {
    SCOPED_TRACE(c.text);
    const auto url = parse_base_url(c.text);
    ASSERT_TRUE(url.has_value()) << url.error();
    EXPECT_EQ(url->needs_tls, c.needs_tls);
    EXPECT_EQ(url->host, c.host);
    EXPECT_EQ(url->port, c.port);
    EXPECT_EQ(url->path, c.path);
    EXPECT_EQ(url->authority, c.authority);
    EXPECT_EQ(url->is_loopback(), c.is_loopback);
  }
}

TEST(BaseUrl, SaysWhyItRefuses) {
  const Bytes scheme = "It must begin with http:// or https://.";
  const Bytes password = "It must not hold a user name or password; the API key goes into the key credential.";
  const Bytes query = "It must not hold a query or fragment; requests append their own path to it.";
  const Bytes shape =
      "It must be a host name or IP address (IPv6 in brackets), optionally a port from 1 to 65535, and a path.";
  struct Case {
    Bytes text;
    Bytes reason;
  };
  for (const Case& c : {
           Case{"", scheme},
           Case{"api.openai.com/v1", scheme},
           Case{"ftp://x/", scheme},
           Case{"http:/x", scheme},
           Case{"https://user:secret@host/v1", password},
           Case{"https://host/v1?key=1", query},
           Case{"https://host/v1#a", query},
           Case{"http://", shape},
           Case{"http://host:0", shape},
           Case{"http://host:65536", shape},
           Case{"http://host:x", shape},
           Case{"http://[::1", shape},
           Case{"http://::1", shape},
           Case{"http://ho st/", shape},
           Case{"http://host/a\r\nb", shape},
       }) {
    SCOPED_TRACE(c.text);
    const auto url = parse_base_url(c.text);
    ASSERT_FALSE(url.has_value());
    EXPECT_EQ(url.error(), c.reason);
  }
  EXPECT_EQ(parse_base_url("http://x/" + std::string(2048, 'a')).error(), "It is longer than 2048 bytes.");
}

}  // namespace
}  // namespace weir::catalog
