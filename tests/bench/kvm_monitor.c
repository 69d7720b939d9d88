/* Runs the benchmark's kernel (guest/bench/) on KVM: as little of a virtual machine monitor as it
 * takes. Interrupt controllers and timers are KVM's; of a PC there are RAM, a transmitter that is always
 * ready, and the port by which the guest ends. For `make bench KVM=1`, on a Linux that runs on the same
 * emulated CPU as Plinth does.
 *
 * usage: kvm-monitor KERNEL CPU,... WORD...: the kernel's file, the CPU of each vCPU, and its command
 * line. Its console is the standard output. Exit status 0: it ended by itself, and said that all is well;
 * 1 otherwise, with a sentence. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define RAM             (16ul << 20)
#define INFO            0x1000 /* guest-physical addresses of the Multiboot information */
#define LINE            0x2000 /* and of the command line */
#define LINE_SIZE       0x100
#define VCPUS_MOST      4
#define CPUID_MOST      128
#define MULTIBOOT_MAGIC 0x2badb002
#define INFO_LINE_FLAG  0x4
#define INFO_LINE       4 /* in words */

#define COM1        0x3f8
#define COM1_STATUS 0x3fd
#define TRANSMITTER 0x60 /* both its registers are empty */
#define DEBUG_EXIT  0xf4

#define CPUID_FEATURES 1
#define CPUID_DEADLINE (1u << 24) /* ECX: KVM has it, and leaves it to its user to say so */

/* Where KVM keeps its own pages, in guest-physical space that has no RAM. */
#define TASK_SEGMENT 0xfffbd000ul
#define IDENTITY_MAP 0xfffbc000ul

static struct {
	int kvm, fd;
	uint8_t *ram;
	uint32_t entry;
	struct kvm_cpuid2 *cpuid;
} vm;

static struct vcpu {
	unsigned id, cpu;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
} vcpus[VCPUS_MOST];

