#include "weir/net/resolver.h"

#include <algorithm>

namespace weir::net {

Name::Name(Resolver& resolver, Bytes host) : Lookup(&on_answer), resolver_(resolver), host_(host) {}

void Name::on_answer(io::Lookup& lookup, const io::NameAnswer& answer) {
  auto& self = static_cast<Name&>(lookup);
  Resolver& resolver = self.resolver_;
  if (!answer.more) ++resolver.lookups_[static_cast<std::size_t>(answer.status)];
  self.record_.on_answer(answer, resolver.loop_.now());
  // Each is finished, or goes on waiting for the second half of the answer.
  self.waiting_.for_each([](NameWait& wait) { wait.look_again(); });
}

// ---- NameWait

bool NameWait::await_ready() {
  const Instant now = name_.resolver_.loop_.now();
  const auto decision = name_.record_.decide(now);
  if (decision.ask) name_.resolver_.ask(name_);
  if (decision.use == NameRecord::Use::wait && name_.record_.asking()) return false;
  if (decision.use == NameRecord::Use::now) {
    use();
  } else {
    result_ = fail(decision.fault);
  }
  return true;
}

void NameWait::await_suspend(std::coroutine_handle<> handle) {
  handle_ = handle;
  name_.waiting_.push_back(*this);
  name_.resolver_.loop_.timers().set(*this, std::min(deadline_, name_.record_.patience()));
}

void NameWait::use() {
  const AddressList list = name_.record_.take(port_, name_.resolver_.loop_.now());
  name_.resolver_.stale_used_ += list.stale;
  result_ = list;
}

void NameWait::look_again() {
  const auto decision = name_.record_.decide(name_.resolver_.loop_.now());
  if (decision.use == NameRecord::Use::wait && name_.record_.asking()) return;
  if (decision.use == NameRecord::Use::now) {
    use();
    return finish(result_);
  }
  finish(fail(decision.fault));
}

void NameWait::on_timer(io::Timer& timer) {
  auto& self = static_cast<NameWait&>(timer);
  if (self.name_.record_.size() > 0) {  // an old answer, after some patience
    self.use();
    return self.finish(self.result_);
  }
  if (self.name_.resolver_.loop_.now() < self.deadline_)
    return self.name_.resolver_.loop_.timers().set(timer, self.deadline_);
  self.finish(fail(Fault::name_unresolved));
}

void NameWait::cancel() {
  if (handle_) finish(fail(Fault::cancelled));
}

void NameWait::finish(Result<AddressList> result) {
  result_ = std::move(result);
  ListHook<Name>::unlink();
  name_.resolver_.loop_.timers().cancel(*this);
  name_.resolver_.loop_.make_ready(std::exchange(handle_, {}));
}

// ---- Resolver

Resolver::~Resolver() = default;

Name& Resolver::name(Bytes host) {
  const auto found = std::ranges::find(known_, host, [](const auto& name) { return name->host(); });
  if (found != known_.end()) return **found;
  return *known_.emplace_back(std::make_unique<Name>(*this, host));
}

void Resolver::ask(Name& name) {
  if (closing_) return;
  name.record_.on_asked(loop_.now());
  names_.start(name, name.host_);
}

io::Task<> Resolver::close() {
  closing_ = true;
  co_await names_.close();
}

}  // namespace weir::net
