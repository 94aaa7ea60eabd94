#include <algorithm>

#include "certificates.h"
#include "resolver.h"
#include "secret_reference.h"
#include "value_parser.h"
#include "weir/catalog/no_proxy.h"

namespace weir::control {

void Resolver::resolve_providers() {
  for (WrittenProvider& written : written_.providers) {
    const std::string key = "providers." + written.name;
    const catalog::ProviderKind* kind = written.kind.value.value_or(nullptr);
    catalog::Provider& provider = providers_.emplace_back(kind ? catalog::provider_of(*kind) : catalog::Provider());
    provider.name = written.name;
    if (kind) {
      resolve_base_url(written, *kind, key, provider);
      resolve_dialects(written, *kind, key, provider);
      resolve_api_version(written, *kind, key, provider);
    }
    resolve_credentials(written, key, provider);
    resolve_provider_tls(written, key, provider);
    for (WrittenHeader& header : written.headers) {
      std::erase_if(provider.default_headers,
                    [&](const catalog::DefaultHeader& ours) { return ours.name == header.name; });
      provider.headers.emplace_back(std::move(header.name), std::move(header.value));
    }
    if (kind) warn_about(provider, key);
  }
}

void Resolver::warn_about(const catalog::Provider& provider, const std::string& key) {
  const catalog::BaseUrl& url = provider.base_url;
  if (!url.needs_tls && !url.host.empty() && !url.is_loopback() && !provider.credential.empty())
    warn(key + ": http://" + url.authority + " is not encrypted; the credential travels readable over the network.");
}

void Resolver::resolve_base_url(WrittenProvider& written, const catalog::ProviderKind& kind, const std::string& key,
                                catalog::Provider& provider) {
  const std::string name(kind.name);
  const bool is_written = written.base_url.at.line != 0 || is_misread(key + ".base_url");
  const Bytes known = region_of(written, kind, key, is_written);
  switch (kind.place) {
    case catalog::Place::built_in:
      if (is_written)
        report(written.base_url.at, key + ".base_url", "a " + name + " provider is inside weir and has no address.",
               "Remove the line, or use kind openai_compatible to reach a simulated provider in another process.");
      if (!written.credentials.empty())
        report(written.credentials[0].at, key + ".credentials", "a " + name + " provider needs no credential.",
               "Remove the line.");
      if (written.credential.value)
        report(written.credential.at, key + ".credential", "a " + name + " provider needs no credential.",
               "Remove the line.");
      return;
    case catalog::Place::configured:
      if (!is_written)
        report(written.at, key, "the key base_url is missing.",
               kind.url_form == catalog::UrlForm::base ? "For example: base_url: http://127.0.0.1:8000/v1"
                                                       : "For example: base_url: https://RESOURCE.openai.azure.com");
      break;
    case catalog::Place::local:
      if (!is_written) provider.base_url = *catalog::parse_base_url(known);
      break;
    case catalog::Place::known:
      if (!is_written) {
        provider.base_url = *catalog::parse_base_url(known);
        if (!written.credential.value && written.credentials.empty() && !is_misread(key + ".credential"))
          report(written.at, key, "the key credential is missing; " + provider.base_url.host + " asks for one.",
                 "For example: credential: env:" + std::string(kind.credential_variable));
      }
      break;
  }
  if (!written.base_url.value) return;
  provider.base_url = *std::move(written.base_url.value);
  const Bytes path = provider.base_url.path;
  if (kind.url_form != catalog::UrlForm::base && (path.ends_with("/openai") || path.contains("/openai/")))
    report(written.base_url.at, key + ".base_url", "requests to this kind append /openai themselves.",
           "Write the resource alone: https://" + provider.base_url.authority + ".");
}

Bytes Resolver::region_of(const WrittenProvider& written, const catalog::ProviderKind& kind, const std::string& key,
                          bool has_base_url) {
  if (!written.region.value) return kind.base_url;
  const Position at = written.region.at;
  const std::string name = *written.region.value;
  if (has_base_url) {
    report(at, key + ".region", "base_url says already where it is.", "Remove one of the two.");
    return kind.base_url;
  }
  if (const catalog::Region* region = catalog::find_region(kind, name)) return region->base_url;
  std::string list;
  for (const catalog::Region& region : kind.regions) list += (list.empty() ? "" : ", ") + std::string(region.name);
  report(at, key + ".region", "the kind " + std::string(kind.name) + " has no region \"" + name + "\".",
         list.empty() ? "It has no regions: write base_url instead." : "Its regions are " + list + ".");
  return kind.base_url;
}

void Resolver::resolve_dialects(const WrittenProvider& written, const catalog::ProviderKind& kind,
                                const std::string& key, catalog::Provider& provider) {
  if (written.dialects.empty()) return;
  provider.dialects = {};
  for (std::size_t i = 0; i < written.dialects.size(); ++i) {
    const auto& [dialect, at] = written.dialects[i];
    const std::string entry = key + ".dialects[" + std::to_string(i) + "]";
    if (!provider.dialects.add(*dialect)) report(at, entry, "this dialect is in the list already.", "Remove one.");
    if (kind.place == catalog::Place::built_in && !kind.dialects.has(*dialect))
      report(at, entry, "a " + std::string(kind.name) + " provider does not speak it.", "Remove it.");
  }
}

void Resolver::resolve_api_version(const WrittenProvider& written, const catalog::ProviderKind& kind,
                                   const std::string& key, catalog::Provider& provider) {
  if (!written.api_version.value) return;
  if (kind.url_form == catalog::UrlForm::base)
    report(written.api_version.at, key + ".api_version",
           "the kind " + std::string(kind.name) + " has no such parameter.", "Remove the line.");
  provider.api_version = *written.api_version.value;
}

void Resolver::resolve_credentials(const WrittenProvider& written, const std::string& key,
                                   catalog::Provider& provider) {
  if (written.credential.value) {
    provider.credential = resolve_credential(written.credential, key + ".credential");
    if (!written.credentials.empty())
      report(written.credentials[0].at, key + ".credentials", "there is a credential as well.",
             "Write it at the head of this list, and remove the line credential.");
    return;
  }
  std::set<Bytes> seen;
  for (std::size_t i = 0; i < written.credentials.size(); ++i) {
    const Written<std::string>& one = written.credentials[i];
    const std::string entry = key + ".credentials[" + std::to_string(i) + "]";
    if (!seen.insert(*one.value).second) {
      report(one.at, entry, "this credential is in the list already.", "Remove one of the two.");
      continue;
    }
    Secret secret = resolve_credential(one, entry);
    if (i == 0)
      provider.credential = std::move(secret);
    else
      provider.other_credentials.push_back(std::move(secret));
  }
}

Secret Resolver::resolve_credential(const Written<std::string>& written, const std::string& key) {
  auto secret = resolve_secret(*written.value, directory(), environment_);
  if (secret) return *std::move(secret);
  report(written.at, key, secret.error().problem, secret.error().advice);
  return {};
}

void Resolver::resolve_provider_tls(const WrittenProvider& written, const std::string& key,
                                    catalog::Provider& provider) {
  const WrittenProviderTls& wish = written.tls;
  const bool is_written = wish.at.line != 0;
  if (!provider.base_url.needs_tls) {
    if (is_written)
      report(wish.at, key + ".tls", "this provider's address is not https.",
             "Write base_url with https://, or remove the section.");
    return;
  }
  provider.tls_host = wish.server_name.value.value_or(provider.base_url.host);
  const ProviderTlsFiles files{.ca = path_of(wish.ca),
                               .certificate = path_of(wish.certificate),
                               .key = path_of(wish.key),
                               .min_version = wish.min_version.value.value_or(tls::Version::tls_1_2)};
  if (files.certificate.empty() && !files.key.empty())
    report(wish.key.at, key + ".tls.key", "there is no certificate that it could belong to.",
           "Write certificate: beside it.");
  const bool usual = files.ca.empty() && files.certificate.empty() && files.min_version == tls::Version::tls_1_2;
  if (usual && usual_tls_) return void(provider.tls = usual_tls_);
  auto made = load_client_tls(files, environment_);
  if (!made) {
    report(is_written ? wish.at : written.at, key + (is_written ? ".tls" : ""), made.error().problem,
           made.error().advice);
    return;
  }
  provider.tls = *made;
  if (usual) usual_tls_ = *std::move(made);
}

void Resolver::resolve_proxies() {
  std::optional<GeneralProxies> general;  // looked up only where somebody needs it
  for (std::size_t i = 0; i < providers_.size(); ++i) {
    const WrittenProvider& written = written_.providers[i];
    catalog::Provider& provider = providers_[i];
    const catalog::BaseUrl& url = provider.base_url;
    const bool is_local = url.host.empty() || url.is_loopback();
    provider.warm_connections = static_cast<std::uint32_t>(written.warm_connections.value.value_or(is_local ? 0 : 1));
    if (written.proxy.value) {
      provider.proxy = read_proxy(written.proxy, "providers." + written.name + ".proxy");
      continue;
    }
    if (is_local) continue;
    if (!general) general = general_proxies();
    if (!catalog::bypasses_proxy(url.host, general->exceptions))
      provider.proxy = url.needs_tls ? general->tls : general->plain;
  }
}

Resolver::GeneralProxies Resolver::general_proxies() {
  GeneralProxies general;
  if (written_.proxy.url.value) {
    general.plain = general.tls = read_proxy(written_.proxy.url, "proxy.url");
    for (auto& entry : written_.proxy.no_proxy) general.exceptions.push_back(std::move(*entry.value));
  } else if (written_.proxy.at.line == 0) {
    general.tls = proxy_from({"https_proxy", "HTTPS_PROXY"});
    general.plain = proxy_from({"http_proxy"});  // HTTP_PROXY may be a request's header in a CGI environment
    for (const char* variable : {"no_proxy", "NO_PROXY"}) {
      general.exceptions = catalog::split_no_proxy(environment_(variable).value_or(""));
      if (!general.exceptions.empty()) break;
    }
  }
  return general;
}

Resolver::SharedProxy Resolver::proxy_from(std::initializer_list<const char*> variables) {
  for (const std::string variable : variables) {
    const auto url = environment_(variable);
    if (!url || url->empty()) continue;
    auto proxy = catalog::parse_proxy_url(*url);
    if (proxy) return *std::move(proxy);
    report({}, "", "the environment variable " + variable + " is no proxy weir can use. " + std::string(proxy.error()),
           "Correct it, or write proxy: {url: none} to do without.");
    return nullptr;
  }
  return nullptr;
}

Resolver::SharedProxy Resolver::read_proxy(const Written<std::string>& written, const std::string& key) {
  const Bytes text = *written.value;
  if (text == "none") return nullptr;
  if (!text.starts_with("env:") && !text.starts_with("file:")) return *catalog::parse_proxy_url(text);
  const auto url = resolve_secret(text, directory(), environment_);
  if (!url) {
    report(written.at, key, url.error().problem, url.error().advice);
    return nullptr;
  }
  auto proxy = catalog::parse_proxy_url(url->reveal());
  if (proxy) return *std::move(proxy);
  report(written.at, key, "what is found there is no proxy. " + std::string(proxy.error()),
         "Put http://user:password@host:port there.");
  return nullptr;
}

}  // namespace weir::control
