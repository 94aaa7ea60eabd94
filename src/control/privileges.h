// What the process may still do once it serves: giving up the user it was started as, its capabilities, the way back to
// either, and core dumps, which would hold keys.
//
// Called by serve() on the main thread, after everything is open that needs privileges (listeners, the log file, rings
// where the kernel reserves them, certificates and secret files) and before any other thread exists: whatever is given
// up here is given up by every thread, because each inherits it from the one that starts it. (glibc's setuid() would
// also tell threads that run already, by a signal to each; a thread that never had privileges needs no such care.)
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "weir/base/bytes.h"

namespace weir::control {

/// Who the process becomes.
struct Identity {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  ///< supplementary ones
};

/// Looks up `user` or `user:group`, by name or number. With a group, that group alone; without, all of the user's own.
/// Nothing to do (an empty `user`, or who the process is already): no identity. The error is a sentence for the
/// operator: an unknown user or group, root itself, or a process that may not change its user.
std::expected<std::optional<Identity>, std::string> find_identity(Bytes user);

/// Becomes `identity` if there is one; gives up every capability unless it stays root; no exec() gives anything back
/// any more. The error is a sentence for the operator; the process must then end.
std::expected<void, std::string> give_up_privileges(const std::optional<Identity>& identity);

/// Whether the process's memory may be dumped or looked at by others of its user. Changing the user resets it.
void allow_core_dumps(bool allowed);

/// True if this process is root: it should not be, while it serves.
bool is_root();

}  // namespace weir::control
