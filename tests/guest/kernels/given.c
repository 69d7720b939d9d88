/* Prints what the boot protocol gave this kernel: memory map, command line, modules with their first
 * bytes, and the CPU's mode; then it switches off. head.asm has the headers and says which protocol. */
#include "guest/bare/machine.h"

#define CR0_PE 0x00000001u
#define CR0_PG 0x80000000u

static uint32_t load32(uint32_t at)
{
	return *(volatile const uint32_t *)at;
}

static uint64_t load64(uint32_t at)
{
	return load32(at) | (uint64_t)load32(at + 4) << 32;
}

static void say_mode(const char *protocol)
{
	uint32_t cr0;

	__asm__("mov %%cr0, %0" : "=r"(cr0));
	say(protocol);
	say_value("pe", cr0 & CR0_PE);
	say_value("pg", cr0 & CR0_PG);
	say("\n");
}

static void say_memory(uint64_t start, uint64_t length, uint32_t kind)
{
	say("memory");
	say_value("start", start);
	say_value("length", length);
	say_value("kind", kind);
	say("\n");
}

static void say_command_line(uint32_t at)
{
	say("command-line=");
	say((const char *)at);
	say("\n");
}

static void say_module(uint32_t start, uint32_t end, uint32_t string)
{
	say("module");
	say_value("aligned", !(start & 0xfff));
	say_value("length", end - start);
	say_value("first", load32(start));
	say(" string=");
	say((const char *)string);
	say("\n");
}

/* Multiboot Specification 0.6.96, "Boot information format". */
static void multiboot1(uint32_t info)
{
	uint32_t flags = load32(info), at = load32(info + 48), end = at + load32(info + 44);

	say_mode("multiboot1");
	say_value("flags", flags & 0x4d);
	say_value("lower", load32(info + 4));
	say_value("upper", load32(info + 8));
	say("\n");
	say_command_line(load32(info + 16));
	for (; at < end; at += load32(at) + 4)
		say_memory(load64(at + 4), load64(at + 12), load32(at + 20));
	for (uint32_t i = 0; i < load32(info + 20); i++) {
		uint32_t module = load32(info + 24) + i * 16;

		say_module(load32(module), load32(module + 4), load32(module + 8));
	}
}

/* Multiboot2 Specification 2.0, "Boot information format". */
static void multiboot2(uint32_t info)
{
	say_mode("multiboot2");
	for (uint32_t tag = info + 8; load32(tag); tag += (load32(tag + 4) + 7) & ~7u) {
		switch (load32(tag)) {
		case 1:
			say_command_line(tag + 8);
			break;
		case 3:
			say_module(load32(tag + 8), load32(tag + 12), tag + 16);
			break;
		case 6:
			for (uint32_t at = tag + 16; at < tag + load32(tag + 4);
			     at += load32(tag + 8))
				say_memory(load64(at), load64(at + 8), load32(at + 16));
			break;
		case 15:
			say("rsdp=");
			for (unsigned i = 0; i < 8; i++)
				say_byte(((const char *)tag)[8 + i]);
			say("\n");
			break;
		}
	}
}

/* Xen, "x86/HVM direct boot ABI". */
static void pvh(uint32_t info)
{
	uint32_t modules = load32(info + 16), map = load32(info + 40);

	say_mode("pvh");
	say_value("magic", load32(info));
	say_value("version", load32(info + 4));
	say_value("rsdp", load64(info + 32));
	say("\n");
	say_command_line(load32(info + 24));
	for (uint32_t i = 0; i < load32(info + 48); i++)
		say_memory(load64(map + i * 24), load64(map + i * 24 + 8),
			   load32(map + i * 24 + 16));
	for (uint32_t i = 0; i < load32(info + 12); i++) {
		uint32_t module = modules + i * 32;

		say_module(load32(module), load32(module) + load32(module + 8),
			   load32(module + 16));
	}
}

void start(uint32_t magic, uint32_t info)
{
	if (magic == 0x2badb002)
		multiboot1(info);
	else if (magic == 0x36d76289)
		multiboot2(info);
	else
		pvh(info);
	switch_off();
}
