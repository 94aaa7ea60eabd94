#include "weir/control/provider_documents.h"

#include <algorithm>

#include "weir/catalog/provider_kind.h"
#include "weir/dialect/quirk_words.h"

namespace weir::control {

namespace {

using catalog::ProviderKind;

std::string code(Bytes text) { return text.empty() ? std::string() : "`" + std::string(text) + "`"; }

/// Cells between bars.
void append_row(std::string& out, std::initializer_list<std::string> cells) {
  out += "|";
  for (const std::string& cell : cells) out += " " + cell + " |";
  out += "\n";
}

template <class Range, class Word>
std::string joined(const Range& range, const Word& word) {
  std::string list;
  for (const auto& entry : range) list += (list.empty() ? "" : ", ") + word(entry);
  return list;
}

std::string dialects_of(const ProviderKind& kind) {
  return joined(kind.dialects.all(), [](dialect::Dialect dialect) { return code(to_string(dialect)); });
}

std::string address_of(const ProviderKind& kind) {
  switch (kind.place) {
    case catalog::Place::built_in:
      return "inside weir";
    case catalog::Place::configured:
      return "**required**";
    case catalog::Place::known:
    case catalog::Place::local:
      break;
  }
  return code(kind.base_url);
}

std::string authentication_of(const ProviderKind& kind) {
  const auto header = catalog::auth_header(kind.auth);
  if (header.name.empty()) return "none";
  const std::string how = code(std::string(header.name) + ": " + std::string(header.prefix) + "KEY");
  return kind.place == catalog::Place::known ? how : how + ", if there is a credential";
}

std::string infrastructure_of(const ProviderKind& kind) {
  std::string list;
  for (const Bytes tag : kind.infrastructure)
    if (!tag.empty()) list += (list.empty() ? "" : ", ") + std::string(tag);
  return list;
}

void append_kinds(std::string& out) {
  out +=
      "## The kinds\n\nOf several dialects the first is what clients of other dialects are translated to; a client "
      "whose own dialect is in the list is passed through.\n\n"
      "| `kind` | who | dialects | base URL | credential | usual variable | runs at |\n"
      "|---|---|---|---|---|---|---|\n";
  for (const ProviderKind& kind : catalog::provider_kinds())
    append_row(out, {code(kind.name), std::string(kind.title), dialects_of(kind), address_of(kind),
                     authentication_of(kind), code(kind.credential_variable), infrastructure_of(kind)});
}

void append_notes(std::string& out) {
  out += "\n## What to know about some\n\n";
  for (const ProviderKind& kind : catalog::provider_kinds())
    if (!kind.note.empty()) out += "- " + code(kind.name) + ": " + std::string(kind.note) + "\n";
}

void append_quirks(std::string& out) {
  out +=
      "\n## Quirks\n\nWhere a provider deviates from its dialect, requests to it are changed, whatever the client "
      "speaks. What is unusual in answers needs no quirk: every decoder understands all of it at any time.\n\n"
      "| quirk | what is done | kinds |\n|---|---|---|\n";
  for (const dialect::Quirk quirk : dialect::all_quirks()) {
    std::string kinds;
    for (const ProviderKind& kind : catalog::provider_kinds())
      if (kind.quirks.has(quirk)) kinds += (kinds.empty() ? "" : ", ") + code(kind.name);
    append_row(out, {code(to_string(quirk)), std::string(sentence_of(quirk)), kinds});
  }
}

void append_urls(std::string& out) {
  out +=
      "\n## URLs\n\nRequests append the dialect's own path to the base URL: `/chat/completions`, `/responses`, "
      "`/messages`, or `/models/MODEL:generateContent` and its like. Two kinds have more to it:\n\n"
      "| `kind` | URL | `api_version` |\n|---|---|---|\n";
  for (const ProviderKind& kind : catalog::provider_kinds()) {
    const std::string version = kind.api_version.empty() ? "none unless configured" : code(kind.api_version);
    switch (kind.url_form) {
      case catalog::UrlForm::base:
        break;
      case catalog::UrlForm::azure_deployment:
        append_row(out, {code(kind.name),
                         "`BASE/openai/deployments/MODEL/chat/completions?api-version=VERSION`; "
                         "`BASE/openai/v1/responses`",
                         version});
        break;
      case catalog::UrlForm::azure_v1:
        append_row(out, {code(kind.name), "`BASE/openai/v1/chat/completions`, `BASE/openai/v1/responses`", version});
        break;
    }
  }
}

void append_default_headers(std::string& out) {
  out +=
      "\nWith every request in a dialect goes, unless the client or `headers` say otherwise:\n\n"
      "| dialect | header |\n|---|---|\n";
  for (const catalog::DefaultHeader& header : catalog::default_headers())
    append_row(out,
               {code(to_string(header.dialect)), code(std::string(header.name) + ": " + std::string(header.value))});
}

void append_regions(std::string& out) {
  out += "\n## Regions\n\n| `kind` | `region` | base URL |\n|---|---|---|\n";
  for (const ProviderKind& kind : catalog::provider_kinds())
    for (const catalog::Region& region : kind.regions)
      append_row(out, {code(kind.name), code(region.name), code(region.base_url)});
}

void append_limit(std::string& out, const ProviderKind& kind, Bytes what, const catalog::LimitHeaders& headers) {
  if (headers.none()) return;
  append_row(out, {code(kind.name), std::string(what), code(headers.limit), code(headers.remaining),
                   headers.reset.empty()
                       ? "none"
                       : code(headers.reset) + ", " + std::string(to_string(kind.rate_limits.reset_format))});
}

void append_rate_limits(std::string& out) {
  out +=
      "\n## Rate-limit headers\n\nWhat a provider tells about its limits in the heads of its answers. Kinds that are "
      "not here tell nothing, or nothing that is known.\n\n"
      "| `kind` | limit on | limit | what is left | when it is reset |\n|---|---|---|---|---|\n";
  for (const ProviderKind& kind : catalog::provider_kinds()) {
    append_limit(out, kind, "requests", kind.rate_limits.requests);
    append_limit(out, kind, "tokens", kind.rate_limits.tokens);
    append_limit(out, kind, "input tokens", kind.rate_limits.input_tokens);
    append_limit(out, kind, "output tokens", kind.rate_limits.output_tokens);
  }
}

}  // namespace

std::string providers_reference() {
  std::string out;
  append_kinds(out);
  append_notes(out);
  append_urls(out);
  append_default_headers(out);
  append_regions(out);
  append_quirks(out);
  append_rate_limits(out);
  return out;
}

}  // namespace weir::control
