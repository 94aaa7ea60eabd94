// Who the process would become. The change itself is tested with the real binary (tests/live/test_privileges.py).
#include "privileges.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace weir::control {
namespace {

TEST(Privileges, NothingToDo) {
  const auto nobody_named = find_identity("");
  ASSERT_TRUE(nobody_named);
  EXPECT_FALSE(*nobody_named);
}

TEST(Privileges, SaysWhatIsWrong) {
  struct Case {
    const char* user;
    const char* part;  // of the sentence
  };
  for (const auto& [user, part] : {
           Case{"no-such-user-anywhere", "there is no user \"no-such-user-anywhere\""},
           {"root", "gives nothing up"},
           {"0", "gives nothing up"},
           {"0:1", "gives nothing up"},
           {"4294967295", "there is no user"},
           {"99999999999", "there is no user"},
       }) {
    const auto found = find_identity(user);
    ASSERT_FALSE(found) << user;
    EXPECT_NE(found.error().find(part), std::string::npos) << found.error();
  }
}

TEST(Privileges, OnlyRootBecomesSomebodyElse) {
  const auto nobody = find_identity("65534");
  const auto in_a_group = find_identity("65534:12345");
  const auto in_no_group = find_identity("65534:no-such-group-anywhere");
  ASSERT_FALSE(in_no_group);
  if (is_root()) {
    ASSERT_TRUE(nobody && *nobody);
    EXPECT_EQ((*nobody)->uid, 65534u);
    EXPECT_FALSE((*nobody)->groups.empty());
    ASSERT_TRUE(in_a_group && *in_a_group);
    EXPECT_EQ((*in_a_group)->gid, 12345u);
    EXPECT_EQ((*in_a_group)->groups, std::vector<gid_t>{12345});
    EXPECT_NE(in_no_group.error().find("there is no group"), std::string::npos) << in_no_group.error();
  } else {
    const auto itself = find_identity(std::to_string(::geteuid()));
    ASSERT_TRUE(itself);
    EXPECT_FALSE(*itself);
    const auto other = find_identity(std::to_string(::geteuid() + 1));
    ASSERT_FALSE(other);
    EXPECT_NE(other.error().find("only root may become"), std::string::npos) << other.error();
  }
}

TEST(Privileges, ANumberNeedsNoEntry) {
  if (!is_root()) GTEST_SKIP() << "only root may become somebody else";
  const auto found = find_identity("54321");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->uid, 54321u);
  EXPECT_EQ((*found)->gid, 54321u);
}

}  // namespace
}  // namespace weir::control
