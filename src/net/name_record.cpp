#include "weir/net/name_record.h"

#include <algorithm>
#include <functional>

namespace weir::net {
namespace {

/// A port does not belong to a name.
io::Address without_port(io::Address address) {
  address.port = 0;
  return address;
}

}  // namespace

NameRecord::Decision NameRecord::decide(Instant now) const {
  const bool may_ask = !asking_ && now >= quiet_until_;
  if (addresses_.empty()) {
    if (asking_ || may_ask) return {Use::wait, may_ask};
    return {Use::never, false, fault_};
  }
  if (now < expiry_) return {Use::now, may_ask && now >= refresh_at_};
  const bool waited_enough = asking_ && now >= patience();
  return {outage_ || waited_enough ? Use::now : Use::wait, may_ask};
}

void NameRecord::on_asked(Instant now) {
  asking_ = true;
  asked_at_ = now;
}

void NameRecord::on_answer(const io::NameAnswer& answer, Instant now) {
  if (!answer.more) asking_ = false;
  switch (answer.status) {
    case io::NameStatus::found:
      // Half an answer is better than none, but not better than a whole one that still holds.
      if (answer.more && !addresses_.empty() && now < expiry_) return;
      outage_ = false;
      quiet_until_ = now;
      return replace(answer.addresses, now);
    case io::NameStatus::not_found:
      addresses_.clear();
      outage_ = false;
      fault_ = Fault::name_not_found;
      quiet_until_ = now + rules_.not_found_for;
      return;
    case io::NameStatus::failed:
    case io::NameStatus::timed_out:
      outage_ = true;
      fault_ = Fault::name_unresolved;
      quiet_until_ = now + (addresses_.empty() ? rules_.failed_for : rules_.retry);
      return;
    case io::NameStatus::cancelled:
      return;
  }
}

void NameRecord::replace(std::span<const io::NameAddress> found, Instant now) {
  // When there are too many, each family keeps half of the places.
  const auto v6 = static_cast<std::size_t>(std::ranges::count_if(found, [](auto& one) { return one.address.v6; }));
  const std::size_t v4 = found.size() - v6;
  constexpr std::size_t kHalf = kMaxNameAddresses / 2;
  std::array<std::size_t, 2> room = {std::max(kHalf, kMaxNameAddresses - std::min(v6, kHalf)),
                                     std::max(kHalf, kMaxNameAddresses - std::min(v4, kHalf))};
  std::vector<Entry> fresh;
  Duration ttl = rules_.max_ttl;
  for (const io::NameAddress& one : found) {
    ttl = std::min(ttl, one.ttl);
    const io::Address address = without_port(one.address);
    if (room[address.v6] == 0 || std::ranges::find(fresh, address, &Entry::address) != fresh.end()) continue;
    --room[address.v6];
    const Entry* known = find(address);
    fresh.push_back({address, known ? known->avoided_until : Instant{}});
  }
  addresses_ = std::move(fresh);
  ttl = std::max(ttl, rules_.min_ttl);
  expiry_ = now + ttl;
  refresh_at_ = expiry_ - ttl / 4;
}

AddressList NameRecord::take(std::uint16_t port, Instant now) {
  AddressList list;
  list.stale = now >= expiry_;
  std::array<std::vector<io::Address>, 4> lines;  // good IPv6, good IPv4, avoided IPv6, avoided IPv4
  for (const Entry& entry : addresses_) {
    io::Address address = entry.address;
    address.port = port;
    lines[(entry.avoided_until > now ? 2U : 0U) + (address.v6 ? 0U : 1U)].push_back(address);
  }
  for (auto& line : lines)
    if (!line.empty()) std::ranges::rotate(line, line.begin() + static_cast<std::ptrdiff_t>(turn_ % line.size()));
  ++turn_;
  for (std::size_t half = 0; half < 4; half += 2)
    for (std::size_t i = 0; i < std::max(lines[half].size(), lines[half + 1].size()); ++i)
      for (const auto& line : {std::cref(lines[half]), std::cref(lines[half + 1])})
        if (i < line.get().size()) list.all[list.count++] = line.get()[i];
  return list;
}

NameRecord::Entry* NameRecord::find(const io::Address& address) {
  const auto found = std::ranges::find(addresses_, without_port(address), &Entry::address);
  return found == addresses_.end() ? nullptr : &*found;
}

void NameRecord::on_failed(const io::Address& address, Instant now) {
  if (Entry* entry = find(address)) entry->avoided_until = now + rules_.avoid;
  if (std::ranges::all_of(addresses_, [&](const Entry& entry) { return entry.avoided_until > now; }))
    refresh_at_ = std::min(refresh_at_, now);
}

void NameRecord::on_connected(const io::Address& address) {
  if (Entry* entry = find(address)) entry->avoided_until = {};
}

}  // namespace weir::net