static _Noreturn void fail(const char *sentence, ...)
{
	va_list arguments;

	va_start(arguments, sentence);
	fputs("kvm-monitor: ", stderr);
	vfprintf(stderr, sentence, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

static int ask(int fd, unsigned long request, const char *name, void *argument)
{
	int answer = ioctl(fd, request, argument);

	if (answer < 0)
		fail("%s: %s", name, strerror(errno));
	return answer;
}
#define ASK(fd, request, argument) ask(fd, request, #request, (void *)(uintptr_t)(argument))

/* --- the machine ----------------------------------------------------------------------------- */

static void create_vm(void)
{
	uint64_t identity_map = IDENTITY_MAP;

	vm.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm.kvm < 0)
		fail("/dev/kvm: %s", strerror(errno));
	vm.fd = ASK(vm.kvm, KVM_CREATE_VM, 0);
	ASK(vm.fd, KVM_SET_TSS_ADDR, TASK_SEGMENT);
	ASK(vm.fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
	ASK(vm.fd, KVM_CREATE_IRQCHIP, 0);

	/* In pages of 4 KiB, which come as they are touched. */
	vm.ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vm.ram == MAP_FAILED || madvise(vm.ram, RAM, MADV_NOHUGEPAGE))
		fail("no memory for the guest: %s", strerror(errno));
	struct kvm_userspace_memory_region region = {
		.memory_size = RAM,
		.userspace_addr = (uintptr_t)vm.ram,
	};
	ASK(vm.fd, KVM_SET_USER_MEMORY_REGION, &region);

	vm.cpuid = calloc(1, sizeof(*vm.cpuid) + CPUID_MOST * sizeof(vm.cpuid->entries[0]));
	if (!vm.cpuid)
		fail("no memory for CPUID's leaves");
	vm.cpuid->nent = CPUID_MOST;
	ASK(vm.kvm, KVM_GET_SUPPORTED_CPUID, vm.cpuid);
	for (unsigned i = 0; i < vm.cpuid->nent; i++)
		if (vm.cpuid->entries[i].function == CPUID_FEATURES)
			vm.cpuid->entries[i].ecx |= CPUID_DEADLINE;
}

/* The segments of an ELF file of 32 bits. */
static void load(const char *path)
{
	FILE *file = fopen(path, "rb");
	Elf32_Ehdr header;
	Elf32_Phdr segment;

	if (!file || fread(&header, sizeof(header), 1, file) != 1 ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS32)
		fail("%s is no ELF file of 32 bits", path);
	for (unsigned i = 0; i < header.e_phnum; i++) {
		if (fseek(file, (long)(header.e_phoff + i * sizeof(segment)), SEEK_SET) ||
		    fread(&segment, sizeof(segment), 1, file) != 1)
			fail("%s: program header %u cannot be read", path, i);
		if (segment.p_type != PT_LOAD)
			continue;
		if (segment.p_paddr > RAM || segment.p_filesz > RAM - segment.p_paddr ||
		    fseek(file, segment.p_offset, SEEK_SET) ||
		    fread(vm.ram + segment.p_paddr, 1, segment.p_filesz, file) != segment.p_filesz)
			fail("%s: segment %u does not fit, or cannot be read", path, i);
	}
	fclose(file);
	vm.entry = header.e_entry;
}

/* Multiboot's information: nothing but a command line, of the words up to a null. */
static void tell(char **words)
{
	uint32_t *info = (uint32_t *)(vm.ram + INFO);
	char *line = (char *)vm.ram + LINE;
	size_t length = 0;

	for (; *words; words++) {
		length += (size_t)snprintf(line + length, LINE_SIZE - length, "%s ", *words);
		if (length >= LINE_SIZE)
			fail("the command line has more than %u bytes", LINE_SIZE - 1);
	}
	info[0] = INFO_LINE_FLAG;
	info[INFO_LINE] = LINE;
}

/* --- vCPUs ----------------------------------------------------------------------------------- */

/* As a Multiboot loader leaves the first CPU: flat segments, paging off. */
static void set_entry(int fd)
{
	const struct kvm_segment data = { .limit = UINT32_MAX,
					  .selector = 16,
					  .type = 3,
					  .present = 1,
					  .s = 1,
					  .db = 1,
					  .g = 1 };
	struct kvm_regs regs = {
		.rip = vm.entry, .rax = MULTIBOOT_MAGIC, .rbx = INFO, .rflags = 2
	};
	struct kvm_sregs sregs;

	ASK(fd, KVM_GET_SREGS, &sregs);
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.cs = data;
	sregs.cs.selector = 8;
	sregs.cs.type = 11;
	sregs.cr0 |= 1;
	ASK(fd, KVM_SET_SREGS, &sregs);
	ASK(fd, KVM_SET_REGS, &regs);
}

/* Those but the first wait for INIT and SIPI. */
static void create_vcpu(struct vcpu *vcpu, int run_size)
{
	vcpu->fd = ASK(vm.fd, KVM_CREATE_VCPU, vcpu->id);
	ASK(vcpu->fd, KVM_SET_CPUID2, vm.cpuid);
	vcpu->run = mmap(NULL, (size_t)run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		fail("vCPU %u: %s", vcpu->id, strerror(errno));
	if (!vcpu->id)
		set_entry(vcpu->fd);
}

static void access_port(struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	if (run->io.direction == KVM_EXIT_IO_IN) {
		memset(data, 0xff, (size_t)run->io.size * run->io.count);
		if (run->io.port == COM1_STATUS)
			*data = TRANSMITTER;
	} else if (run->io.port == COM1) {
		fwrite(data, run->io.size, run->io.count, stdout);
	} else if (run->io.port == DEBUG_EXIT) {
		if (*data)
			fail("the kernel says that it has failed");
		fflush(stdout);
		_exit(0);
	}
}

static void *run(void *argument)
{
	struct vcpu *vcpu = argument;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(vcpu->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("vCPU %u cannot run on CPU %u: %s", vcpu->id, vcpu->cpu, strerror(errno));
	for (;;) {
		/* A SIPI that has come is no exit, but ends the call. */
		if (ioctl(vcpu->fd, KVM_RUN, 0)) {
			if (errno != EINTR && errno != EAGAIN)
				fail("vCPU %u: KVM_RUN: %s", vcpu->id, strerror(errno));
			continue;
		}
		if (vcpu->run->exit_reason != KVM_EXIT_IO)
			fail("vCPU %u: exit %u, which nobody handles", vcpu->id,
			     vcpu->run->exit_reason);
		access_port(vcpu->run);
	}
	return NULL;
}

/* `cpus`: the CPU of each, with commas between. */
static unsigned create_vcpus(const char *cpus)
{
	int run_size = ASK(vm.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	unsigned count = 0;

	for (; *cpus; count++) {
		char *end;

		if (count == VCPUS_MOST)
			fail("there are more than %u vCPUs", VCPUS_MOST);
		vcpus[count].id = count;
		vcpus[count].cpu = (unsigned)strtoul(cpus, &end, 10);
		if (end == cpus || (*end && *end != ','))
			fail("'%s' is no list of CPUs", cpus);
		create_vcpu(&vcpus[count], run_size);
		cpus = *end ? end + 1 : end;
	}
	return count;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		fail("usage: kvm-monitor KERNEL CPU,... WORD...");
	create_vm();
	load(argv[1]);
	tell(argv + 3);
	unsigned count = create_vcpus(argv[2]);
	if (!count)
		fail("there is no vCPU");
	for (unsigned i = 0; i < count; i++)
		if (pthread_create(&vcpus[i].thread, NULL, run, &vcpus[i]))
			fail("no thread for vCPU %u", i);
	for (unsigned i = 0; i < count; i++)
		pthread_join(vcpus[i].thread, NULL);
	return 0;
}
