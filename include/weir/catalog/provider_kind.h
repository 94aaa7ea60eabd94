// The providers weir knows, as rows of data: what is true of a provider wherever it is configured. The one place
// where a provider's name may be written; everything else reads columns. Constant, shared by all threads.
#pragma once

#include <cstdint>
#include <span>

#include "weir/base/bytes.h"

namespace weir::catalog {

/// The wire API a provider speaks. This version speaks one.
enum class Dialect : std::uint8_t { openai_chat };

/// How a provider wants its credential: which header, and what stands before the credential.
enum class AuthStyle : std::uint8_t { none, bearer, x_api_key, api_key, x_goog_api_key };

/// The header of an authentication style: `name: prefix + credential`. Both are empty for `none`.
struct AuthHeader {
  Bytes name;
  Bytes prefix;
};
AuthHeader auth_header(AuthStyle style);

/// Where a provider of a kind answers when the configuration does not say.
enum class Place : std::uint8_t {
  known,       ///< a public service with a known base URL
  configured,  ///< somebody's own server: base_url is required
  built_in,    ///< inside this process: base_url is refused, the server fills in where it listens
};

/// Named deviations from a dialect, as bits; each is read in one place and owned by one golden test. None so far.
using QuirkFlags = std::uint32_t;

struct ProviderKind {
  Bytes name;  ///< as written in `kind:`
  Dialect dialect;
  Bytes base_url;  ///< default base URL; empty unless `place` is `known`
  Place place;
  AuthStyle auth;
  Bytes credential_variable;  ///< environment variable in which people keep the key; empty if there is no usual one
  Bytes sample_model;         ///< a model id for the printed example; empty if no id is sure to exist
  QuirkFlags quirks;
};

/// Every kind that can be served.
std::span<const ProviderKind> provider_kinds();
/// The row of a name, or nullptr.
const ProviderKind* find_provider_kind(Bytes name);
/// True for providers that exist in the field but whose dialect this version does not speak, so that a
/// configuration which names one gets told so instead of "unknown".
bool is_unspoken_kind(Bytes name);

}  // namespace weir::catalog
