#include "route.h"

#include "weir/codec/url.h"

namespace weir::simulator {
namespace {

using enum dialect::Dialect;
using Kind = Route::Kind;

/// Takes a beginning off the path. False, and nothing taken, if it begins otherwise.
bool take(Bytes& path, Bytes beginning) {
  if (!path.starts_with(beginning)) return false;
  path.remove_prefix(beginning.size());
  return true;
}

Route stored_route(Bytes id) {
  Route route{.kind = Kind::stored, .dialect = openai_responses};
  const std::size_t slash = id.find('/');
  route.name = id.substr(0, slash);
  if (slash != Bytes::npos) route.kind = id.substr(slash) == "/cancel" ? Kind::cancel : Kind::unknown;
  return route;
}

/// `{id}` of OpenAI's list, or `{model}:{method}` of Gemini.
Route model_route(Bytes rest, Bytes target, dialect::Dialect dialect) {
  const std::size_t colon = rest.rfind(':');
  const Bytes method = colon == Bytes::npos ? Bytes{} : rest.substr(colon + 1);
  Route route{.kind = Kind::generate, .dialect = gemini, .name = rest.substr(0, colon)};
  if (method == "countTokens") {
    route.kind = Kind::count;
  } else if (method == "streamGenerateContent") {
    route.stream = true;
    route.array = !query_says(target, "alt=sse");
  } else if (method != "generateContent") {
    return {.kind = Kind::model, .dialect = dialect, .name = rest};
  }
  return route;
}

}  // namespace

bool query_says(Bytes target, Bytes parameter) {
  Bytes query = codec::split_target(target).query;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    if (query.substr(0, end) == parameter) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

Route route_of(Bytes target) {
  Bytes path = codec::split_target(target).path;
  const dialect::Dialect dialect = take(path, "/v1beta/") ? gemini : openai_chat;
  if (dialect == openai_chat && !take(path, "/v1/")) take(path, "/");
  if (path == "chat/completions") return {.kind = Kind::generate, .dialect = openai_chat};
  if (path == "responses") return {.kind = Kind::generate, .dialect = openai_responses};
  if (path == "responses/input_tokens") return {.kind = Kind::count, .dialect = openai_responses};
  if (take(path, "responses/")) return stored_route(path);
  if (path == "messages") return {.kind = Kind::generate, .dialect = anthropic_messages};
  if (path == "messages/count_tokens") return {.kind = Kind::count, .dialect = anthropic_messages};
  if (path == "models") return {.kind = Kind::models, .dialect = dialect};
  if (take(path, "models/")) return model_route(path, target, dialect);
  return {.dialect = dialect};
}

bool allows(const Route& route, codec::Method method) {
  using enum codec::Method;
  switch (route.kind) {
    case Kind::generate:
    case Kind::count:
    case Kind::cancel:
      return method == post;
    case Kind::stored:
      return method == get || method == delete_;
    case Kind::models:
    case Kind::model:
      return method == get || method == head;
    case Kind::unknown:
      return true;
  }
  return false;
}

}  // namespace weir::simulator
