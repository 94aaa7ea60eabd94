#include "weir/catalog/model_row.h"

#include <algorithm>
#include <array>
#include <string>

namespace weir::catalog {

namespace {

using dialect::ServiceTier;
using enum Ability;
using enum Registry;

#include "model_rows.inc"

constexpr bool comes_before(const ModelRow& a, const ModelRow& b) {
  return a.kind != b.kind ? a.kind < b.kind : a.id < b.id;
}
static_assert(std::ranges::is_sorted(kRows, comes_before), "rows are found by halving");

/// The rows of one kind.
struct KindRows {
  Bytes kind;
  std::span<const ModelRow> rows;
};

constexpr std::size_t count_kinds() {
  std::size_t count = 0;
  for (std::size_t i = 0; i < std::size(kRows); ++i)
    if (i == 0 || kRows[i].kind != kRows[i - 1].kind) ++count;
  return count;
}

constexpr auto kByKind = [] {
  std::array<KindRows, count_kinds()> all{};
  std::size_t at = 0;
  for (std::size_t begin = 0, i = 1; i <= std::size(kRows); ++i) {
    if (i < std::size(kRows) && kRows[i].kind == kRows[begin].kind) continue;
    all[at++] = {kRows[begin].kind, std::span(kRows).subspan(begin, i - begin)};
    begin = i;
  }
  return all;
}();

/// Halves the rows. `behind` is taken as if it were written behind `id`.
const ModelRow* find_exactly(std::span<const ModelRow> rows, Bytes id, Bytes behind = {}) {
  const auto compare = [&](const ModelRow& row) {
    const int front = row.id.substr(0, id.size()).compare(id);
    if (front != 0 || behind.empty()) return front != 0 ? front : row.id.size() > id.size() ? 1 : 0;
    return row.id.substr(id.size()).compare(behind);
  };
  std::size_t from = 0;
  std::size_t to = rows.size();
  while (from < to) {
    const std::size_t middle = (from + to) / 2;
    const int order = compare(rows[middle]);
    if (order == 0) return &rows[middle];
    order < 0 ? from = middle + 1 : to = middle;
  }
  return nullptr;
}

bool all_digits(Bytes text) { return std::ranges::all_of(text, is_digit); }

/// `name-20250929`, `name@20250929`, `name-2025-09-29` without the date; as it is when there is none.
Bytes without_date(Bytes id) {
  constexpr std::size_t kShort = sizeof("-20250929") - 1;
  constexpr std::size_t kLong = sizeof("-2025-09-29") - 1;
  if (id.size() > kShort) {
    const Bytes end = id.substr(id.size() - kShort);
    if ((end[0] == '-' || end[0] == '@') && all_digits(end.substr(1))) return id.substr(0, id.size() - kShort);
  }
  if (id.size() > kLong) {
    const Bytes end = id.substr(id.size() - kLong);
    if (end[0] == '-' && all_digits(end.substr(1, 4)) && end[5] == '-' && all_digits(end.substr(6, 2)) &&
        end[8] == '-' && all_digits(end.substr(9)))
      return id.substr(0, id.size() - kLong);
  }
  return id;
}

constexpr std::array kRegistries = {
    RegistryRow{"", ""},
    RegistryRow{"genai-prices", "2026-08-21"},
    RegistryRow{"litellm", "2026-07-24"},
    RegistryRow{"models.dev", "2026-07-02"},
    RegistryRow{"portkey", "2026-08-21"},
    RegistryRow{"litellm", "2026-03"},
    RegistryRow{"openrouter", "2026-06"},
    RegistryRow{"configuration", ""},
};

}  // namespace

Bytes to_string(Ability ability) {
  static constexpr std::array<Bytes, kAbilityCount> kNames = {
      "tools", "images", "audio", "files", "json_schema", "reasoning", "streaming", "audio_output", "image_output"};
  return kNames[static_cast<std::size_t>(ability)];
}

const RegistryRow& registry_row(Registry registry) { return kRegistries[static_cast<std::size_t>(registry)]; }

std::span<const ModelRow> model_rows() { return kRows; }

const ModelRow* find_model(const ProviderKind& kind, Bytes model_id) {
  const Bytes name = kind.catalogue.empty() ? kind.name : kind.catalogue;
  const auto of_kind = std::ranges::find(kByKind, name, &KindRows::kind);
  if (of_kind == kByKind.end()) return nullptr;
  const std::span<const ModelRow> rows = of_kind->rows;
  if (const ModelRow* row = find_exactly(rows, model_id)) return row;

  constexpr Bytes kFolder = "models/";
  constexpr Bytes kLatest = "-latest";
  Bytes id = model_id;
  // A name is shortened once by each rule, and looked for only where that made another one of it.
  const auto shortened = [&](Bytes shorter) -> const ModelRow* {
    if (shorter.size() == id.size()) return nullptr;
    id = shorter;
    return find_exactly(rows, id);
  };
  if (id.starts_with(kFolder))
    if (const ModelRow* row = shortened(id.substr(kFolder.size()))) return row;
  if (const ModelRow* row = shortened(without_date(id))) return row;
  if (id.ends_with(kLatest)) return shortened(id.substr(0, id.size() - kLatest.size()));
  return find_exactly(rows, id, kLatest);
}

}  // namespace weir::catalog
