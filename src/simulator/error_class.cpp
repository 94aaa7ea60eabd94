#include "error_class.h"

#include "weir/codec/json_writer.h"

namespace weir::simulator {
namespace {

constexpr Bytes kRequest = "invalid_request_error";
constexpr Bytes kServer = "server_error";

// clang-format off
constexpr ErrorClass kClasses[] = {
    {400, kRequest,             "invalid_value",       "The simulated provider finds your request invalid; it was asked to fail like this."},
    {401, kRequest,             "invalid_api_key",     "The simulated provider does not accept this API key; it was asked to fail like this."},
    {403, "permission_error",   "permission_denied",   "The simulated provider does not allow this; it was asked to fail like this."},
    {404, kRequest,             "model_not_found",     "The simulated provider does not have this model; it was asked to fail like this."},
    {408, "timeout",            "timeout",             "The simulated provider did not get the request in time; it was asked to fail like this."},
    {413, kRequest,             "request_too_large",   "The simulated provider finds your request too large; it was asked to fail like this."},
    {429, "requests",           "rate_limit_exceeded", "The simulated provider's rate limit is reached; it was asked to fail like this."},
    {500, kServer,              "",                    "The simulated provider had an internal error; it was asked to fail like this."},
    {502, kServer,              "",                    "The simulated provider's own upstream failed; it was asked to fail like this."},
    {503, kServer,              "overloaded",          "The simulated provider is overloaded; it was asked to fail like this."},
    {504, "timeout",            "timeout",             "The simulated provider's own upstream was too slow; it was asked to fail like this."},
    {529, kServer,              "overloaded",          "The simulated provider is overloaded; it was asked to fail like this."},
};
constexpr ErrorClass kQuota =
    {429, "insufficient_quota", "insufficient_quota",  "The simulated provider's quota is used up; it was asked to fail like this."};
constexpr ErrorClass kContextLength =
    {400, kRequest, "context_length_exceeded", "The simulated provider finds your prompt too long; it was asked to fail like this."};
// clang-format on

}  // namespace

ErrorClass error_of(const Scenario& scenario) {
  if (scenario.special_error == SpecialError::quota) return kQuota;
  if (scenario.special_error == SpecialError::context_length) return kContextLength;
  const int status = scenario.error_status == 0 ? 500 : static_cast<int>(scenario.error_status);
  for (const ErrorClass& row : kClasses)
    if (row.status == status) return row;
  return {status,
          status < 500 ? kRequest : kServer,
          {},
          "The simulated provider answers with an error; it was asked to fail like this."};
}

void write_error(std::string& out, const ErrorClass& error, Bytes param) {
  codec::JsonWriter json(out);
  const auto text_or_null = [&json](Bytes text) { text.empty() ? json.null() : json.string(text); };
  json.begin_object().key("error").begin_object();
  json.member("message", error.message).member("type", error.type).key("param");
  text_or_null(param);
  json.key("code");
  text_or_null(error.code);
  json.end_object().end_object();
}

}  // namespace weir::simulator
