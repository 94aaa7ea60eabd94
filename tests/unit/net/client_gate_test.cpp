#include "weir/net/client_gate.h"

#include <gtest/gtest.h>

namespace weir::net {
namespace {

io::Address ip(Bytes text) { return *io::Address::from_literal(text, 4711); }

struct Gate {
  explicit Gate(std::uint32_t most, std::vector<io::AddressRange> exempt = {})
      : gate({.max_connections = most, .exempt = std::move(exempt)}, table) {}
  bool enters(Bytes address) { return gate.enter(ip(address)).has_value(); }
  shared::ClientTable table{64, 1};
  ClientGate gate;
};

TEST(ClientGate, CountsAddressesNotPorts) {
  Gate g(2);
  EXPECT_TRUE(g.enters("192.0.2.1"));
  EXPECT_TRUE(g.enters("192.0.2.1"));
  EXPECT_FALSE(g.enters("192.0.2.1"));
  EXPECT_FALSE(g.enters("::ffff:192.0.2.1")) << "the same client on a listener for both families";
  EXPECT_TRUE(g.enters("192.0.2.2"));
  EXPECT_EQ(g.gate.refused(), 2u);
}

TEST(ClientGate, AnIpv6ClientIsANetwork) {
  Gate g(1);
  EXPECT_TRUE(g.enters("2001:db8:0:1::1"));
  EXPECT_FALSE(g.enters("2001:db8:0:1:ffff::2"));
  EXPECT_TRUE(g.enters("2001:db8:0:2::1"));
}

TEST(ClientGate, TrustedProxiesAreNotCounted) {
  Gate g(1, {*io::AddressRange::parse("10.0.0.0/8"), *io::AddressRange::parse("::1")});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(g.gate.enter(ip("10.1.2.3")), shared::ClientTable::kNone);
    EXPECT_EQ(g.gate.enter(ip("::1")), shared::ClientTable::kNone);
  }
  EXPECT_TRUE(g.enters("127.0.0.1"));
  EXPECT_FALSE(g.enters("127.0.0.1"));
}

TEST(ClientGate, ZeroIsNoLimit) {
  Gate g(0);
  EXPECT_FALSE(g.gate.counts());
  for (int i = 0; i < 200; ++i) EXPECT_EQ(g.gate.enter(ip("192.0.2.1")), shared::ClientTable::kNone);
}

}  // namespace
}  // namespace weir::net
