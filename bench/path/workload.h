// What is asked in one run, and how.
#pragma once

#include <cstdint>
#include <span>

#include "weir/base/bytes.h"
#include "weir/base/time.h"
#include "weir/dialect/dialect.h"

namespace weir::path {

/// What a stream's content frames look like.
enum class Frames : std::uint8_t {
  plain,   ///< one text, nothing but the necessary: 220 bytes
  padded,  ///< as OpenAI sends them in 2026: null usage, and a second text of changing length to hide the first's
  tools,   ///< pieces of a tool call's arguments, as OpenAI sends them
  tiny,    ///< a text of one byte
  large,   ///< a text of 500 KB
};

struct Workload {
  Bytes name;
  Bytes unit;                      ///< what a figure is per
  std::size_t connections = 32;    ///< of clients
  std::size_t exchanges = 0;       ///< of a phase, all connections together; the second phase has twice as many
  std::size_t body_bytes = 1024;   ///< of a request
  bool authorized = true;          ///< or refused
  bool client_closes = false;      ///< a connection of the client's per exchange
  bool provider_closes = false;    ///< a connection of the provider's per exchange
  bool stream = false;             ///< server-sent events, or one document
  std::size_t frames = 0;          ///< content frames of a stream
  std::size_t frames_a_write = 1;  ///< that arrive together
  Frames kind = Frames::plain;
  std::size_t deployments = 1;                                ///< of the model; beyond the first they stand by
  dialect::Dialect client = dialect::Dialect::openai_chat;    ///< the one that the client speaks
  dialect::Dialect provider = dialect::Dialect::openai_chat;  ///< and the provider, none but this
  /// The unit is a frame: the second phase has as many streams as the first, of twice as many frames.
  bool frames_count = false;

  bool translated() const { return client != provider; }
};

std::span<const Workload> workloads();

}  // namespace weir::path
