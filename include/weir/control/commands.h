// The commands that do their work and end. Messages for people go to stderr; what a program may read (a key, a schema)
// goes to stdout. Exit codes of every command: 0 fine, 1 it failed while running, 2 wrong usage or configuration.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weir/control/config.h"

namespace weir::control {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

/// Reads the configuration, from the environment if there is no path, and prints its warnings; prints what is wrong
/// and returns nothing if it cannot be used (then the exit code is kExitUsage).
std::optional<Config> load_or_explain(const std::optional<std::string>& path);

/// `weir check FILE`
int check(const std::string& path);
/// `weir keys create --name NAME`: a key on the first line of stdout, the line for the configuration on the second.
int create_key(const std::string& name);
/// What `weir schema` prints: the JSON Schema, or with `--markdown` or `--providers` the generated part of a document.
enum class SchemaForm : std::uint8_t { json, markdown, providers };
int print_schema(SchemaForm form);

/// `weir models`: every model of the catalogue, or with a configuration its deployments, with what is known of them and
/// who says so; as a table, or as JSON.
int list_models(const std::optional<std::string>& config_path, bool as_json);

/// `weir explain`: who would be asked for the request in a file. kExitFailure if nobody could be.
struct ExplainOptions {
  std::optional<std::string> config_path;  ///< none: what the environment offers
  std::string request_path;
  std::string dialect;               ///< as the configuration writes it
  std::string model;                 ///< in place of the request's own; empty: that one
  std::vector<std::string> headers;  ///< field lines that come with it: "x-weir-tags: eu"
  bool as_json = false;
};
int explain_request(const ExplainOptions& options);

/// The command a newcomer can paste to see a streamed answer from the first listener; for the start-up message.
std::string curl_line(const Config& config);

}  // namespace weir::control
