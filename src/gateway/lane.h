// What a translated answer needs, from its request to its end; one that stitches, over all its parts.
#pragma once

#include <optional>
#include <string>

#include "translation.h"
#include "weir/dialect/answer.h"
#include "weir/io/memory_ledger.h"
#include "weir/net/downstream.h"

namespace weir::gateway {

struct Lane {
  explicit Lane(io::MemoryLedger& ledger)
      : memory(ledger, io::MemoryLedger::Use::held), said_memory(ledger, io::MemoryLedger::Use::held) {}

  dialect::AnswerContext context;
  std::string model;      ///< escaped; the context views it
  bool stitches = false;  ///< should the answer break off, somebody else may be asked for the rest

  // From the head of the (first) answer on.
  std::optional<Translation> translation;
  std::optional<net::Downstream::Answer> answer;  ///< until the client has bytes
  io::MemoryLedger::Hold memory;
  io::MemoryLedger::Hold said_memory;  ///< of the text so far, for whoever is asked for the rest
  std::string large;                   ///< what is too much to be queued at once
  std::string mark;                    ///< a comment in front of what is told next: whose it is

  /// The client has bytes.
  bool begun() const { return translation && !answer; }
};

}  // namespace weir::gateway
