#include "weir/catalog/proxy.h"

#include <gtest/gtest.h>

#include "weir/catalog/no_proxy.h"

namespace weir::catalog {
namespace {

std::string shown(Bytes url) {
  const auto proxy = parse_proxy_url(url);
  if (!proxy) return std::string(proxy.error());
  return (*proxy)->host + " " + std::to_string((*proxy)->port) + " " + std::string((*proxy)->authorization.reveal());
}

TEST(Proxy, ReadsWhatPeopleWrite) {
  EXPECT_EQ(shown("http://proxy.example:3128"), "proxy.example 3128 ");
  EXPECT_EQ(shown("HTTP://Proxy.Example:3128/"), "proxy.example 3128 ");
  EXPECT_EQ(shown("proxy.example:3128"), "proxy.example 3128 ");
  EXPECT_EQ(shown("proxy.example"), "proxy.example 1080 ");
  EXPECT_EQ(shown("http://[2001:db8::1]:8080"), "2001:db8::1 8080 ");
}

TEST(Proxy, ItsCredentialBecomesAHeader) {
  EXPECT_EQ(shown("http://Aladdin:open%20sesame@p:1"), "p 1 Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(shown("http://user@p:1"), "p 1 Basic dXNlcjo=");
  EXPECT_EQ(shown("http://a:b@c@p:1"), "p 1 Basic YTpiQGM=");  // an @ that nobody encoded
}

TEST(Proxy, RefusesWithoutRepeatingASecret) {
  for (const Bytes url :
       {"https://user:hunter2@p:1", "socks5://user:hunter2@p:1", "http://user:hunter2@", "", "http://user:hunter2@p:0",
        "http://user:hunter2@p:70000", "http://user:hunter2@p:1/path", "http://user:hunter2%zz@p:1",
        "http://user:hunter2%0a@p:1", "http://user:hunter2%4", "http://"}) {
    const auto proxy = parse_proxy_url(url);
    ASSERT_FALSE(proxy) << url;
    EXPECT_EQ(proxy.error().find("hunter2"), Bytes::npos);
    EXPECT_TRUE(proxy.error().ends_with('.'));
  }
  EXPECT_FALSE(parse_proxy_url("http://" + std::string(3000, 'a')));
}

TEST(NoProxy, MatchesAsCurlDoes) {
  const std::vector<std::string> entries =
      split_no_proxy("example.com, .dotted.test trailing.test.,,10.0.0.0/8 192.0.2.7,[::1],2001:db8::/32");
  ASSERT_EQ(entries.size(), 7u);
  for (const Bytes host :
       {"example.com", "EXAMPLE.com", "www.example.com", "a.b.example.com", "example.com.", "dotted.test",
        "x.dotted.test", "trailing.test", "10.1.2.3", "192.0.2.7", "::1", "2001:db8:1::5"})
    EXPECT_TRUE(bypasses_proxy(host, entries)) << host;
  for (const Bytes host : {"notexample.com", "example.com.evil.test", "com", "11.0.0.1", "192.0.2.70", "::2",
                           "2001:db9::1", "10.example.org"})
    EXPECT_FALSE(bypasses_proxy(host, entries)) << host;
}

TEST(NoProxy, AStarMeansAllAndNothingMeansNone) {
  EXPECT_TRUE(bypasses_proxy("anything.test", split_no_proxy("*")));
  EXPECT_TRUE(bypasses_proxy("192.0.2.1", split_no_proxy("a.test, *")));
  EXPECT_FALSE(bypasses_proxy("anything.test", split_no_proxy("")));
  EXPECT_FALSE(bypasses_proxy("anything.test", split_no_proxy(" , ,")));
  EXPECT_FALSE(bypasses_proxy("10.0.0.1", split_no_proxy("10.0.0.0/99,10.0.0.0/x,10.0.0.0/")));
  EXPECT_TRUE(bypasses_proxy("10.0.0.1", split_no_proxy("0.0.0.0/0")));
}

}  // namespace
}  // namespace weir::catalog
