#include "weir/base/intrusive_list.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "weir/base/random.h"

namespace weir {
namespace {

struct ByAge;
struct ByUse;

struct Item : ListHook<>, ListHook<ByAge>, ListHook<ByUse> {
  explicit Item(int name) : name(name) {}
  int name;
};

template <class Tag = void>
std::vector<int> names(IntrusiveList<Item, Tag>& list) {
  std::vector<int> result;
  list.for_each([&](Item& item) { result.push_back(item.name); });
  return result;
}

TEST(IntrusiveList, KeepsTheOrderOfBothEnds) {
  Item a(1), b(2), c(3);
  IntrusiveList<Item> list;
  EXPECT_TRUE(list.empty());
  list.push_back(b);
  list.push_back(c);
  list.push_front(a);
  EXPECT_EQ(names(list), (std::vector{1, 2, 3}));
  EXPECT_EQ(&list.front(), &a);
  EXPECT_EQ(&list.back(), &c);
  EXPECT_EQ(&list.pop_back(), &c);
  EXPECT_EQ(&list.pop_front(), &a);
  EXPECT_EQ(names(list), std::vector{2});
  EXPECT_FALSE(a.ListHook<>::linked());
  EXPECT_TRUE(b.ListHook<>::linked());
}

TEST(IntrusiveList, UnlinksFromAnywhereAndTwiceIsNothing) {
  Item a(1), b(2), c(3);
  IntrusiveList<Item> list;
  for (Item* item : {&a, &b, &c}) list.push_back(*item);
  b.ListHook<>::unlink();
  b.ListHook<>::unlink();
  EXPECT_EQ(names(list), (std::vector{1, 3}));
  list.push_front(b);
  EXPECT_EQ(names(list), (std::vector{2, 1, 3}));
}

TEST(IntrusiveList, OneItemInSeveralListsByTag) {
  Item a(1), b(2);
  IntrusiveList<Item, ByAge> by_age;
  IntrusiveList<Item, ByUse> by_use;
  by_age.push_back(a);
  by_age.push_back(b);
  by_use.push_front(a);
  by_use.push_front(b);
  EXPECT_EQ(names(by_age), (std::vector{1, 2}));
  EXPECT_EQ(names(by_use), (std::vector{2, 1}));
  a.ListHook<ByAge>::unlink();
  EXPECT_EQ(names(by_age), std::vector{2});
  EXPECT_EQ(names(by_use), (std::vector{2, 1}));
}

TEST(IntrusiveList, ADyingMemberLeaves) {
  IntrusiveList<Item> list;
  Item stays(1);
  list.push_back(stays);
  {
    Item leaves(2);
    list.push_back(leaves);
    EXPECT_EQ(names(list), (std::vector{1, 2}));
  }
  EXPECT_EQ(names(list), std::vector{1});
}

TEST(IntrusiveList, ADyingListLetsItsMembersGo) {
  Item a(1), b(2);
  {
    IntrusiveList<Item> list;
    list.push_back(a);
    list.push_back(b);
  }
  EXPECT_FALSE(a.ListHook<>::linked());
  EXPECT_FALSE(b.ListHook<>::linked());
}

TEST(IntrusiveList, AVisitorMayUnlinkTheMemberItIsGiven) {
  Item a(1), b(2), c(3), d(4);
  IntrusiveList<Item> list;
  for (Item* item : {&a, &b, &c, &d}) list.push_back(*item);
  list.for_each([](Item& item) {
    if (item.name % 2 == 0) item.ListHook<>::unlink();
  });
  EXPECT_EQ(names(list), (std::vector{1, 3}));
}

TEST(IntrusiveListDeathTest, AMemberOfOneListCannotEnterAnother) {
  Item a(1);
  IntrusiveList<Item> here, there;
  here.push_back(a);
  EXPECT_DEATH(there.push_back(a), "at most one list");
}

// Ten thousand random operations, each compared with a deque of names.
TEST(IntrusiveList, BehavesLikeAModel) {
  Random random(1);
  std::vector<std::unique_ptr<Item>> items;
  for (int i = 0; i < 16; ++i) items.push_back(std::make_unique<Item>(i));
  IntrusiveList<Item> list;
  std::deque<int> model;
  for (int step = 0; step < 10'000; ++step) {
    const auto index = random.below(items.size());
    Item& item = *items[index];
    if (item.ListHook<>::linked()) {
      if (random.one_in(4)) {
        items[index] = std::make_unique<Item>(item.name);  // destroys the member while it is in the list
      } else {
        item.ListHook<>::unlink();
      }
      std::erase(model, static_cast<int>(index));
    } else if (random.one_in(2)) {
      list.push_front(item);
      model.push_front(item.name);
    } else {
      list.push_back(item);
      model.push_back(item.name);
    }
    ASSERT_EQ(names(list), std::vector(model.begin(), model.end())) << "step " << step;
    ASSERT_EQ(list.empty(), model.empty());
  }
}

}  // namespace
}  // namespace weir
