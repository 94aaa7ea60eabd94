// What a request to a provider begins with: the request line, and the fields that go with every request to it. Made
// once for each provider, because nearly all requests begin alike; checked then, written many times. Holds the
// credential.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "weir/catalog/catalog.h"
#include "weir/codec/http1_writer.h"
#include "weir/dialect/dialect.h"

namespace weir::gateway {

/// What is asked of a provider.
struct Call {
  enum class Kind : std::uint8_t { answer, count_tokens, stored };
  Kind kind = Kind::answer;
  dialect::Dialect dialect = dialect::Dialect::openai_chat;
  Bytes model;          ///< what the provider calls it, for dialects and providers that have it in the URL
  bool stream = false;  ///< likewise
  Bytes stored;         ///< stored: id and what stands behind it
  Bytes query;          ///< of the client, where it is passed on
  codec::Method method = codec::Method::post;
};

class ProviderStart {
 public:
  ProviderStart(const catalog::Provider& provider, const Secret& credential);

  /// Writes the request line and the provider's own fields.
  void write(codec::HeadWriter& writer, const Call& call) const;

 private:
  const catalog::Provider& provider_;
  codec::HeadLines fields_;
  /// By dialect: the request line of an answer and the fields behind it, where that depends on nothing else.
  std::array<std::optional<codec::HeadLines>, dialect::kDialects.size()> answers_;
};

/// True for what may stand in the path of a provider's URL, and in a field of ours, as a model's name: no segment that
/// would climb out of its place, no control byte.
bool is_path_safe(Bytes model);

/// Appends a model's name as a part of a path: what would end the path, or the name, is percent-encoded.
void append_path(std::string& out, Bytes model);

/// The other way round; nothing for a malformed escape, or for a name longer than `most`.
std::optional<std::string> decode_path(Bytes text, std::size_t most);

}  // namespace weir::gateway
