// The dialects that a provider speaks, best first: a short value without allocation.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "weir/dialect/dialect.h"

namespace weir::catalog {

/// Each dialect at most once. Only an empty list has no front.
class DialectList {
 public:
  constexpr DialectList() = default;
  constexpr DialectList(std::initializer_list<dialect::Dialect> dialects) {
    for (const dialect::Dialect dialect : dialects) add(dialect);
  }

  /// False if it is in the list already.
  constexpr bool add(dialect::Dialect dialect) {
    if (has(dialect)) return false;
    list_[size_++] = dialect;
    return true;
  }
  constexpr bool has(dialect::Dialect dialect) const { return std::ranges::find(all(), dialect) != all().end(); }
  constexpr bool empty() const { return size_ == 0; }
  constexpr std::size_t size() const { return size_; }
  constexpr std::span<const dialect::Dialect> all() const { return {list_.data(), size_}; }
  constexpr dialect::Dialect front() const { return list_[0]; }

  /// What a provider with this list is spoken to in: the client's own dialect if it is here, because then nothing has
  /// to be translated; else the first.
  constexpr dialect::Dialect for_client(dialect::Dialect client) const { return has(client) ? client : front(); }

  friend constexpr bool operator==(const DialectList& a, const DialectList& b) {
    return std::ranges::equal(a.all(), b.all());
  }

 private:
  std::array<dialect::Dialect, dialect::kDialects.size()> list_{};
  std::uint8_t size_ = 0;
};

}  // namespace weir::catalog
