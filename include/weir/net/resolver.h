// Host names for one shard: a NameRecord for each name that was ever asked for (they come from the configuration, so
// they are few), one lookup in flight for each at most, everybody else waits for it.
//
// Owned by the gateway of a shard; single-threaded; must be closed before it dies.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/intrusive_list.h"
#include "weir/io/loop.h"
#include "weir/io/names.h"
#include "weir/net/name_record.h"

namespace weir::net {

class Resolver;

/// One name and who waits for it. Belongs to the resolver and lives as long.
class Name : private io::Lookup {
 public:
  Name(Resolver& resolver, Bytes host);
  Bytes host() const { return host_; }
  NameRecord& record() { return record_; }

 private:
  friend class Resolver;
  friend class NameWait;
  static void on_answer(io::Lookup& lookup, const io::NameAnswer& answer);

  Resolver& resolver_;
  std::string host_;
  NameRecord record_;
  IntrusiveList<class NameWait, Name> waiting_;
};

/// One user of a name: `co_await` gives its addresses in the order in which they should be tried. Faults:
/// name_not_found, name_unresolved, connect_timeout at the deadline, cancelled.
class NameWait : public ListHook<Name>, private io::Timer {
 public:
  NameWait(Name& name, std::uint16_t port, Instant deadline)
      : Timer(&on_timer), name_(name), port_(port), deadline_(deadline) {}

  bool await_ready();
  void await_suspend(std::coroutine_handle<> handle);
  Result<AddressList> await_resume() { return result_; }
  /// The wait ends with Fault::cancelled; the lookup goes on for the next user.
  void cancel();

 private:
  friend class Name;
  friend class Resolver;
  static void on_timer(io::Timer& timer);
  void look_again();
  void finish(Result<AddressList> result);
  void use();

  Name& name_;
  std::uint16_t port_;
  Instant deadline_;
  Result<AddressList> result_ = fail(Fault::cancelled);
  std::coroutine_handle<> handle_;
};

class Resolver {
 public:
  Resolver(io::Loop& loop, const io::NameOptions& options) : loop_(loop), names_(loop, options) {}
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  io::Loop& loop() { return loop_; }
  /// The record of a host name; made when it is first asked for.
  Name& name(Bytes host);

  /// Lookups by how they ended, indexed by io::NameStatus.
  const std::array<std::uint64_t, io::kNameStatusCount>& lookups() const { return lookups_; }
  /// Connections that were attempted with addresses past their time.
  std::uint64_t stale_used() const { return stale_used_; }
  bool closing() const { return closing_; }

  /// Cancels what is under way; returns when nothing is outstanding. Nobody may wait any more.
  io::Task<> close();

 private:
  friend class Name;
  friend class NameWait;
  void ask(Name& name);

  io::Loop& loop_;
  io::Names names_;
  std::vector<std::unique_ptr<Name>> known_;
  std::array<std::uint64_t, io::kNameStatusCount> lookups_{};
  std::uint64_t stale_used_ = 0;
  bool closing_ = false;
};

}  // namespace weir::net
