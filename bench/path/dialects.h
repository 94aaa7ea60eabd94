// The same question and the same answer in every dialect: what a client of it asks, what a provider of it answers.
// Frames have the form in which each vendor sends them (white space, numbers that count, padding), with the texts of
// the other dialects' frames.
#pragma once

#include <cstdint>
#include <string>

#include "weir/base/bytes.h"
#include "weir/dialect/dialect.h"

namespace weir::path {

inline constexpr std::uint64_t kInputTokens = 200;
inline constexpr std::uint64_t kOutputTokens = 150;

/// Where a client of the dialect asks, with the query.
std::string target_of(dialect::Dialect client, bool stream);
/// Lines of a head that carry a client's key.
std::string key_line(dialect::Dialect client, Bytes key);
/// The name of the header in which a provider of the dialect gets its credential, and its value.
std::string credential_header(dialect::Dialect provider);
std::string credential_value(dialect::Dialect provider);

/// A request's body around a question of the given length. Not for chat, whose requests are in conversation.h.
std::string question(dialect::Dialect client, bool stream, Bytes prose);

/// A stream: what comes before the n-th content frame, the frame itself, and what comes behind the last. Not for chat.
std::string frames_before(dialect::Dialect provider);
std::string text_frame(dialect::Dialect provider, Bytes text, std::size_t n);
std::string frames_behind(dialect::Dialect provider, Bytes whole_text);
/// A whole answer as a document. Not for chat.
std::string document_of(dialect::Dialect provider, Bytes text);

/// What a client of a dialect reads in an answer: the text of its only choice, if everything that belongs to an answer
/// is there and nothing else; else a sentence in brackets.
std::string text_of(dialect::Dialect client, bool stream, Bytes body);

}  // namespace weir::path
