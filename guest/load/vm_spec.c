/* Reads a module string from left to right: whose it is, its role, its keys. A string is looked
 * through for vm= first, so that a mistake in front of it spoils the right VM. */
#include "guest/load/vm_spec.h"

#include "guest/load/spec_keys.h"
#include "guest/load/spec_words.h"
#include "lib/bits.h"
#include "lib/complain.h"
#include "lib/format.h"
#include "lib/string.h"

#define SEPARATOR  "--"
#define SHOWN_WORD 40 /* of a word that a sentence repeats, its end included */

static const struct {
	const char *name;
	bool kernel;
} roles[] = {
#define X(symbol, word, kernel) [symbol] = { (word), (kernel) },
	MODULE_ROLE_LIST(X)
#undef X
};
_Static_assert(ARRAY_SIZE(roles) == MODULE_ROLES, "every role has a name");

const char *module_role_name(enum module_role role)
{
	return (unsigned)role < MODULE_ROLES ? roles[role].name : "unknown";
}

/* One module's string on its way into a VM. */
struct reading {
	struct vm_specs *specs;
	const char *string;
	struct complaints listener;
	struct vm_spec *vm; /* null: not known */
	struct spec_module module;
};

/* Breaks a VM: the first reason is kept. */
static void spoil(struct vm_spec *vm, const struct complaints *to, const struct reason *why)
{
	if (vm && !vm->broken) {
		vm->broken = true;
		vm->trouble = *why;
	}
	complain(to, "%s", why->text);
}

/* A mistake in a module as a whole. */
static enum error printf_like(2, 3) refuse(const struct reading *reading, const char *format, ...)
{
	const struct vm_spec *vm = reading->vm;
	char sentence[160];
	struct reason why;
	va_list args;

	va_start(args, format);
	format_string_va(sentence, sizeof(sentence), format, args);
	va_end(args);
	reason_set(&why, ERROR_INVALID_INPUT, "module %u%s%s%s: %s", reading->module.index,
		   vm ? " (vm=" : "", vm ? vm->name : "", vm ? ")" : "", sentence);
	spoil(reading->vm, &reading->listener, &why);
	return why.kind;
}

/* A mistake in a word. */
static enum error refuse_word(const struct reading *reading, const struct spec_word *word,
			      const char *what, const char *detail)
{
	char shown[SHOWN_WORD];

	spec_show(word, shown, sizeof(shown));
	return refuse(reading, "byte %zu, \"%s\": %s%s", (size_t)(word->text - reading->string),
		      shown, what, detail);
}

static bool name_is_fine(const struct spec_word *name)
{
	for (size_t i = 0; i < name->length; i++) {
		char c = name->text[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '_' && c != '-')
			return false;
	}
	return name->length && name->length < SPEC_NAME;
}

/* The VM of that name, made when it is new; null when there is no room. */
static struct vm_spec *find_vm(struct vm_specs *specs, const struct spec_word *name)
{
	for (unsigned i = 0; i < specs->count; i++) {
		if (spec_word_is(name, specs->vms[i].name))
			return &specs->vms[i];
	}
	if (specs->count == SPEC_VMS)
		return NULL;
	struct vm_spec *vm = &specs->vms[specs->count++];
	*vm = (struct vm_spec) { .kernel = SPEC_NO_KERNEL, .offered = SPEC_NO_KERNEL };
	memcpy(vm->name, name->text, name->length);
	spec_keys_defaults(vm);
	return vm;
}

/* The next word of Plinth's; false at the separator, which `at` is then behind, and at the end. */
static bool next_own_word(const char **at, struct spec_word *word)
{
	return spec_next_word(at, word) && !spec_word_is(word, SEPARATOR);
}

static enum error find_owner(struct reading *reading)
{
	const char *at = reading->string;
	struct spec_word word, key, value, name = { NULL, 0 };

