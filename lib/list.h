/* A circular doubly linked list whose links live inside its elements. A head is an element-less
 * link that points at itself when the list is empty. No function allocates or locks. */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include "lib/types.h"

struct list {
	struct list *next, *previous;
};

#define LIST_INIT(head)          \
	{                        \
		&(head), &(head) \
	}

static inline void list_init(struct list *head)
{
	head->next = head->previous = head;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_append(struct list *head, struct list *link)
{
	link->previous = head->previous;
	link->next = head;
	head->previous->next = link;
	head->previous = link;
}

static inline void list_prepend(struct list *head, struct list *link)
{
	list_append(head->next, link);
}

/* Takes `link` out and leaves it pointing at itself, so that removing twice is harmless. */
static inline void list_remove(struct list *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
	list_init(link);
}

/* Both at once: takes the first element's link out of a list that has one, and appends `link`. The former is left
 * as it is: it has to be put into a list before anything else is done with it. */
static inline void list_rotate(struct list *head, struct list *link)
{
	struct list *first = head->next, *second = first->next, *last;

	head->next = second;
	second->previous = head;
	last = head->previous;
	link->previous = last;
	link->next = head;
	last->next = link;
	head->previous = link;
}

#define list_entry(link, type, member) container_of(link, type, member)

/* The first element's link, or null. */
static inline struct list *list_first(const struct list *head)
{
	return list_is_empty(head) ? NULL : head->next;
}

#define list_for_each(link, head) \
	for ((link) = (head)->next; (link) != (head); (link) = (link)->next)

#endif
