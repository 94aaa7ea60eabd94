#include "weir/net/name_record.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::net {
namespace {

using Use = NameRecord::Use;
using io::NameStatus;

constexpr Instant kStart{100s};

io::NameAddress entry(Bytes ip, Duration ttl = 60s) { return {*io::Address::from_literal(ip, 0), ttl}; }

io::NameAnswer failure(NameStatus status) { return {status, {}, false}; }

std::string text(const AddressList& list) {
  std::string out;
  for (const io::Address& address : list.span()) out += (out.empty() ? "" : " ") + address.to_string();
  return out;
}

/// A record that has asked once and was answered at kStart.
struct Known : NameRecord {
  explicit Known(std::vector<io::NameAddress> addresses, Instant now = kStart) { found(std::move(addresses), now); }
  void found(std::vector<io::NameAddress> addresses, Instant now, bool more = false) {
    if (!asking()) on_asked(now);
    on_answer({NameStatus::found, addresses, more}, now);
  }
  void failed(NameStatus status, Instant now) {
    on_asked(now);
    on_answer(failure(status), now);
  }
  Use use(Instant now) const { return decide(now).use; }
  bool asks(Instant now) const { return decide(now).ask; }
};

TEST(NameRecord, AsksOnceForAllWhoWait) {
  NameRecord record;
  EXPECT_EQ(record.decide(kStart).use, Use::wait);
  EXPECT_TRUE(record.decide(kStart).ask);
  record.on_asked(kStart);
  EXPECT_EQ(record.decide(kStart + 1s).use, Use::wait);
  EXPECT_FALSE(record.decide(kStart + 1s).ask);
  EXPECT_EQ(record.patience(), kNever);
}

TEST(NameRecord, HoldsAsLongAsTheServerSaysAndAsksAnewBefore) {
  const Known record({entry("192.0.2.1", 40s), entry("192.0.2.2", 100s)});
  EXPECT_EQ(record.use(kStart + 29s), Use::now);
  EXPECT_FALSE(record.asks(kStart + 29s));
  EXPECT_EQ(record.use(kStart + 31s), Use::now);
  EXPECT_TRUE(record.asks(kStart + 31s));
  EXPECT_EQ(record.use(kStart + 41s), Use::wait);
}

TEST(NameRecord, BoundsWhatTheServerSays) {
  const Known brief({entry("192.0.2.1", 0s)});
  EXPECT_EQ(brief.use(kStart + 900ms), Use::now);
  EXPECT_EQ(brief.use(kStart + 1s), Use::wait);
  const Known eternal({entry("192.0.2.1", 1000h)});
  EXPECT_EQ(eternal.use(kStart + 1h - 1s), Use::now);
  EXPECT_EQ(eternal.use(kStart + 1h), Use::wait);
}

TEST(NameRecord, AnExpiredAnswerIsUsedWhenTheNewOneTakesLong) {
  Known record({entry("192.0.2.1", 10s)});
  const Instant later = kStart + 60s;
  EXPECT_EQ(record.use(later), Use::wait);
  record.on_asked(later);
  EXPECT_EQ(record.patience(), later + 300ms);
  EXPECT_EQ(record.use(later + 299ms), Use::wait);
  EXPECT_EQ(record.use(later + 300ms), Use::now);
  EXPECT_TRUE(record.take(443, later + 300ms).stale);
}

TEST(NameRecord, AnOutageUsesTheLastGoodAnswerForAsLongAsItLasts) {
  Known record({entry("192.0.2.1", 10s)});
  Instant now = kStart + 60s;
  for (int i = 0; i < 10'000; ++i, now += 6s) {
    ASSERT_TRUE(record.asks(now));
    record.failed(i % 2 == 0 ? NameStatus::timed_out : NameStatus::failed, now);
    ASSERT_EQ(record.use(now), Use::now);  // at once: nobody waits for servers that are known to be out
    ASSERT_FALSE(record.asks(now + 4s));
    ASSERT_EQ(text(record.take(443, now)), "192.0.2.1:443");
  }
  record.found({entry("192.0.2.9", 10s)}, now);
  EXPECT_EQ(text(record.take(443, now)), "192.0.2.9:443");
  EXPECT_EQ(record.use(now + 11s), Use::wait);
}

TEST(NameRecord, AServerThatKnowsTheNameIsGoneIsBelieved) {
  Known record({entry("192.0.2.1", 10s)});
  record.failed(NameStatus::not_found, kStart + 60s);
  const auto decision = record.decide(kStart + 61s);
  EXPECT_EQ(decision.use, Use::never);
  EXPECT_EQ(decision.fault, Fault::name_not_found);
  EXPECT_FALSE(decision.ask);
  EXPECT_TRUE(record.asks(kStart + 65s));
}

TEST(NameRecord, AFailureWithNothingToFallBackOnIsBrief) {
  NameRecord record;
  record.on_asked(kStart);
  record.on_answer(failure(NameStatus::timed_out), kStart);
  EXPECT_EQ(record.decide(kStart + 900ms).use, Use::never);
  EXPECT_EQ(record.decide(kStart + 900ms).fault, Fault::name_unresolved);
  EXPECT_EQ(record.decide(kStart + 1s).use, Use::wait);
  EXPECT_TRUE(record.decide(kStart + 1s).ask);
}

TEST(NameRecord, FamiliesTakeTurnsAndEachIsRotated) {
  Known record(
      {entry("192.0.2.1"), entry("192.0.2.2"), entry("192.0.2.3"), entry("2001:db8::1"), entry("2001:db8::2")});
  EXPECT_EQ(text(record.take(443, kStart)),
            "[2001:db8::1]:443 192.0.2.1:443 [2001:db8::2]:443 192.0.2.2:443 192.0.2.3:443");
  EXPECT_EQ(text(record.take(443, kStart)),
            "[2001:db8::2]:443 192.0.2.2:443 [2001:db8::1]:443 192.0.2.3:443 192.0.2.1:443");
}

TEST(NameRecord, WhatFailedGoesToTheBackForAWhile) {
  Known record({entry("192.0.2.1"), entry("2001:db8::1", 1h)}, kStart);
  io::Address failed = entry("2001:db8::1").address;
  failed.port = 443;
  record.on_failed(failed, kStart);
  EXPECT_EQ(text(record.take(443, kStart + 59s)), "192.0.2.1:443 [2001:db8::1]:443");
  EXPECT_EQ(text(record.take(443, kStart + 60s)), "[2001:db8::1]:443 192.0.2.1:443");
  record.on_failed(failed, kStart + 61s);
  record.on_connected(failed);
  EXPECT_EQ(text(record.take(443, kStart + 61s)), "[2001:db8::1]:443 192.0.2.1:443");
}

TEST(NameRecord, ANewAnswerDoesNotForgetWhatFailed) {
  Known record({entry("192.0.2.1"), entry("192.0.2.2")});
  record.on_failed(entry("192.0.2.1").address, kStart);
  record.found({entry("192.0.2.1"), entry("192.0.2.3")}, kStart + 1s);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(text(record.take(80, kStart + 2s)), "192.0.2.3:80 192.0.2.1:80");
}

TEST(NameRecord, WhenAllHaveFailedTheNextUserAsksAnew) {
  Known record({entry("192.0.2.1", 1h), entry("192.0.2.2", 1h)});
  record.on_failed(entry("192.0.2.1").address, kStart + 1s);
  EXPECT_FALSE(record.asks(kStart + 1s));
  record.on_failed(entry("192.0.2.2").address, kStart + 1s);
  EXPECT_TRUE(record.asks(kStart + 1s));
  EXPECT_EQ(record.use(kStart + 1s), Use::now);
}

TEST(NameRecord, HalfAnAnswerIsUsedUntilTheWholeOneComes) {
  NameRecord record;
  record.on_asked(kStart);
  const std::vector<io::NameAddress> half{entry("192.0.2.1")};
  record.on_answer({NameStatus::found, half, true}, kStart);
  EXPECT_TRUE(record.asking());
  EXPECT_EQ(text(record.take(1, kStart)), "192.0.2.1:1");
  const std::vector<io::NameAddress> whole{entry("192.0.2.1"), entry("2001:db8::1")};
  record.on_answer({NameStatus::found, whole, false}, kStart + 1s);
  EXPECT_FALSE(record.asking());
  EXPECT_EQ(record.size(), 2u);
  // But it does not displace a whole one that still holds.
  record.on_asked(kStart + 2s);
  record.on_answer({NameStatus::found, half, true}, kStart + 2s);
  EXPECT_EQ(record.size(), 2u);
}

TEST(NameRecord, KeepsNoMoreThanItsBoundAndSomeOfEachFamily) {
  std::vector<io::NameAddress> many;
  for (int i = 0; i < 40; ++i) many.push_back(entry("192.0.2." + std::to_string(i)));
  many.push_back(entry("192.0.2.0"));  // twice
  {
    Known record(many);
    EXPECT_EQ(record.size(), kMaxNameAddresses);
    EXPECT_EQ(record.take(1, kStart).count, kMaxNameAddresses);
  }
  for (int i = 0; i < 3; ++i) many.push_back(entry("2001:db8::" + std::to_string(i + 1)));
  Known record(many);
  const AddressList list = record.take(1, kStart);
  ASSERT_EQ(list.count, kMaxNameAddresses);
  EXPECT_EQ(std::ranges::count_if(list.span(), [](const io::Address& one) { return one.v6; }), 3);
}

}  // namespace
}  // namespace weir::net
