// What names a proxy and its exceptions: the first line of the input is the URL, the rest the value of no_proxy.
#include <algorithm>
#include <cstdint>
#include <string>

#include "weir/base/assert.h"
#include "weir/catalog/no_proxy.h"
#include "weir/catalog/proxy.h"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(input.find('\n'), input.size());
  const auto proxy = catalog::parse_proxy_url(input.substr(0, line));
  Bytes host = "host.example";
  if (proxy) {
    const catalog::Proxy& got = **proxy;
    WEIR_ASSERT(!got.host.empty() && got.port != 0, "a proxy has a host and a port");
    const Bytes authorization = got.authorization.reveal();
    WEIR_ASSERT(authorization.empty() || authorization.starts_with("Basic "), "what authorizes is Basic");
    for (const char c : authorization) WEIR_ASSERT(c > 0x1f && c < 0x7f, "it can stand in a head");
    host = got.host;
  } else {
    WEIR_ASSERT(proxy.error().ends_with('.'), "an error is a sentence");
  }
  const auto entries = catalog::split_no_proxy(input.substr(line));
  const bool bypasses = catalog::bypasses_proxy(host, entries);
  WEIR_ASSERT(!bypasses || !entries.empty(), "nobody is an exception to nothing");
  // A host is its own exception, if it can stand in a list.
  if (host.find_first_of(", \t*/") == Bytes::npos && !host.starts_with('.') && !host.ends_with('.')) {
    const std::string own[] = {std::string(host)};
    WEIR_ASSERT(catalog::bypasses_proxy(host, own), "a host names itself");
  }
  return 0;
}
