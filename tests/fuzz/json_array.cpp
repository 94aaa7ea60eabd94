// Any bytes as a JSON array that arrives in pieces. The elements must not depend on the cuts, and of what is JSON they
// must be those that a JSON reader sees. The first byte seeds the cuts.
#include "weir/codec/json_array.h"

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/assert.h"
#include "weir/base/random.h"
#include "weir/codec/json_reader.h"

namespace {

using weir::Bytes;
using weir::codec::JsonArrayScanner;
using weir::codec::JsonReader;
using weir::codec::JsonType;

struct Found {
  std::vector<std::string> elements;
  bool closed = false;
  bool malformed = false;
  friend bool operator==(const Found&, const Found&) = default;
};

template <class Cut>
Found found_in(Bytes input, Cut&& cut) {
  Found found;
  JsonArrayScanner scanner;
  std::string pending;
  while (!input.empty()) {
    Bytes piece = input.substr(0, cut(input.size()));
    input.remove_prefix(piece.size());
    for (std::size_t end; (end = scanner.find_end(piece)) != JsonArrayScanner::npos;) {
      WEIR_ASSERT(end <= piece.size(), "an element ends in what was given");
      pending += piece.substr(0, end);
      piece.remove_prefix(end);
      found.elements.emplace_back(scanner.element(pending));
      WEIR_ASSERT(!found.elements.back().empty(), "an element is something");
      pending.clear();
    }
    pending += piece;
  }
  found.closed = scanner.closed();
  found.malformed = scanner.malformed();
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input(reinterpret_cast<const char*>(data + 1), size - 1);
  const Found whole = found_in(input, [](std::size_t left) { return left; });
  WEIR_ASSERT(found_in(input, [](std::size_t) { return std::size_t{1}; }) == whole, "elements depend on the cuts");
  weir::Random random(data[0]);
  WEIR_ASSERT(found_in(input, [&](std::size_t left) { return 1 + random.below(left < 30 ? left : 30); }) == whole,
              "elements depend on the cuts");

  JsonReader json(input);
  if (json.peek() != JsonType::array) return 0;
  std::vector<std::string> elements;
  json.enter_array();
  while (json.next_element()) {
    Bytes raw;
    json.raw_value(raw);
    elements.emplace_back(raw);
  }
  if (!json.finish()) return 0;
  WEIR_ASSERT(whole.closed && !whole.malformed, "an array is complete");
  WEIR_ASSERT(whole.elements == elements, "a reader sees other elements");
  return 0;
}
