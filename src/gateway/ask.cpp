#include "weir/gateway/ask.h"

#include "weir/base/siphash.h"
#include "weir/dialect/estimate.h"
#include "weir/dialect/registry.h"

namespace weir::gateway {

using dialect::PartKind;
using routing::Need;

namespace {

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

routing::Ask ask_of(dialect::Dialect client, Bytes body, Bytes tenant, Bytes model, const codec::RequestHead& head) {
  dialect::Request request;
  dialect::Loss loss;
  dialect::read(client, body, request, loss);
  routing::Ask ask{.needs = needs_of(request),
                   .input_tokens = dialect::estimate_tokens(request),
                   .max_output_tokens = request.max_tokens.value_or(0)};
  Fingerprint fingerprint;
  fingerprint.add(tenant).add(model);
  if (const auto* session = head.find(kSessionField)) {
    ask.affinity = fingerprint.add(session->value).value();
    return ask;
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
  return ask;
}

}  // namespace weir::gateway
