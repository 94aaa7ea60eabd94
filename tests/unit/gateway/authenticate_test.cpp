#include "authenticate.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::gateway {
namespace {

struct Row {
  const char* fields;
  const char* name;  // of the key that is found; null: unauthorized
};

admission::KeyTable two_keys(bool anonymous = false) {
  std::vector<admission::VirtualKey> keys;
  keys.push_back({.name = "one", .hash = admission::hash_key("wk_one")});
  keys.push_back({.name = "two", .hash = admission::hash_key("wk_two")});
  return admission::KeyTable(std::move(keys), anonymous);
}

void check(const admission::KeyTable& keys, const Row& row) {
  SCOPED_TRACE(row.fields);
  const std::string text = std::string("POST / HTTP/1.1\r\nhost: x\r\n") + row.fields + "\r\n";
  codec::RequestHead head;
  ASSERT_TRUE(codec::parse_request_head(text, head));
  admission::KeyMemo memo(keys, {1, 2});
  const auto key = authenticate(head, memo);
  const auto again = authenticate(head, memo);  // from memory, where it was found
  EXPECT_EQ(key.has_value(), again.has_value());
  if (key && again) EXPECT_EQ(*key, *again);
  if (row.name) {
    ASSERT_TRUE(key);
    EXPECT_EQ((*key)->name, row.name);
  } else {
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error(), Fault::unauthorized);
  }
}

TEST(Authenticate, FindsTheKeyWhereverAnSdkPutsIt) {
  const auto keys = two_keys();
  for (const Row& row : {
           Row{"Authorization: Bearer wk_one\r\n", "one"},
           Row{"authorization: bearer wk_two\r\n", "two"},
           Row{"AUTHORIZATION: BEARER   wk_two  \r\n", "two"},
           Row{"x-api-key: wk_one\r\n", "one"},
           Row{"X-Api-Key:\twk_one \r\n", "one"},
           Row{"api-key: wk_two\r\n", "two"},
           Row{"x-goog-api-key: wk_one\r\n", "one"},
           Row{"anthropic-version: 2023-06-01\r\nx-api-key: wk_two\r\nx-other: wk_one\r\n", "two"},
       })
    check(keys, row);
}

TEST(Authenticate, RefusesEverythingElseAlike) {
  const auto keys = two_keys();
  for (const Row& row : {
           Row{"", nullptr},
           Row{"Authorization: Bearer wk_three\r\n", nullptr},
           Row{"Authorization: Bearer\r\n", nullptr},
           Row{"Authorization: Bearer \r\n", nullptr},
           Row{"Authorization: wk_one\r\n", nullptr},
           Row{"Authorization: Basic d2tfb25lOg==\r\n", nullptr},
           Row{"Authorization: Bearerwk_one\r\n", nullptr},
           Row{"Authorization: Bearer wk_one wk_one\r\n", nullptr},
           Row{"Authorization: Bearer WK_ONE\r\n", nullptr},
           Row{"x-api-key: Bearer wk_one\r\n", nullptr},
           Row{"x-api-key: \r\n", nullptr},
           Row{"x-key: wk_one\r\n", nullptr},
           Row{"cookie: wk_one\r\n", nullptr},
           Row{"proxy-authorization: Bearer wk_one\r\n", nullptr},
           Row{"Authorization: Bearer wk_one\r\nAuthorization: Bearer wk_one\r\n", nullptr},
           Row{"Authorization: Bearer wk_one\r\nAuthorization: Bearer wk_two\r\n", nullptr},
           Row{"x-api-key: wk_one\r\nx-api-key: wk_two\r\n", nullptr},
       })
    check(keys, row);
}

// The first place that holds a credential decides; a wrong key there is not mended by another.
TEST(Authenticate, OnePlaceDecides) {
  const auto keys = two_keys();
  check(keys, {"x-api-key: wk_two\r\nAuthorization: Bearer wk_one\r\n", "one"});
  check(keys, {"x-api-key: wk_two\r\nAuthorization: Bearer wk_three\r\n", nullptr});
  check(keys, {"x-goog-api-key: wk_two\r\nx-api-key: wk_one\r\n", "one"});
  check(keys, {"api-key: wk_three\r\nx-goog-api-key: wk_one\r\n", nullptr});
  check(keys, {"Authorization: Basic abc\r\nx-api-key: wk_one\r\n", "one"});  // Basic is no key of ours
}

TEST(Authenticate, AnonymousClients) {
  const auto open = two_keys(true);
  check(open, {"", "anonymous"});
  check(open, {"Authorization: Bearer wk_one\r\n", "one"});
  check(open, {"Authorization: Bearer wk_three\r\n", nullptr});
  check(open, {"Authorization:\r\nAuthorization:\r\n", nullptr});
  const admission::KeyTable nobody({}, true);
  check(nobody, {"", "anonymous"});
  check(nobody, {"Authorization: Bearer sk-whatever\r\n", "anonymous"});
  const admission::KeyTable closed;
  check(closed, {"", nullptr});
  check(closed, {"x-api-key: wk_one\r\n", nullptr});
}

}  // namespace
}  // namespace weir::gateway
