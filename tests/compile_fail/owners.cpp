// What has one owner, and stays where it is.
// clang-format off
#include "weir/base/recycler.h"
#include "weir/io/op.h"
#include "weir/io/scope.h"
#include "weir/io/task.h"
#include "weir/net/downstream.h"
#include "weir/net/upstream.h"

using namespace weir;

[[maybe_unused]] static void handler(io::Op&, const io::Completion&) {}
[[maybe_unused]] static io::Task<> nothing() { co_return; }

[[maybe_unused]] static io::Task<> use(io::Scope& scope, io::Scope& other_scope, Recycler<int>& recycler,
                                       net::UpstreamPool::Lease& connection) {
  io::Op op(&handler);
  Recycler<int>::Lease lease = recycler.take();
  const Recycler<int>::Lease moved = std::move(lease);
  io::Task<> task = nothing();
  co_await std::move(task);
  scope.spawn(nothing());
#if MISUSE == 1  // a lent object is not lent twice: call to implicitly-deleted copy constructor
  const Recycler<int>::Lease copy = moved;
#elif MISUSE == 2  // a provider's connection belongs to one exchange: call to implicitly-deleted copy constructor
  const net::UpstreamPool::Lease copy = connection;
#elif MISUSE == 3  // an operation is not copied: call to deleted constructor
  const io::Op copy = op;
#elif MISUSE == 4  // an operation does not move, the kernel has its address: call to deleted constructor
  const io::Op copy = std::move(op);
#elif MISUSE == 5  // a task is not started and forgotten: ignoring return value
  nothing();
#elif MISUSE == 6  // a task is awaited once, by whom it is given to: invalid operands|no viable|cannot convert|no member
  co_await task;
#elif MISUSE == 7  // a task has one owner: call to implicitly-deleted copy constructor
  const io::Task<> copy = task;
#elif MISUSE == 8  // a scope stays with its tasks: call to deleted constructor
  const io::Scope copy = scope;
#elif MISUSE == 9  // nor is it assigned: overload resolution selected deleted operator
  scope = other_scope;
#endif
}
