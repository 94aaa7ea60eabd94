#include "error_class.h"

namespace weir::simulator {
namespace {

using enum dialect::ErrorClass;

// clang-format off
constexpr Failure kFailures[] = {
    {400, invalid_request, "The simulated provider finds your request invalid; it was asked to fail like this."},
    {401, auth,            "The simulated provider does not accept this API key; it was asked to fail like this."},
    {403, permission,      "The simulated provider does not allow this; it was asked to fail like this."},
    {404, not_found,       "The simulated provider does not have this model; it was asked to fail like this."},
    {408, timeout,         "The simulated provider did not get the request in time; it was asked to fail like this."},
    {413, too_large,       "The simulated provider finds your request too large; it was asked to fail like this."},
    {429, rate_limit,      "The simulated provider's rate limit is reached; it was asked to fail like this."},
    {500, server,          "The simulated provider had an internal error; it was asked to fail like this."},
    {502, server,          "The simulated provider's own upstream failed; it was asked to fail like this."},
    {503, overloaded,      "The simulated provider is overloaded; it was asked to fail like this."},
    {504, timeout,         "The simulated provider's own upstream was too slow; it was asked to fail like this."},
    {529, overloaded,      "The simulated provider is overloaded; it was asked to fail like this."},
};
constexpr Failure kQuota =
    {429, quota_exhausted, "The simulated provider's quota is used up; it was asked to fail like this."};
constexpr Failure kContextLength =
    {400, context_length,  "The simulated provider finds your prompt too long; it was asked to fail like this."};
constexpr Failure kBlocked =
    {400, content_filter,  "The simulated provider blocks your prompt; it was asked to fail like this."};
// clang-format on

}  // namespace

Failure failure_of(const Scenario& scenario) {
  switch (scenario.special_error) {
    case SpecialError::quota:
      return kQuota;
    case SpecialError::context_length:
      return kContextLength;
    case SpecialError::blocked:
      return kBlocked;
    case SpecialError::none:
      break;
  }
  const int status = scenario.error_status == 0 ? 500 : static_cast<int>(scenario.error_status);
  for (const Failure& row : kFailures)
    if (row.status == status) return row;
  return {status, status < 500 ? invalid_request : server,
          "The simulated provider answers with an error; it was asked to fail like this."};
}

void write_failure(std::string& out, dialect::Dialect dialect, const Failure& failure, Bytes param) {
  dialect::write_error(
      out, dialect,
      {.error_class = failure.error_class, .status = failure.status, .message = failure.message, .param = param});
}

}  // namespace weir::simulator
