// The configuration as plain values, checked completely: whoever holds a Config need not validate anything again.
// It is read once, on the control path, from a file or from the environment; reading never throws, and reports
// every mistake it finds, not only the first. Move-only, because it holds credentials.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weir/admission/virtual_key.h"
#include "weir/base/bytes.h"
#include "weir/base/time.h"
#include "weir/catalog/catalog.h"
#include "weir/control/config_error.h"
#include "weir/io/address_range.h"
#include "weir/routing/breaker.h"
#include "weir/tls/context.h"

namespace weir::control {

/// Sizes in bytes, counts in pieces; all for the whole process, except where one request is meant.
/// The defaults stand in the table of keys (config_schema.h), not here.
struct Limits {
  std::uint64_t max_head_bytes = 0;          ///< one request or answer head
  std::uint64_t max_body_bytes = 0;          ///< one request body
  std::uint64_t max_connections = 0;         ///< client connections
  std::uint64_t max_handshakes = 0;          ///< TLS handshakes with clients under way
  std::uint64_t max_buffered_bytes = 0;      ///< bytes held for all exchanges together; at least one head and one body
  std::uint64_t max_unsent_bytes = 0;        ///< of one answer, for a client that is slow to read it
  std::uint64_t min_body_rate = 0;           ///< bytes per second of a request body
  std::uint64_t max_refusals = 0;            ///< connections beyond a limit that are answered at a time, per shard
  std::uint64_t max_client_connections = 0;  ///< of one client address; 0: any number
  std::vector<io::AddressRange> exempt_clients;  ///< not counted; loopback if none is written
};

struct Timeouts {
  Duration connect{};           ///< to a provider
  Duration first_byte{};        ///< from the request sent to the first byte of the provider's answer
  Duration idle{};              ///< between two frames of a provider's answer
  Duration total{};             ///< one exchange, from its head to the last byte of its answer
  Duration client_handshake{};  ///< a client's TLS handshake
  Duration client_head{};       ///< a request head
  Duration client_body{};       ///< a request body, besides what its rate allows
  Duration client_idle{};       ///< a kept-alive connection without a request
  Duration client_write{};      ///< a client that does not read its answer
  Duration drain{};             ///< after SIGTERM, for running exchanges
};

/// The files behind a listener that speaks TLS, as paths.
struct ListenerTlsFiles {
  std::string certificate;
  std::string key;        ///< empty: in the same file
  std::string client_ca;  ///< empty: clients need no certificate
  tls::Version min_version = tls::Version::tls_1_2;
};

struct ListenAddress {
  io::Address address;
  std::optional<ListenerTlsFiles> tls;
};

enum class LogTarget : std::uint8_t { standard_output, standard_error, file, none };

struct Log {
  LogTarget target = LogTarget::standard_output;
  std::string path;  ///< for `file`
};

struct Config {
  std::vector<ListenAddress> listen;  ///< never empty
  std::optional<io::Address> admin;
  std::uint32_t shards = 0;  ///< 0 = one per core
  catalog::Catalog catalog;
  admission::KeyTable keys;
  Limits limits;
  Timeouts timeouts;
  Log log;
  routing::BreakerOptions breaker;        ///< of every deployment
  std::vector<io::Address> name_servers;  ///< empty: those of the system
  std::string user;         ///< to become once everything is open; empty = nobody else. `name` or `name:group`
  bool core_dumps = false;  ///< may hold credentials and prompts

  std::string origin;                 ///< the file's name, or "the environment"
  std::vector<std::string> warnings;  ///< sentences for the operator: allowed, but probably not what is wanted

  /// True if some provider is built in (kind simulated): the server starts it and calls Catalog::with_built_in_at.
  bool needs_simulator() const;
};

/// Looks up an environment variable; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
/// The environment of this process.
Environment process_environment();

/// Reads a file of at most 4 MiB. `file:` secrets with relative paths are sought beside it.
std::expected<Config, ConfigErrors> load_config(const std::string& path, const Environment& environment);
/// The same from text; `path` is used in messages and to find `file:` secrets.
std::expected<Config, ConfigErrors> read_config(Bytes yaml, const std::string& path, const Environment& environment);
/// Without a file: every provider whose usual key variable is set, addressed as `provider/model`, on 127.0.0.1:8080
/// for anybody on this machine. If none of them can be reached by this version, the simulated provider as well.
std::expected<Config, ConfigErrors> config_from_environment(const Environment& environment);

}  // namespace weir::control
