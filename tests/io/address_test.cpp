#include "weir/io/address.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "weir/io/status.h"

namespace weir::io {
namespace {

TEST(Address, ParsesWhatItPrints) {
  for (const Bytes text : {"127.0.0.1:8080", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:443", "[::]:1",
                           "[2001:db8::ff]:80", "[::ffff:1.2.3.4]:9"}) {
    const auto address = Address::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
  const auto address = Address::parse("1.2.3.4:5");
  EXPECT_EQ(address->ip[0], 1);
  EXPECT_EQ(address->ip[3], 4);
  EXPECT_EQ(address->port, 5);
  EXPECT_FALSE(address->v6);
  EXPECT_TRUE(Address::parse("[::2]:5")->v6);
}

TEST(Address, RefusesEverythingElse) {
  for (const Bytes text : {"",
                           ":",
                           ":80",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "127.0.0.1:65536",
                           "127.0.0.1:080",
                           "127.0.0.1:+80",
                           "127.0.0.1: 80",
                           "127.0.0.1:80 ",
                           " 127.0.0.1:80",
                           "127.1:80",
                           "127.0.0.256:80",
                           "0x7f.0.0.1:80",
                           "127.0.0.01:80",
                           "[127.0.0.1]:80",
                           "::1:80",
                           "[::1]",
                           "[::1]80",
                           "[]:80",
                           "[::1:80",
                           "::1]:80",
                           "[::g]:80",
                           "[fe80::1%lo]:80",
                           "localhost:80",
                           "127.0.0.1:18446744073709551617",
                           "[::1]]:80"}) {
    EXPECT_FALSE(Address::parse(text)) << text;
  }
  using namespace std::literals;
  EXPECT_FALSE(Address::parse("127.0.0.1\0:80"sv));
  EXPECT_FALSE(Address::parse("127.0.0.1\0x:80"sv));
  EXPECT_FALSE(Address::parse(std::string(1000, '1') + ":80"));
}

TEST(Address, TakesLiteralsWithoutBrackets) {
  EXPECT_EQ(Address::from_literal("10.0.0.1", 7)->to_string(), "10.0.0.1:7");
  EXPECT_EQ(Address::from_literal("::1", 7)->to_string(), "[::1]:7");
  EXPECT_FALSE(Address::from_literal("[::1]", 7));
  EXPECT_FALSE(Address::from_literal("", 7));
  EXPECT_FALSE(Address::from_literal("example.org", 7));
}

TEST(Address, KnowsLoopback) {
  for (const Bytes text : {"127.0.0.1:1", "127.255.0.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"})
    EXPECT_TRUE(Address::parse(text)->loopback()) << text;
  for (const Bytes text : {"128.0.0.1:1", "0.0.0.0:1", "[::]:1", "[::2]:1", "[::ffff:10.0.0.1]:1", "[7f00::]:1"})
    EXPECT_FALSE(Address::parse(text)->loopback()) << text;
}

TEST(Status, SpeaksForTheNumbers) {
  EXPECT_EQ(status_from(0), Status::ok);
  EXPECT_EQ(status_from(-ECONNRESET), Status::reset);
  EXPECT_EQ(status_from(-EPIPE), Status::reset);
  EXPECT_EQ(status_from(-ECONNREFUSED), Status::refused);
  EXPECT_EQ(status_from(-EHOSTUNREACH), Status::refused);
  EXPECT_EQ(status_from(-ETIMEDOUT), Status::timed_out);
  EXPECT_EQ(status_from(-ECANCELED), Status::cancelled);
  EXPECT_EQ(status_from(-EMFILE), Status::failed);
  EXPECT_EQ(status_from(-ENOBUFS), Status::failed);
}

}  // namespace
}  // namespace weir::io
