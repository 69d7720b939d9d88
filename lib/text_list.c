#include "lib/text_list.h"

#include "lib/string.h"

const char *nth_text(const char *texts, unsigned n)
{
	while (n--)
		texts += strlen(texts) + 1;
	return texts;
}

const char *keyed_text(const char *texts, const uint8_t *keys, unsigned count, uint32_t key)
{
	for (unsigned i = 0; i < count; i++)
		if (keys[i] == key)
			return nth_text(texts, i);
	return NULL;
}
