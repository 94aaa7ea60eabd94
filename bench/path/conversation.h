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
std::string request(std::size_t body_bytes, bool stream, Bytes key, bool closes);

/// A chat completion of about 1 KB with usage.
const std::string& document();
/// An answer with this document.
std::string document_answer(bool closes);

/// Head of a stream's answer, and its first frame, which carries the role.
std::string stream_begin();
/// The n-th content frame, `data: ` and blank line included: of each kind always as many bytes.
std::string content_frame(Frames kind, std::size_t n);
/// Finish, usage, `[DONE]`: each a frame; then the end of the chunked body.
std::string stream_end();
/// `data` as one chunk of a chunked body.
std::string in_chunk(Bytes data);
/// What the client has to see of a stream with n content frames: all but the usage, which only weir asked for.
std::string stream_body(Frames kind, std::size_t n);

}  // namespace weir::path
