#include "weir/codec/header_table.h"

#include "byte_class.h"

namespace weir::codec {
namespace {

constexpr std::array<Bytes, kHeaderIdCount> kNames = {
    Bytes{},
#define X(id, name, flags) name,
    WEIR_HEADERS(X)
#undef X
        "x-forwarded-",
    "access-control-",
    "x-weir-",
};
constexpr std::size_t kTableNames = static_cast<std::size_t>(HeaderId::x_forwarded);  // ids 1 to here - 1 are hashed

// First, middle and last byte and the length tell all names of the table apart; setting bit 5 makes letters lower case.
constexpr std::uint32_t key_of(Bytes name) {
  const auto byte = [name](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i])); };
  return ((byte(0) | byte(name.size() / 2) << 8 | byte(name.size() - 1) << 16) | 0x202020) |
         static_cast<std::uint32_t>(name.size()) << 24;
}

constexpr std::size_t kSlots = 256;
constexpr std::size_t slot_of(std::uint32_t key, std::uint32_t seed) { return key * seed >> 24; }

constexpr bool is_perfect(std::uint32_t seed) {
  std::array<bool, kSlots> taken{};
  for (std::size_t id = 1; id < kTableNames; ++id) {
    bool& slot = taken[slot_of(key_of(kNames[id]), seed)];
    if (slot) return false;
    slot = true;
  }
  return true;
}

constexpr std::uint32_t kSeed = [] {
  for (std::uint32_t seed = 0x9e3779b1, tries = 0; tries < 4000; seed = seed * 747796405 + 2891336453, ++tries)
    if (is_perfect(seed | 1)) return seed | 1;
  return std::uint32_t{0};
}();
static_assert(kSeed != 0, "no perfect seed found: are first, middle, last byte and length still distinct?");

constexpr std::array<std::uint8_t, kSlots> kSlotIds = [] {
  std::array<std::uint8_t, kSlots> table{};
  for (std::size_t id = 1; id < kTableNames; ++id)
    table[slot_of(key_of(kNames[id]), kSeed)] = static_cast<std::uint8_t>(id);
  return table;
}();

struct Family {
  Bytes begin;
  HeaderId id;
};
constexpr Family kFamilies[] = {
    {"x-weir-", HeaderId::x_weir},
    {"x-forwarded-", HeaderId::x_forwarded},
    {"x-original-", HeaderId::x_forwarded},
    {"x-http-", HeaderId::x_forwarded},
    {"cf-", HeaderId::x_forwarded},
    {"sec-", HeaderId::x_forwarded},
    {"access-control-", HeaderId::access_control},
};

HeaderId family_of(Bytes name) {
  const char first = to_lower(name[0]);
  for (const Family& family : kFamilies)
    if (first == family.begin[0] && name.size() > family.begin.size() &&
        equals_ignore_case(name.substr(0, family.begin.size()), family.begin))
      return family.id;
  return HeaderId::other;
}

}  // namespace

HeaderId find_header(Bytes name) {
  if (name.empty()) return HeaderId::other;
  const std::size_t id = kSlotIds[slot_of(key_of(name), kSeed)];
  if (equals_known(name, kNames[id])) return static_cast<HeaderId>(id);
  return family_of(name);
}

Bytes header_name(HeaderId id) { return kNames[static_cast<std::size_t>(id)]; }

}  // namespace weir::codec