	while (next_own_word(&at, &word)) {
		if (!spec_split(&word, &key, &value) || !spec_word_is(&key, "vm"))
			continue;
		if (name.text)
			return refuse_word(reading, &word, "vm= stands there twice", "");
		if (!name_is_fine(&value))
			return refuse_word(reading, &word, "it wants ",
					   "a name of 1 to 31 characters: letters, digits, . _ -");
		name = value;
		reading->vm = find_vm(reading->specs, &name);
		if (!reading->vm)
			return refuse_word(reading, &word, "there are more than 64 VMs", "");
	}
	return name.text ? ERROR_NONE : refuse(reading, "it names no VM: vm=NAME is missing");
}
_Static_assert(SPEC_VMS == 64 && SPEC_NAME == 32, "the sentences of find_owner() say so");

static enum error apply_key(struct reading *reading, const struct spec_word *word,
			    const struct spec_word *key, const struct spec_word *value)
{
	struct vm_spec *vm = reading->vm;

	for (unsigned i = 0; i < spec_key_count; i++) {
		if (!spec_word_is(key, spec_keys[i].name))
			continue;
		if (vm->keys & BIT(i))
			return refuse_word(reading, word, "this key was given to the VM before",
					   "");
		if (!spec_key_set(&spec_keys[i], vm, value))
			return refuse_word(reading, word, "it wants ", spec_keys[i].wants);
		vm->keys |= (uint32_t)BIT(i);
		return ERROR_NONE;
	}
	return refuse_word(reading, word, "no such key", "");
}

static enum error apply_role(struct reading *reading, const struct spec_word *word)
{
	struct spec_module *module = &reading->module;

	for (unsigned i = MODULE_NONE + 1; i < MODULE_ROLES; i++) {
		if (!spec_word_is(word, roles[i].name))
			continue;
		if (module->role != MODULE_NONE)
			return refuse_word(reading, word, "a second role; the module is: ",
					   module_role_name(module->role));
		module->role = (enum module_role)i;
		return ERROR_NONE;
	}
	return refuse_word(reading, word, "no such role or key", "");
}

/* Roles and keys; `at` is then behind the separator, or null where there is none. */
static enum error read_words(struct reading *reading, const char **at)
{
	struct spec_word word, key, value;
	enum error error = ERROR_NONE;

	*at = reading->string;
	while (!error && next_own_word(at, &word)) {
		if (!spec_split(&word, &key, &value))
			error = apply_role(reading, &word);
		else if (!spec_word_is(&key, "vm"))
			error = apply_key(reading, &word, &key, &value);
	}
	if (error)
		return error;
	if (!spec_word_is(&word, SEPARATOR))
		*at = NULL;
	if (reading->module.role == MODULE_NONE)
		return refuse(reading, "it has no role: linux, initrd, disk or another");
	return ERROR_NONE;
}

static enum error keep_command_line(struct reading *reading, const char *text)
{
	struct vm_specs *specs = reading->specs;
	char *out = specs->text + specs->text_used;
	size_t room = sizeof(specs->text) - specs->text_used;

	reading->module.command_line = "";
	if (!text)
		return ERROR_NONE;
	if (*text) /* the one blank behind the separator */
		text++;
	if (room > SPEC_LINE)
		room = SPEC_LINE;
	size_t length = spec_unescape(text, out, room);
	if (length == room)
		return refuse(reading, "its command line is longer than 2047 bytes");
	specs->text_used += length + 1;
	reading->module.command_line = out;
	return ERROR_NONE;
}
_Static_assert(SPEC_LINE == 2048, "the sentence in keep_command_line() says 2047");

static bool is_kernel_of(const struct vm_spec *vm, enum module_role role)
{
	return vm->kernel != SPEC_NO_KERNEL && vm->modules[vm->kernel].role == role;
}

/* A VM has one kernel; but a firmware may have a linux to start, whichever is named first. */
static enum error add_kernel(struct reading *reading)
{
	struct vm_spec *vm = reading->vm;
	const enum module_role role = reading->module.role;

	if (vm->kernel == SPEC_NO_KERNEL) {
		vm->kernel = vm->module_count;
		return ERROR_NONE;
	}
	if (vm->offered == SPEC_NO_KERNEL && role == MODULE_LINUX &&
	    is_kernel_of(vm, MODULE_FIRMWARE)) {
		vm->offered = vm->module_count;
		return ERROR_NONE;
	}
	if (role == MODULE_FIRMWARE && is_kernel_of(vm, MODULE_LINUX)) {
		vm->offered = vm->kernel;
		vm->kernel = vm->module_count;
		return ERROR_NONE;
	}
	const unsigned first =
		vm->offered != SPEC_NO_KERNEL && role == MODULE_LINUX ? vm->offered : vm->kernel;
	return refuse(reading, "a second kernel: module %u (%s) is the VM's first",
		      vm->modules[first].index, module_role_name(vm->modules[first].role));
}

