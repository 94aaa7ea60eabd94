#include "weir/routing/plan.h"

namespace weir::routing {

Bytes to_string(Need need) {
  switch (need) {
    case Need::tools:
      return "tools";
    case Need::images:
      return "images";
    case Need::audio:
      return "audio";
    case Need::files:
      return "files";
    case Need::json_schema:
      return "json_schema";
    case Need::reasoning:
      return "reasoning";
  }
  return {};
}

Bytes to_string(Unfit unfit) {
  switch (unfit) {
    case Unfit::none:
      return "none";
    case Unfit::owner:
      return "owner";
    case Unfit::context:
      return "context";
    case Unfit::capability:
      return "capability";
    case Unfit::tag:
      return "tag";
    case Unfit::quality:
      return "quality";
    case Unfit::latency:
      return "latency";
    case Unfit::cost:
      return "cost";
    case Unfit::unpriced:
      return "unpriced";
    case Unfit::headroom:
      return "headroom";
    case Unfit::breaker:
      return "breaker";
  }
  return {};
}

}  // namespace weir::routing
