/* Memory and string functions. The bulk ones use the string instructions, which every CPU with
 * VMX runs at full width; in an emulator they are one instruction instead of thousands. What looks
 * for the end of a text uses one, too: it takes a step for a character there, and a loop several. Host
 * tests use the C library's and do not link this file, except its own test under other names. */
#include "lib/string.h"

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
	void *cursor = to;
	size_t words = count / sizeof(uint64_t), rest = count % sizeof(uint64_t);

	__asm__ volatile("rep movsq" : "+D"(cursor), "+S"(from), "+c"(words) : : "memory");
	__asm__ volatile("rep movsb" : "+D"(cursor), "+S"(from), "+c"(rest) : : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t count)
{
	if ((uintptr_t)to - (uintptr_t)from >= count)
		return memcpy(to, from, count);

	void *to_last = (char *)to + count - 1;
	const void *from_last = (const char *)from + count - 1;
	__asm__ volatile("std; rep movsb; cld"
			 : "+D"(to_last), "+S"(from_last), "+c"(count)
			 :
			 : "memory");
	return to;
}

void *memset(void *to, int byte, size_t count)
{
	void *cursor = to;
	size_t words = count / sizeof(uint64_t), rest = count % sizeof(uint64_t);
	uint64_t pattern = (uint8_t)byte * 0x0101010101010101ull;

	/* An emulator may count each step of REP: most of Plinth's time at boot would go here. */
	__asm__ volatile("rep stosq" : "+D"(cursor), "+c"(words) : "a"(pattern) : "memory");
	__asm__ volatile("rep stosb" : "+D"(cursor), "+c"(rest) : "a"(pattern) : "memory");
	return to;
}

int memcmp(const void *a, const void *b, size_t count)
{
	const uint8_t *x = a, *y = b;

	for (size_t i = 0; i < count; i++) {
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	}
	return 0;
}

size_t strlen(const char *text)
{
	return strnlen(text, SIZE_MAX);
}

size_t strnlen(const char *text, size_t limit)
{
	const char *cursor = text;
	bool found;

	if (!limit)
		return 0;
	__asm__ volatile("repne scasb"
			 : "+D"(cursor), "+c"(limit), "=@ccz"(found)
			 : "a"(0)
			 : "memory");
	/* Behind the end of the text, or where the limit is. */
	return (size_t)(cursor - text) - found;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t x = (uint8_t)a[i], y = (uint8_t)b[i];
		if (x != y)
			return x < y ? -1 : 1;
		if (!x)
			break;
	}
	return 0;
}

char *strchr(const char *text, int c)
{
	for (;; text++) {
		if (*text == (char)c)
			return (char *)text;
		if (!*text)
			return NULL;
	}
}
