/* SPDX-License-Identifier: Apache-2.0 */
/* A doubly linked list through the things that it lists. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/outcome.h"

/* A list's head and a link alike. A link that is in no list points to itself.
 */
struct list {
	struct list *next;
	struct list *before;
};

static inline void list_init(struct list *list)
{
	list->next = list;
	list->before = list;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->next == list;
}

static inline void list_append(struct list *list, struct list *link)
{
	link->next = list;
	link->before = list->before;
	list->before->next = link;
	list->before = link;
}

/* Safe on a link that is in no list. */
static inline void list_remove(struct list *link)
{
	link->before->next = link->next;
	link->next->before = link->before;
	list_init(link);
}

/* Takes the first link off, or NULL. */
static inline struct list *list_take_first(struct list *list)
{
	struct list *first = list->next;

	if (first == list)
		return NULL;
	list_remove(first);
	return first;
}
