// Any bytes as the target of a request and as a base URL, one line each. Only POST asks a model; a model's name goes
// through a path and back unharmed, and in a path it ends nothing.
#include <algorithm>
#include <cstdint>

#include "endpoint.h"
#include "weir/base/assert.h"
#include "weir/catalog/base_url.h"
#include "weir/catalog/model_traits.h"
#include "weir/gateway/provider_start.h"

namespace {

using namespace weir;  // NOLINT: a program of its own

void check_name(Bytes name) {
  const auto traits = catalog::model_traits(name);
  WEIR_ASSERT(traits.default_max_tokens > 0, "a model may answer");
  std::string path;
  gateway::append_path(path, name);
  for (const char c : path) WEIR_ASSERT(c > ' ' && c < 0x7f && c != '?' && c != '#', "a name ends no path");
  const auto back = gateway::decode_path(path, name.size());
  WEIR_ASSERT(back && *back == name, "a name comes back");
  if (gateway::is_path_safe(name)) WEIR_ASSERT(gateway::is_path_safe(path), "written, it is as safe");
}

void check_target(Bytes target) {
  for (const codec::Method method : {codec::Method::post, codec::Method::get, codec::Method::delete_}) {
    codec::RequestHead head;
    head.method = method;
    head.target = target;
    (void)gateway::dialect_of_client(head);
    const auto endpoint = gateway::find_endpoint(head);
    if (!endpoint) continue;
    const bool asks =
        endpoint->operation == gateway::Operation::answer || endpoint->operation == gateway::Operation::count_tokens;
    WEIR_ASSERT(!asks || method == codec::Method::post, "only POST asks a model");
    if (const auto name = gateway::decode_path(endpoint->model, 512)) {
      WEIR_ASSERT(name->size() <= 512, "a name is bounded");
      check_name(*name);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(input.find('\n'), input.size());
  const Bytes url = input.substr(std::min(line + 1, input.size()));
  check_target(input.substr(0, line));
  check_name(input.substr(0, line));
  if (const auto base = catalog::parse_base_url(url)) {
    WEIR_ASSERT(base->path.empty() || (base->path.front() == '/' && base->path.back() != '/'), "a path joins");
    for (const char c : base->authority + base->path) WEIR_ASSERT(c > ' ' && c < 0x7f, "it can stand in a head");
  } else {
    WEIR_ASSERT(base.error().ends_with('.'), "an error is a sentence");
  }
  return 0;
}
