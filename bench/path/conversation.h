// What clients ask and providers answer in the workloads: texts of fixed sizes, made once.
#pragma once

#include <string>

#include "weir/base/bytes.h"
#include "workload.h"

namespace weir::path {

inline constexpr Bytes kModel = "fast";            ///< as clients write it
inline constexpr Bytes kProviderModel = "gpt-4o";  ///< as the provider wants it
inline constexpr Bytes kKey = "wk_A8f3Zk2mQ9xT7vLp4RbN6cYd1HsWgE5uJ0oKiBnM";
inline constexpr Bytes kWrongKey = "wk_B8f3Zk2mQ9xT7vLp4RbN6cYd1HsWgE5uJ0oKiBnM";
inline constexpr Bytes kCredential = "sk-provider-secret-0123456789";

/// Of the n-th client: each has one of its own.
std::string key_of(std::size_t client);

/// A whole request, head and body, with a body of exactly `body_bytes` bytes.
std::string request(const Workload& workload, Bytes key);

/// An answer of about 1 KB with usage; a chat completion if the provider speaks that.
std::string document(dialect::Dialect provider);
/// The text that it gives.
std::string document_text();
/// An answer with this document.
std::string document_answer(const Workload& workload);

/// Head of a stream's answer, and what comes before the first content frame (chat: a frame that carries the role).
std::string stream_begin(dialect::Dialect provider);
/// The n-th content frame, `data: ` and blank line included: of each kind always as many bytes.
std::string content_frame(const Workload& workload, std::size_t n);
/// The text of the n-th one, but for padded and tools.
std::string content_text(Frames kind, std::size_t n);
/// What comes behind n content frames, each in a chunk (chat: finish, usage, `[DONE]`); then the end of the chunked
/// body.
std::string stream_end(const Workload& workload, std::size_t n);
/// `data` as one chunk of a chunked body.
std::string in_chunk(Bytes data);
/// What the client has to see of a stream with n content frames that passes: in chat all but the usage, which only weir
/// asked for.
std::string stream_body(const Workload& workload, std::size_t n);
/// The text that a stream of n content frames gives.
std::string stream_text(Frames kind, std::size_t n);

}  // namespace weir::path
