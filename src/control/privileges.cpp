#include "privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weir::control {
namespace {

using Failure = std::unexpected<std::string>;

constexpr std::size_t kEntryBytes = 64 * 1024;  // one line of the user or group database, with room

std::string why(int error) { return std::strerror(error); }

/// A number that is an id; -1 means "unchanged" to the kernel and is none.
std::optional<std::uint32_t> parse_id(Bytes text) {
  const auto number = parse_decimal(text);
  if (!number || *number >= 0xffffffffU) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

/// The user's entry; a number without an entry is a user with a group of the same number.
std::optional<Identity> find_user(const std::string& name) {
  std::vector<char> memory(kEntryBytes);
  passwd entry{};
  passwd* found = nullptr;
  const auto id = parse_id(name);
  ::getpwnam_r(name.c_str(), &entry, memory.data(), memory.size(), &found);
  if (!found && id) ::getpwuid_r(*id, &entry, memory.data(), memory.size(), &found);
  if (found) return Identity{found->pw_name, found->pw_uid, found->pw_gid, {}};
  if (id) return Identity{name, *id, *id, {}};
  return std::nullopt;
}

std::optional<gid_t> find_group(const std::string& name) {
  std::vector<char> memory(kEntryBytes);
  group entry{};
  group* found = nullptr;
  ::getgrnam_r(name.c_str(), &entry, memory.data(), memory.size(), &found);
  if (found) return found->gr_gid;
  return parse_id(name);
}

std::vector<gid_t> groups_of(const Identity& identity) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgrouplist(identity.name.c_str(), identity.gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(std::max(count, 1)));
    count = static_cast<int>(groups.size());
    if (::getgrouplist(identity.name.c_str(), identity.gid, groups.data(), &count) < 0) return {identity.gid};
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

/// True when the kernel has no capability left for this thread to use or to inherit.
bool drop_capabilities() {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  return ::syscall(SYS_capset, &header, none) == 0;
}

/// While there is the right to: so that not even a program with file capabilities could have them.
void empty_the_bounding_set() {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

bool is_only(uid_t uid, gid_t gid) {
  uid_t real_uid, effective_uid, saved_uid;
  gid_t real_gid, effective_gid, saved_gid;
  if (::getresuid(&real_uid, &effective_uid, &saved_uid) != 0) return false;
  if (::getresgid(&real_gid, &effective_gid, &saved_gid) != 0) return false;
  return real_uid == uid && effective_uid == uid && saved_uid == uid && real_gid == gid && effective_gid == gid &&
         saved_gid == gid;
}

}  // namespace

std::expected<std::optional<Identity>, std::string> find_identity(Bytes user) {
  if (user.empty()) return std::nullopt;
  const std::size_t colon = user.find(':');
  const std::string name(user.substr(0, colon));
  auto identity = find_user(name);
  if (!identity) return Failure("user: there is no user \"" + name + "\" on this machine. Create it, or name another.");
  if (identity->uid == 0)
    return Failure("user: " + name + " is root, which gives nothing up. Name another user, or remove the line.");
  const bool is_already = ::geteuid() == identity->uid;
  if (!is_already && !is_root())
    return Failure("user: only root may become " + name + ", and this process runs as user " +
                   std::to_string(::geteuid()) + ". Start it as root or as " + name + ", or remove the line.");
  if (colon == Bytes::npos) {
    if (is_already) return std::nullopt;
    identity->groups = groups_of(*identity);
    return identity;
  }
  const std::string group(user.substr(colon + 1));
  const auto gid = find_group(group);
  if (!gid) return Failure("user: there is no group \"" + group + "\" on this machine. Create it, or name another.");
  if (is_already) {
    if (::getegid() == *gid) return std::nullopt;
    return Failure("user: this process runs as " + name + " already, but not in the group " + group +
                   ". Start it as root or in that group, or remove the line.");
  }
  identity->gid = *gid;
  identity->groups = {*gid};
  return identity;
}

std::expected<void, std::string> give_up_privileges(const std::optional<Identity>& identity) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failure("no_new_privs cannot be set: " + why(errno) + ".");
  if (identity) {
    empty_the_bounding_set();
    // Groups first: without root they could not be changed any more.
    if (::setgroups(identity->groups.size(), identity->groups.data()) != 0 || ::setgid(identity->gid) != 0 ||
        ::setuid(identity->uid) != 0)
      return Failure("user: this process cannot become " + identity->name + ": " + why(errno) +
                     ". In a container it needs the capabilities SETUID and SETGID, or start it as that user.");
    if (!is_only(identity->uid, identity->gid) || ::setuid(0) == 0)
      return Failure("user: the kernel left a way back from " + identity->name + "; weir does not start like this.");
  }
  if (!is_root() && !drop_capabilities()) return Failure("capabilities cannot be given up: " + why(errno) + ".");
  return {};
}

void allow_core_dumps(bool allowed) { ::prctl(PR_SET_DUMPABLE, allowed ? 1 : 0, 0, 0, 0); }

bool is_root() { return ::geteuid() == 0; }

}  // namespace weir::control
