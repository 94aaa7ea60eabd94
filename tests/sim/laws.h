// The laws about answers: what a client may have got for each of its requests, judged when the world is over.
#pragma once

#include <string>

#include "client.h"
#include "plan.h"
#include "provider.h"
#include "telling.h"

namespace weir::sim {

class PoolLaws;

/// What excuses what.
struct Circumstances {
  bool faultless = false;  ///< nothing excuses anything but the golden answer
  /// TLS, and the provider ended without saying so: weir knows that more was to come.
  bool provider_end_is_told = false;
  bool client_end_is_told = false;  ///< TLS: an end that weir says to the client is meant
};

/// Statuses that a gateway in trouble may give to any well-formed request.
bool is_trouble(int status);

/// Judges every answer of one client, whole or not. Tells broken laws and counts probes.
void judge_client(const Plan& plan, const Client& client, const Provider::Visits& visits, PoolLaws& pools, Bytes log,
                  Telling& telling);

/// The access log against the answers: one line per exchange, none of them with a secret or a text in it.
/// `whole`: no write failed and nothing was dropped, so every line must be there.
void judge_log(const Plan& plan, const std::deque<Client>& clients, Bytes log, std::uint64_t exchanges, bool whole,
               Telling& telling);

/// How often a text has another one in it.
std::size_t count_of(Bytes text, Bytes what);

/// How many attempts all lines of a log tell of.
std::uint64_t logged_attempts(Bytes log);

/// True for a text that holds any of the secrets.
bool holds_secret(Bytes text, bool credential, bool keys);

}  // namespace weir::sim
