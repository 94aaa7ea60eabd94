// A configuration as it was written: every scalar understood, every default filled in, but references between
// sections not yet resolved. Positions are kept so that resolving can still point at the file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weir/control/config.h"

namespace weir::control {

template <class T>
struct Written {
  std::optional<T> value;  ///< nothing if the key was not written or not understood
  Position at;
};

struct WrittenAddress {
  Position at;
  Written<io::Address> address;
};

struct WrittenListenerTls {
  Position at;  ///< line 0: not written
  Written<std::string> certificate;
  Written<std::string> key;
  Written<std::string> client_ca;
  Written<tls::Version> min_version;
};

struct WrittenListen {
  Position at;
  Written<io::Address> address;
  WrittenListenerTls tls;
};

struct WrittenProviderTls {
  Position at;  ///< line 0: not written
  Written<std::string> ca;
  Written<std::string> certificate;
  Written<std::string> key;
  Written<std::string> server_name;
  Written<tls::Version> min_version;
};

struct WrittenHeader {
  std::string name;
  Position at;
  std::string value;
};

struct WrittenProxy {
  Position at;
  Written<std::string> url;
  std::vector<Written<std::string>> no_proxy;
};

struct WrittenNames {
  Position at;
  std::vector<Written<io::Address>> servers;
};

struct WrittenProvider {
  std::string name;
  Position at;
  Written<const catalog::ProviderKind*> kind;
  Written<catalog::BaseUrl> base_url;
  Written<std::string> credential;
  std::vector<Written<std::string>> credentials;
  std::vector<WrittenHeader> headers;
  WrittenProviderTls tls;
  Written<std::string> proxy;
  Written<std::uint64_t> warm_connections;
  std::vector<Written<dialect::Dialect>> dialects;
  Written<std::string> api_version;
  Written<std::string> region;
};

struct WrittenDeployment {
  Position at;
  Written<std::string> reference;  ///< provider/model
  Written<std::uint64_t> weight;
  Written<std::uint64_t> quality;
  Written<std::uint64_t> max_in_flight;
  std::vector<Written<std::string>> tags;
  Written<std::string> quota_group;
};

struct WrittenBlend {
  Position at;  ///< line 0: not written
  Written<std::uint64_t> cost;
  Written<std::uint64_t> latency;
  Written<std::uint64_t> in_flight;
  Written<std::uint64_t> failures;
  Written<std::uint64_t> quality;
};

struct WrittenModel {
  std::string name;
  Position at;
  std::vector<WrittenDeployment> deployments;
  Written<catalog::Strategy> strategy;
  WrittenBlend blend;
  Written<std::uint64_t> quality;
  Written<Duration> max_ttft;
  Written<std::uint64_t> max_cost;  ///< nano-dollars
  Written<std::uint64_t> assumed_output_tokens;
  std::vector<Written<std::string>> require_tags;
  std::vector<Written<std::string>> forbid_tags;
  Written<bool> affinity;
  Written<std::uint64_t> attempts;
  Written<catalog::AfterCommit> after_commit;
  Written<dialect::Unsupported> unsupported_parameters;
  bool include_reasoning = true;
};

/// In nano-dollars.
struct WrittenPrice {
  Position at;  ///< line 0: not written
  Written<std::uint64_t> input;
  Written<std::uint64_t> cache_read;
  Written<std::uint64_t> cache_write;
  Written<std::uint64_t> cache_write_1h;
  Written<std::uint64_t> audio_input;
  Written<std::uint64_t> audio_cache_read;
  Written<std::uint64_t> image_input;
  Written<std::uint64_t> output;
  Written<std::uint64_t> reasoning;
  Written<std::uint64_t> audio_output;
  Written<std::uint64_t> image_output;
  Written<std::uint64_t> request;
  Written<std::uint64_t> web_search;
};

struct WrittenModelFacts {
  std::string name;  ///< provider/model
  Position at;
  WrittenPrice price;
  Written<std::uint64_t> context;
  Written<std::uint64_t> most_output;
  Written<std::uint64_t> quality;
  std::vector<Written<catalog::Ability>> can;
  std::vector<Written<catalog::Ability>> cannot;
};

/// Tokens, by effort.
struct WrittenReasoningBudgets {
  Position at;
  std::uint64_t minimal = 0;
  std::uint64_t low = 0;
  std::uint64_t medium = 0;
  std::uint64_t high = 0;
  std::uint64_t xhigh = 0;
  std::uint64_t max = 0;
};

/// Of every deployment; BreakerOptions says what they mean.
struct WrittenBreaker {
  Position at;
  Duration cooldown{};
  Duration longest_cooldown{};
  Duration probe_timeout{};
  Duration slow_start{};
  std::uint64_t failures_in_a_row = 0;
  std::uint64_t failure_percent = 0;
  std::uint64_t least_attempts = 0;
  std::uint64_t refusals = 0;
  std::uint64_t refusal_percent = 0;
  std::uint64_t credential_refusals = 0;
  Written<Duration> slow_ttft;
};

struct WrittenKey {
  Position at;
  Written<std::string> name;
  Written<admission::KeyHash> hash;
};

struct WrittenConfig {
  std::vector<WrittenListen> listen;
  WrittenAddress admin;
  std::uint64_t shards = 0;
  std::vector<WrittenProvider> providers;
  std::vector<WrittenModel> models;
  WrittenProxy proxy;
  WrittenNames names;
  bool expose_provider_models = false;
  dialect::Unsupported unsupported_parameters = dialect::Unsupported::drop;
  WrittenReasoningBudgets reasoning_budgets;
  std::vector<WrittenModelFacts> model_facts;
  catalog::UnknownPrice unknown_price = catalog::UnknownPrice::allow;
  WrittenBreaker breaker;
  std::vector<WrittenKey> keys;
  bool allow_anonymous = false;
  Limits limits;
  Position limits_at;
  Timeouts timeouts;
  Log log;
  std::string user;
  bool core_dumps = false;
};

}  // namespace weir::control
