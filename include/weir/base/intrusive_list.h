// A doubly linked list whose links live inside its members: no allocation, removal in O(1) from anywhere.
// Single-threaded. A hook unlinks itself when destroyed, so a member can never be left dangling in a list.
#pragma once

#include "weir/base/assert.h"

namespace weir {

/// Base class of list members. `Tag` lets one object be in several lists.
template <class Tag = void>
class ListHook {
 public:
  ListHook() = default;
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;
  ~ListHook() { unlink(); }

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (!next_) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    next_ = prev_ = nullptr;
  }

 private:
  template <class T, class U>
  friend class IntrusiveList;
  ListHook* next_ = nullptr;
  ListHook* prev_ = nullptr;
};

/// List of T, where T derives from ListHook<Tag>. Owns nothing. Must be empty or outlived by nothing when it dies.
template <class T, class Tag = void>
class IntrusiveList {
  using Hook = ListHook<Tag>;

 public:
  IntrusiveList() { head_.next_ = head_.prev_ = &head_; }
  ~IntrusiveList() {
    while (!empty()) pop_front();
    head_.next_ = head_.prev_ = nullptr;
  }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  bool empty() const { return head_.next_ == &head_; }
  T& front() { return *static_cast<T*>(head_.next_); }
  T& back() { return *static_cast<T*>(head_.prev_); }

  void push_back(T& item) { insert(*head_.prev_, item); }
  void push_front(T& item) { insert(head_, item); }
  T& pop_front() {
    T& item = front();
    static_cast<Hook&>(item).unlink();
    return item;
  }
  T& pop_back() {
    T& item = back();
    static_cast<Hook&>(item).unlink();
    return item;
  }

  /// Visits every member; the visitor may unlink the member it is given, but no other.
  template <class Visitor>
  void for_each(Visitor&& visit) {
    for (Hook* hook = head_.next_; hook != &head_;) {
      Hook* next = hook->next_;
      visit(*static_cast<T*>(hook));
      hook = next;
    }
  }

 private:
  static void insert(Hook& before, Hook& hook) {
    WEIR_ASSERT(!hook.linked(), "a member is in at most one list of a tag");
    hook.prev_ = &before;
    hook.next_ = before.next_;
    before.next_->prev_ = &hook;
    before.next_ = &hook;
  }

  Hook head_;
};

}  // namespace weir
