/* Addresses of a guest's machine: what a PC of this kind has where. DSDT, MADT and the map that
 * guests are told must say the same. */
#ifndef GUEST_PC_PC_LAYOUT_H
#define GUEST_PC_PC_LAYOUT_H

/* Below 1 MiB. */
#define PC_BIOS_DATA_END   0x1000ull
#define PC_EBDA            0x9fc00ull /* 1 KiB: the MP floating pointer */
#define PC_VGA_WINDOW      0xa0000ull
#define PC_VGA_WINDOW_SIZE 0x20000ull
#define PC_BIOS_AREA       0xf0000ull
#define PC_BIOS_TABLES_END 0xf2600ull /* of a system without firmware */
#define PC_EXTENDED_MEMORY 0x100000ull

/* Below 4 GiB. RAM ends here at the latest; its last part holds the ACPI tables. */
#define PC_LOW_MEMORY_END 0xc0000000ull
#define PC_TABLES_SIZE    0x20000ull
#define PC_PCI_WINDOW     0xc0000000ull /* for BARs */
#define PC_ECAM           0xe0000000ull
#define PC_ECAM_SIZE      0x100000ull /* there is one bus */
#define PC_LOCAL_APIC     0xfee00000ull
#define PC_HIGH_MEMORY    0x100000000ull

#define PC_PCI_IO 0xc000 /* ports for BARs, to the end */

/* Interrupt wires. */
#define PC_IRQ_TIMER     0
#define PC_IRQ_KEYBOARD  1
#define PC_IRQ_CASCADE   2
#define PC_IRQ_RTC       8
#define PC_IRQ_SCI       9
#define PC_IRQ_MOUSE     12
#define PC_PIN_TIMER     2  /* of the I/O APIC: the 8254 is not wired to pin 0 */
#define PC_PCI_PIN_FIRST 16 /* PIRQA to PIRQD */
#define PC_IO_APIC_ID    0
#define PC_PCI_PINS      0x000f0000u /* a bit each: active low, as PCI's wires are */

#endif
