// The providers weir knows, as rows of data: what is true of a provider wherever it is configured. The one place
// where a provider's name may be written; everything else reads columns. Constant, shared by all threads.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "weir/base/bytes.h"
#include "weir/catalog/dialect_list.h"
#include "weir/catalog/rate_limit_headers.h"
#include "weir/dialect/target.h"

namespace weir::catalog {

/// How a provider wants its credential: which header, and what stands before the credential.
enum class AuthStyle : std::uint8_t { none, bearer, x_api_key, api_key, x_goog_api_key, x_portkey_api_key };

/// The header of an authentication style: `name: prefix + credential`. Both are empty for `none`.
struct AuthHeader {
  Bytes name;
  Bytes prefix;
};
AuthHeader auth_header(AuthStyle style);

/// Where a provider of a kind answers when the configuration does not say.
enum class Place : std::uint8_t {
  known,       ///< a public service with a known base URL, which asks for a credential
  local,       ///< a server on this machine at its usual port, unless base_url says otherwise; a credential is optional
  configured,  ///< somebody's own address: base_url is required
  built_in,    ///< inside this process: base_url is refused, the server fills in where it listens
};

/// How the URL of a request is made of the base URL.
enum class UrlForm : std::uint8_t {
  base,              ///< base URL + the dialect's path
  azure_deployment,  ///< address + /openai/deployments/{model} + path + ?api-version=; responses as azure_v1 has them
  azure_v1,          ///< address + /openai/v1 + path; ?api-version= only if one is configured
};

/// Another address of the same service.
struct Region {
  Bytes name;
  Bytes base_url;
};

/// A header that goes with requests in one dialect, whoever answers them, unless the client or the operator sets it.
/// Name in lower case.
struct DefaultHeader {
  dialect::Dialect dialect;
  Bytes name;
  Bytes value;
};
std::span<const DefaultHeader> default_headers();

/// Who stands behind a service: its company and, where that is known, whose cloud it runs in. Two deployments that
/// share a tag may fail together. `own` is the operator's own machines. Empty entries mean nothing.
using Infrastructure = std::array<Bytes, 2>;

struct ProviderKind {
  Bytes name;            ///< as written in `kind:`
  Bytes title;           ///< as people call it
  DialectList dialects;  ///< what it speaks; never empty
  Bytes base_url;        ///< default base URL; empty unless `place` is `known` or `local`
  Place place = Place::known;
  AuthStyle auth = AuthStyle::bearer;
  Bytes credential_variable;  ///< environment variable in which people keep the key; empty if there is no usual one
  Bytes sample_model;         ///< a model id for the printed example; empty if no id is sure to exist
  dialect::Quirks quirks;     ///< each is read in one place and owned by one golden test
  UrlForm url_form = UrlForm::base;
  Bytes api_version;  ///< default; empty: none is sent
  Bytes catalogue;    ///< the kind whose rows of models are this one's as well; empty: its own name
  RateLimitHeaders rate_limits;
  std::span<const Region> regions;  ///< empty: it has one address
  Infrastructure infrastructure;
  Bytes note;  ///< sentences for docs/providers.md: what an operator has to know, and what is not sure
};

/// Every kind that can be served.
std::span<const ProviderKind> provider_kinds();
/// The row of a name, or nullptr.
const ProviderKind* find_provider_kind(Bytes name);
/// The region of a kind by its name, or nullptr.
const Region* find_region(const ProviderKind& kind, Bytes name);
/// The kind that people mean by another usual name (`azure`, `google`, `grok`); empty if there is none.
Bytes kind_meant_by(Bytes name);
/// True for providers that exist in the field but whose dialect this version does not speak, so that a
/// configuration which names one gets told so instead of "unknown".
bool is_unspoken_kind(Bytes name);

}  // namespace weir::catalog
