// The laws about answers: what a client may have got for each of its requests, judged when the world is over.
#pragma once

#include <string>

#include "client.h"
#include "plan.h"
#include "provider.h"
#include "telling.h"

namespace weir::sim {

/// Judges every answer of one client, whole or not. Tells broken laws and counts probes.
void judge_client(const Plan& plan, const Client& client, const Provider& provider, Telling& telling);

/// The access log against the answers: one line per exchange, none of them with a secret or a text in it.
/// `whole`: no write failed and nothing was dropped, so every line must be there.
void judge_log(const Plan& plan, const std::deque<Client>& clients, Bytes log, std::uint64_t exchanges, bool whole,
               Telling& telling);

/// True for a text that holds any of the secrets.
bool holds_secret(Bytes text, bool credential, bool keys);

}  // namespace weir::sim
