// Every way a request can fail, as one table: a name (log, metrics), the status a client sees, whose doing it
// was, and one sentence a client can act on. Faults are values (Result<T>), never exceptions.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace weir {

/// Whose doing a fault is. `request`: the client's; `upstream`: the provider's or the way there; `weir`: ours
/// (full, draining); `gone`: the client left, nobody is there to answer.
enum class FaultSource : std::uint8_t { request, upstream, weir, gone };

// clang-format off
#define WEIR_FAULTS(X)                                                                                                  \
  X(head_malformed,            400, request,  "The HTTP request head is malformed.")                                   \
  X(head_ambiguous,            400, request,  "The request's length is ambiguous: Content-Length and Transfer-Encoding are contradictory, repeated or malformed.") \
  X(head_too_large,            431, request,  "The request head is larger than this server accepts.")                  \
  X(version_unsupported,       505, request,  "Only HTTP/1.0 and HTTP/1.1 are spoken here.")                            \
  X(coding_unsupported,        501, request,  "The transfer coding is not supported; only chunked is.")                 \
  X(expectation_unsupported,   417, request,  "Only the expectation 100-continue is supported.")                        \
  X(chunk_malformed,           400, request,  "The chunked framing of the body is malformed.")                          \
  X(body_too_large,            413, request,  "The request body is larger than this server accepts.")                  \
  X(body_truncated,            400, request,  "The connection ended before the body was complete.")                     \
  X(client_timeout,            408, request,  "The request did not arrive completely in time.")                         \
  X(json_malformed,            400, request,  "The request body is not valid JSON.")                                    \
  X(json_too_deep,             400, request,  "The request body's JSON is nested too deeply.")                          \
  X(field_missing,             400, request,  "A required field is missing.")                                           \
  X(field_invalid,             400, request,  "A field has a value of the wrong type.")                                 \
  X(header_invalid,            400, request,  "A header field that says how to route the request cannot be read.") \
  X(no_deployment,             400, request,  "No deployment of this model can be given this request.")                            \
  X(field_repeated,            400, request,  "A field that weir has to read occurs twice.")                            \
  X(parameter_unsupported,     400, request,  "The request holds something that the provider of this model cannot be given.")      \
  X(unauthorized,              401, request,  "Incorrect API key provided.")                                            \
  X(not_found,                 404, request,  "There is no such endpoint.")                                             \
  X(model_not_found,           404, request,  "The model does not exist or this key has no access to it.")              \
  X(method_not_allowed,        405, request,  "The endpoint exists, but not for this method.")                          \
  X(media_type_unsupported,    415, request,  "The request body must be application/json without a content coding.")    \
  X(shed,                      503, weir,     "The gateway is at its limit of work in progress; try again shortly.")    \
  X(client_limit,              429, request,  "Too many connections from this client at a time; use fewer, or try again shortly.") \
  X(draining,                  503, weir,     "The gateway is shutting down; try again on another connection.")         \
  X(total_timeout,             504, upstream, "The answer did not complete within the total time-out.")                 \
  X(connect_failed,            502, upstream, "The provider could not be connected.")                                   \
  X(connect_timeout,           504, upstream, "The connection to the provider was not established in time.")            \
  X(tls_untrusted,             502, upstream, "The provider's certificate was not issued by anybody this gateway trusts.")  \
  X(tls_expired,               502, upstream, "The provider's certificate is not valid today.")                         \
  X(tls_wrong_host,            502, upstream, "The provider's certificate is for another host.")                        \
  X(tls_failed,                502, upstream, "No secure connection to the provider could be made.")                    \
  X(name_not_found,            502, upstream, "The provider's host name does not exist; check its base URL.")             \
  X(name_unresolved,           502, upstream, "The provider's host name could not be resolved: no name server answered; try again shortly.") \
  X(proxy_failed,              502, upstream, "The proxy on the way to the provider could not be reached or did not answer properly.") \
  X(proxy_refused,             502, upstream, "The proxy on the way to the provider refused the connection; its rules or its credentials must allow it.") \
  X(upstream_reset,            502, upstream, "The provider reset the connection.")                                     \
  X(upstream_closed,           502, upstream, "The provider closed the connection before the answer was complete.")     \
  X(upstream_malformed,        502, upstream, "The provider's answer is not valid HTTP.")                               \
  X(upstream_head_too_large,   502, upstream, "The provider's answer has too large a head.")                            \
  X(upstream_redirect,         502, upstream, "The provider answered with a redirect, which is not followed.")          \
  X(upstream_stream_error,     502, upstream, "The provider reported an error inside its stream.")                      \
  X(answer_too_large,          502, upstream, "The provider's answer is too large to be translated in one piece.")       \
  X(upstream_truncated,        502, upstream, "The provider's stream ended without a finish.")                          \
  X(first_byte_timeout,        504, upstream, "The provider did not begin to answer in time.")                          \
  X(idle_timeout,              504, upstream, "The provider's stream stood still for too long.")                        \
  X(client_gone,               499, gone,     "The client closed the connection before the answer was complete.")       \
  X(client_stalled,            499, gone,     "The client did not read its answer in time.")                            \
  X(cancelled,                 499, gone,     "The work was cancelled.")                                                \
  X(system_limit,              503, weir,     "A limit of the operating system was reached.")
// clang-format on

enum class Fault : std::uint8_t {
#define X(name, status, source, sentence) name,
  WEIR_FAULTS(X)
#undef X
};

inline constexpr std::size_t kFaultCount = 0
#define X(name, status, source, sentence) +1
    WEIR_FAULTS(X)
#undef X
    ;

/// One row of the table.
struct FaultRow {
  std::string_view name;
  int status;
  FaultSource source;
  std::string_view sentence;
};

const FaultRow& row(Fault fault);
std::string_view to_string(Fault fault);

template <class T>
using Result = std::expected<T, Fault>;

inline std::unexpected<Fault> fail(Fault fault) { return std::unexpected(fault); }

}  // namespace weir
