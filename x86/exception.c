/* The names of the exceptions. */
#include "x86/exception.h"

#include "lib/text_list.h"

static const uint8_t vectors[] = {
#define X(vector, symbol, mnemonic, code) vector,
	EXCEPTION_LIST(X)
#undef X
};

static const char mnemonics[] =
#define X(vector, symbol, mnemonic, code) mnemonic "\0"
	EXCEPTION_LIST(X)
#undef X
	;

const char *exception_name(unsigned vector)
{
	const char *name = keyed_text(mnemonics, vectors, ARRAY_SIZE(vectors), vector);

	return name ? name : "?";
}
