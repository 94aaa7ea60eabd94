#include "endpoint.h"

#include "weir/codec/url.h"

namespace weir::gateway {

using codec::Method;
using dialect::Dialect;

namespace {

constexpr bool reads(Method method) { return method == Method::get || method == Method::head; }

/// `name=value` among the parameters of a query.
bool has_parameter(Bytes query, Bytes parameter) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    if (query.substr(0, end) == parameter) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

/// `{model}:generateContent` and its like.
Result<Endpoint> gemini_method(Bytes rest, Bytes query, Method method) {
  const std::size_t colon = rest.rfind(':');
  if (colon == Bytes::npos || colon == 0) return fail(Fault::not_found);
  const Bytes name = rest.substr(colon + 1);
  Endpoint endpoint{.client = Dialect::gemini, .model = rest.substr(0, colon)};
  if (name == "streamGenerateContent") {
    endpoint.stream = true;
    endpoint.array = !has_parameter(query, "alt=sse");
  } else if (name == "countTokens") {
    endpoint.operation = Operation::count_tokens;
  } else if (name != "generateContent") {
    return fail(Fault::not_found);
  }
  if (method != Method::post) return fail(Fault::method_not_allowed);
  return endpoint;
}

/// Behind `/v1/models` or `/v1beta/models`: empty, or a slash and more.
Result<Endpoint> models(Bytes rest, Bytes query, Method method, Dialect client) {
  if (rest.empty()) {
    if (!reads(method)) return fail(Fault::method_not_allowed);
    return Endpoint{.operation = Operation::list_models, .client = client};
  }
  rest.remove_prefix(1);
  if (rest.empty()) return fail(Fault::not_found);
  if (!reads(method)) return gemini_method(rest, query, method);
  return Endpoint{.operation = Operation::show_model, .client = client, .model = rest};
}

Result<Endpoint> posted(Method method, Endpoint endpoint) {
  if (method != Method::post) return fail(Fault::method_not_allowed);
  return endpoint;
}

}  // namespace

Dialect dialect_of_client(const codec::RequestHead& head) {
  const Bytes path = codec::split_target(head.target).path;
  if (path.starts_with("/v1/messages")) return Dialect::anthropic_messages;
  if (path.starts_with("/v1beta/")) return Dialect::gemini;
  if (path.starts_with("/v1/chat/") || path.starts_with("/v1/responses")) return Dialect::openai_chat;
  // /v1/models and the rest: SDKs differ in what they send beside.
  if (head.find(codec::HeaderId::x_goog_api_key)) return Dialect::gemini;
  if (head.find("anthropic-version")) return Dialect::anthropic_messages;
  return Dialect::openai_chat;
}

Result<Endpoint> find_endpoint(const codec::RequestHead& head) {
  const codec::Target target = codec::split_target(head.target);
  const Bytes path = target.path;
  const Method method = head.method;
  constexpr Bytes kResponses = "/v1/responses/";
  constexpr Bytes kModels = "/v1/models";
  constexpr Bytes kBetaModels = "/v1beta/models";
  constexpr Bytes kBeta = "/v1beta/";
  if (path == "/v1/chat/completions") return posted(method, {.client = Dialect::openai_chat});
  if (path == "/v1/messages") return posted(method, {.client = Dialect::anthropic_messages});
  if (path == "/v1/responses") return posted(method, {.client = Dialect::openai_responses});
  if (path == "/v1/messages/count_tokens")
    return posted(method, {.operation = Operation::count_tokens, .client = Dialect::anthropic_messages});
  if (path == "/v1/responses/input_tokens")
    return posted(method, {.operation = Operation::count_tokens, .client = Dialect::openai_responses});
  if (path.starts_with(kResponses) && path.size() > kResponses.size())
    return Endpoint{
        .operation = Operation::stored, .client = Dialect::openai_responses, .stored = path.substr(kResponses.size())};
  for (const Bytes base : {kModels, kBetaModels})
    if (path == base || (path.starts_with(base) && path[base.size()] == '/'))
      return models(path.substr(base.size()), target.query, method, dialect_of_client(head));
  // A model with a slash in its name is taken for a whole resource name by some SDKs:
  // /v1beta/{provider}/{model}:method.
  if (path.starts_with(kBeta) && path.contains(':') && method == Method::post)
    return gemini_method(path.substr(kBeta.size()), target.query, method);
  return fail(Fault::not_found);
}

}  // namespace weir::gateway