static enum error add_to_vm(struct reading *reading)
{
	struct vm_spec *vm = reading->vm;
	enum error error = ERROR_NONE;

	if (vm->module_count == SPEC_MODULES)
		return refuse(reading, "the VM has more than 64 modules");
	if (roles[reading->module.role].kernel)
		error = add_kernel(reading);
	if (!error)
		vm->modules[vm->module_count++] = reading->module;
	return error;
}
_Static_assert(SPEC_MODULES == 64, "the sentence in add_to_vm() says 64");

enum error vm_specs_add(struct vm_specs *specs, unsigned index, const char *string,
			void (*hear)(void *context, const char *sentence), void *context)
{
	struct reading reading = { .specs = specs,
				   .string = string,
				   .listener = { .hear = hear, .context = context },
				   .module = { .index = index } };
	const char *rest;

	enum error error = find_owner(&reading);
	if (!reading.vm && index < SPEC_MODULES)
		specs->nameless |= BIT(index);
	if (!error)
		error = read_words(&reading, &rest);
	if (!error)
		error = keep_command_line(&reading, rest);
	if (!error)
		error = add_to_vm(&reading);
	return error;
}

/* A module of that role; null: none. */
static const struct spec_module *module_of(const struct vm_spec *vm, enum module_role role)
{
	for (unsigned i = 0; i < vm->module_count; i++) {
		if (vm->modules[i].role == role)
			return &vm->modules[i];
	}
	return NULL;
}

/* A module whose role means something to other kernels only. */
static enum error check_modules(const struct vm_spec *vm, enum module_role kernel,
				struct reason *why)
{
	const struct spec_module *initrd = module_of(vm, MODULE_INITRD);
	const struct spec_module *module = module_of(vm, MODULE_MODULE);

	if (initrd && kernel != MODULE_LINUX && vm->offered == SPEC_NO_KERNEL)
		return reason_set(
			why, ERROR_INVALID_INPUT,
			"module %u (vm=%s): an initrd is for linux, and the kernel is: %s",
			initrd->index, vm->name, module_role_name(kernel));
	if (module && kernel != MODULE_MULTIBOOT && kernel != MODULE_PVH)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "module %u (vm=%s): a module is for multiboot and pvh, and the "
				  "kernel is: %s",
				  module->index, vm->name, module_role_name(kernel));
	return ERROR_NONE;
}

static enum error check_keys(const struct vm_spec *vm, enum module_role kernel, struct reason *why)
{
	for (unsigned i = 0; i < spec_key_count; i++) {
		if ((vm->keys & BIT(i)) && !(spec_keys[i].roles & BIT(kernel)))
			return reason_set(why, ERROR_INVALID_INPUT,
					  "vm=%s: %s= means nothing to a kernel that is: %s",
					  vm->name, spec_keys[i].name, module_role_name(kernel));
	}
	if (vm->pins > vm->cpus)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "vm=%s: pin= lists %u host CPUs, and cpus= is %u", vm->name,
				  vm->pins, vm->cpus);
	return ERROR_NONE;
}

static enum error check_vm(const struct vm_spec *vm, struct reason *why)
{
	if (vm->kernel == SPEC_NO_KERNEL)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "vm=%s has no kernel: no module with a role of linux, multiboot, "
				  "pvh, flat or firmware",
				  vm->name);
	const enum module_role kernel = vm->modules[vm->kernel].role;
	enum error error = check_modules(vm, kernel, why);
	return error ? error : check_keys(vm, kernel, why);
}

void vm_specs_finish(struct vm_specs *specs, void (*hear)(void *context, const char *sentence),
		     void *context)
{
	const struct complaints listener = { .hear = hear, .context = context };

	for (unsigned i = 0; i < specs->count; i++) {
		struct reason why;

		if (!specs->vms[i].broken && check_vm(&specs->vms[i], &why))
			spoil(&specs->vms[i], &listener, &why);
	}
}
