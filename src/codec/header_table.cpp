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

/// A name of the table for one comparison of sixteen bytes; of a longer one nothing.
struct alignas(16) Pattern {
  std::array<char, kHeaderLookahead> name{};
  std::array<char, kHeaderLookahead> to_lower{};  // 0x20 where the name has a letter
  std::array<char, kHeaderLookahead> inside{};    // all bits as far as it goes
};

constexpr std::array<Pattern, kTableNames> kPatterns = [] {
  std::array<Pattern, kTableNames> patterns{};
  for (std::size_t id = 1; id < kTableNames; ++id) {
    const Bytes name = kNames[id];
    if (name.size() > kHeaderLookahead) continue;
    for (std::size_t i = 0; i < name.size(); ++i) {
      patterns[id].name[i] = name[i];
      patterns[id].to_lower[i] = name[i] >= 'a' ? 0x20 : 0;
      patterns[id].inside[i] = static_cast<char>(0xff);
    }
  }
  return patterns;
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

/// As CGI reads names: '_' and '-' are one. What is meant for weir must not pass as a field of somebody else's.
constexpr char fold(char c) { return c == '_' ? '-' : to_lower(c); }

constexpr bool begins_with(Bytes name, Bytes begin) {
  if (name.size() < begin.size()) return false;
  for (std::size_t i = 0; i < begin.size(); ++i)
    if (fold(name[i]) != begin[i]) return false;
  return true;
}

/// Looks at the first and the third byte before anything else: SDKs send many names that begin with "x-".
HeaderId family_of(Bytes name) {
  if (name.size() < 3) return HeaderId::other;
  const char first = fold(name[0]), third = fold(name[2]);
  for (const Family& family : kFamilies)
    if (first == family.begin[0] && third == family.begin[2] && begins_with(name, family.begin)) return family.id;
  return HeaderId::other;
}

}  // namespace

HeaderId find_header(Bytes name) {
  if (name.empty()) return HeaderId::other;
  const std::size_t id = kSlotIds[slot_of(key_of(name), kSeed)];
  if (equals_known(name, kNames[id])) return static_cast<HeaderId>(id);
  return family_of(name);
}

HeaderId find_header_in(const char* name, std::size_t size) {
#ifdef __SSE2__
  if (size > 0 && size <= kHeaderLookahead) {
    const auto load = [](const char* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); };
    const std::size_t id = kSlotIds[slot_of(key_of({name, size}), kSeed)];
    const Pattern& pattern = kPatterns[id];
    const __m128i lower = _mm_or_si128(load(name), load(pattern.to_lower.data()));
    const __m128i equal = _mm_cmpeq_epi8(_mm_and_si128(lower, load(pattern.inside.data())), load(pattern.name.data()));
    if (kNames[id].size() == size && _mm_movemask_epi8(equal) == 0xffff) return static_cast<HeaderId>(id);
    return family_of({name, size});
  }
#endif
  return find_header({name, size});
}

Bytes header_name(HeaderId id) { return kNames[static_cast<std::size_t>(id)]; }

}  // namespace weir::codec
