#include "weir/io/address_range.h"

#include <gtest/gtest.h>

namespace weir::io {
namespace {

Address ip(Bytes text) { return *Address::from_literal(text, 1234); }

TEST(AddressRange, Contains) {
  struct Case {
    Bytes range, address;
    bool inside;
  };
  const Case cases[] = {
      {"10.0.0.0/8", "10.255.1.2", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.0.0.0/8", "::ffff:10.1.1.1", true},
      {"10.0.0.0/8", "a00::1", false},
      {"192.0.2.7", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.6", false},
      {"192.0.2.128/25", "192.0.2.129", true},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "::1", false},
      {"2001:db8::/33", "2001:db8:7f::", true},
      {"2001:db8::/33", "2001:db8:8000::", false},
      {"::1", "::1", true},
      {"::/0", "2001:db8::1", true},
      {"::ffff:10.0.0.1", "10.0.0.1", true},
      {"255.255.255.255/32", "255.255.255.255", true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.range) + " " + std::string(c.address));
    const auto range = AddressRange::parse(c.range);
    ASSERT_TRUE(range);
    EXPECT_EQ(range->contains(ip(c.address)), c.inside);
  }
}

TEST(AddressRange, RefusesWhatIsNone) {
  for (const Bytes text : {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/-1", "10.0.0.0/ 8", "10.0.0/8",
                           "::/129", "2001:db8::1/64", "::ffff:10.0.0.0/104", "localhost", "10.0.0.0/0008", "/8"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(AddressRange::parse(text));
  }
}

}  // namespace
}  // namespace weir::io
