#include "weir/dialect/seal.h"

namespace weir::dialect {

namespace {

struct Tag {
  Vendor vendor;
  Bytes text;
};
constexpr Tag kTags[] = {
    {Vendor::openai, "weir/oai"},
    {Vendor::anthropic, "weir/ant"},
    {Vendor::anthropic_redacted, "weir/anr"},
    {Vendor::gemini, "weir/gem"},
};

}  // namespace

void append_seal(std::string& out, const Seal& seal, Vendor home) {
  if (seal.vendor != home)
    for (const Tag& tag : kTags)
      if (tag.vendor == seal.vendor) out += tag.text;
  out += seal.data;
}

Seal read_seal(Bytes text, Vendor home) {
  for (const Tag& tag : kTags)
    if (text.starts_with(tag.text)) return {tag.vendor, text.substr(tag.text.size())};
  return {home, text};
}

}  // namespace weir::dialect
