#include "weir/gateway/provider_start.h"

#include "weir/base/assert.h"

namespace weir::gateway {

using dialect::Dialect;

namespace {

bool stays_as_it_is(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         Bytes("-._~/@!$&'()*+,;=").contains(c);
}

/// Behind the base URL. Models stand in the path as append_path() writes them.
std::string target_of(const catalog::Provider& provider, const Call& call) {
  std::string path = provider.base_url.path;
  const bool counts = call.kind == Call::Kind::count_tokens;
  const bool by_deployment =
      provider.url_form == catalog::UrlForm::azure_deployment && call.dialect == Dialect::openai_chat;
  if (by_deployment) {
    path += "/openai/deployments/";
    append_path(path, call.model);
  } else if (provider.url_form != catalog::UrlForm::base) {
    path += "/openai/v1";
  }
  switch (call.dialect) {
    case Dialect::openai_chat:
      path += "/chat/completions";
      break;
    case Dialect::openai_responses:
      path += "/responses";
      if (counts) path += "/input_tokens";
      if (call.kind == Call::Kind::stored) path.append("/").append(call.stored);
      break;
    case Dialect::anthropic_messages:
      path += counts ? "/messages/count_tokens" : "/messages";
      break;
    case Dialect::gemini:
      path += "/models/";
      append_path(path, call.model);
      path += counts ? ":countTokens" : call.stream ? ":streamGenerateContent?alt=sse" : ":generateContent";
      break;
  }
  bool has_query = path.contains('?');
  const auto add = [&](Bytes name, Bytes value) {
    if (value.empty()) return;
    path.append(has_query ? "&" : "?").append(name).append(value);
    has_query = true;
  };
  // Azure's v1 form needs none; of a deployment's default it would not even know the name.
  if (by_deployment || provider.url_form != catalog::UrlForm::azure_deployment)
    add("api-version=", provider.api_version);
  add("", call.query);
  return path;
}

}  // namespace

bool is_path_safe(Bytes model) {
  for (const char c : model)
    if ((c >= 0 && c <= ' ') || c == 0x7f) return false;
  for (std::size_t begin = 0; begin <= model.size();) {
    const std::size_t end = std::min(model.find('/', begin), model.size());
    const Bytes segment = model.substr(begin, end - begin);
    if (segment.empty() || segment == "." || segment == "..") return false;
    begin = end + 1;
  }
  return true;
}

void append_path(std::string& out, Bytes model) {
  constexpr Bytes kHex = "0123456789ABCDEF";
  for (const char c : model) {
    if (stays_as_it_is(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
}

std::optional<std::string> decode_path(Bytes text, std::size_t most) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (out.size() == most) return std::nullopt;
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 1 < text.size() ? digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

ProviderStart::ProviderStart(const catalog::Provider& provider, const Secret& credential) : provider_(provider) {
  // What could not be written is refused by the configuration reader, so here it is asserted.
  const auto add_fields = [&](codec::HeadLines& lines) {
    bool written = lines.add("host", {provider.base_url.authority});
    const auto auth = catalog::auth_header(provider.kind->auth);
    if (!auth.name.empty() && !credential.empty()) written &= lines.add(auth.name, {auth.prefix, credential.reveal()});
    for (const auto& [name, value] : provider.headers) written &= lines.add(name, {value});
    written &= lines.add("accept-encoding", {"identity"});
    WEIR_ASSERT(written, "what is sent to a provider can be written");
  };
  add_fields(fields_);
  for (const Dialect dialect : provider.dialects.all()) {
    if (catalog::has_model_in_path(provider, dialect)) continue;
    auto& lines = answers_[static_cast<std::size_t>(dialect)].emplace();
    const bool written = lines.add_request_line("POST", {target_of(provider, {.dialect = dialect})});
    WEIR_ASSERT(written, "the path of a base URL can be written");
    add_fields(lines);
  }
}

void ProviderStart::write(codec::HeadWriter& writer, const Call& call) const {
  const auto& answer = answers_[static_cast<std::size_t>(call.dialect)];
  if (call.kind == Call::Kind::answer && call.query.empty() && answer) return writer.lines(*answer);
  constexpr Bytes kMethods[] = {"POST", "GET", "DELETE"};
  const Bytes method = call.method == codec::Method::get       ? kMethods[1]
                       : call.method == codec::Method::delete_ ? kMethods[2]
                                                               : kMethods[0];
  writer.request_line(method, {target_of(provider_, call)});
  writer.lines(fields_);
}

}  // namespace weir::gateway
