#include "weir/gateway/ask.h"

#include <algorithm>

#include "weir/base/siphash.h"
#include "weir/catalog/dollars.h"
#include "weir/dialect/estimate.h"

namespace weir::gateway {

using dialect::PartKind;
using routing::Need;

namespace {

constexpr Bytes kTagBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

/// One figure of many texts, each apart from the next.
class Fingerprint {
 public:
  Fingerprint& add(Bytes text) {
    tag_ = siphash128(tag_, text);
    return *this;
  }
  std::uint64_t value() const { return tag_[0] | 1; }  // 0 means none

 private:
  SipTag tag_{0x77656972, 0x616666696e697479};  // no secret: every node finds the same deployment
};

void add_needs(const std::vector<dialect::Part>& parts, routing::Needs& needs) {
  for (const dialect::Part& part : parts) {
    switch (part.kind) {
      case PartKind::image:
        needs.add(Need::images);
        break;
      case PartKind::audio:
        needs.add(Need::audio);
        break;
      case PartKind::file:
        if (part.media.source != dialect::Media::Source::text) needs.add(Need::files);
        break;
      case PartKind::tool_result:
        add_needs(part.content, needs);
        break;
      case PartKind::text:
      case PartKind::refusal:
      case PartKind::reasoning:
      case PartKind::video:
      case PartKind::tool_call:
        break;
    }
  }
}

/// What the configuration takes as a tag.
bool is_tag(Bytes text) {
  constexpr std::size_t kMost = 64;
  return !text.empty() && text.size() <= kMost && text.find_first_not_of(kTagBytes) == Bytes::npos;
}

/// Calls back with each element of a list, without the blanks around it. False: it cannot be read.
template <class Use>
bool each_tag(Bytes list, Use&& use) {
  for (;;) {
    const std::size_t comma = list.find(',');
    const Bytes tag = trim(list.substr(0, comma));
    if (!is_tag(tag)) return false;
    use(tag);
    if (comma == Bytes::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

bool read_tags(Bytes list, const routing::Router& router, routing::Ask& ask) {
  return each_tag(list, [&](Bytes tag) {
    const auto bit = router.tag(tag);
    ask.require_tags |= bit.value_or(0);
    ask.requires_unknown_tag |= !bit;
  });
}

bool read_forbid_tags(Bytes list, const routing::Router& router, routing::Ask& ask) {
  return each_tag(list, [&](Bytes tag) { ask.forbid_tags |= router.tag(tag).value_or(0); });
}

bool read_max_cost(Bytes text, routing::Ask& ask) {
  const auto nano = catalog::parse_dollars(text);
  const bool is_new = ask.most_cost_nano_usd < 0;
  ask.most_cost_nano_usd = nano.value_or(-1);
  return nano && is_new;
}

bool is_known(Bytes name) {
  return std::ranges::any_of(kFields, [name](Bytes field) { return equals_ignore_case(field, name); });
}

bool is_of_system(const dialect::Message& message) {
  return message.role == dialect::Role::system || message.role == dialect::Role::developer;
}

}  // namespace

routing::Needs needs_of(const dialect::Request& request) {
  routing::Needs needs;
  if (!request.tools.empty()) needs.add(Need::tools);
  if (request.format.kind == dialect::OutputFormat::Kind::json_schema) needs.add(Need::json_schema);
  if (request.reasoning.mode == dialect::Reasoning::Mode::on) needs.add(Need::reasoning);
  for (const dialect::Message& message : request.messages) add_needs(message.parts, needs);
  return needs;
}

Bytes unknown_field(const codec::FieldList& fields) {
  for (const codec::HeaderField& field : fields.all())
    if (field.id == codec::HeaderId::x_weir && !is_known(field.name)) return field.name;
  return {};
}

Bytes read_fields(const codec::FieldList& fields, const routing::Router& router, routing::Ask& ask) {
  for (const codec::HeaderField& field : fields.all()) {
    if (field.id != codec::HeaderId::x_weir) continue;
    const auto is = [&](Bytes name) { return equals_ignore_case(field.name, name); };
    if (is(kTagsField) && !read_tags(field.value, router, ask)) return kTagsField;
    if (is(kForbidTagsField) && !read_forbid_tags(field.value, router, ask)) return kForbidTagsField;
    if (is(kMaxCostField) && !read_max_cost(field.value, ask)) return kMaxCostField;
  }
  return {};
}

Bytes advice_on(Bytes field) {
  if (field == kMaxCostField) return "Write dollars, once, such as 0.02.";
  if (field == kTagsField || field == kForbidTagsField) return "Write tags with commas between them: eu, soc2.";
  return "There is no such field. The fields for weir are x-weir-tags, x-weir-forbid-tags, x-weir-max-cost and "
         "x-weir-session.";
}

void take_request(const dialect::Request& request, Bytes tenant, Bytes model, const codec::FieldList& fields,
                  routing::Ask& ask) {
  ask.needs = needs_of(request);
  ask.input_tokens = dialect::estimate_tokens(request);
  ask.max_output_tokens = request.max_tokens.value_or(0);
  Fingerprint fingerprint;
  fingerprint.add(tenant).add(model);
  if (const auto* session = fields.find(kSessionField)) {
    ask.affinity = fingerprint.add(session->value).value();
    return;
  }
  bool has_prefix = false;
  for (const dialect::Tool& tool : request.tools) {
    fingerprint.add(tool.name).add(tool.description).add(tool.parameters).add(tool.hosted);
    has_prefix = true;
  }
  for (const dialect::Message& message : request.messages) {
    if (!is_of_system(message)) continue;
    for (const dialect::Part& part : message.parts) fingerprint.add(part.text);
    has_prefix = true;
  }
  if (has_prefix) ask.affinity = fingerprint.value();
}

}  // namespace weir::gateway
