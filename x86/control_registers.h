/* The bits of the control registers, RFLAGS, IA32_EFER, XCR0 and DR6/DR7, each list with the name
 * that the SDM prints. SDM volume 3, "Control Registers", "System Flags and Fields in the EFLAGS
 * Register" and "Extended Control Registers (Including XCR0)". */
#ifndef X86_CONTROL_REGISTERS_H
#define X86_CONTROL_REGISTERS_H

#include "lib/bits.h"

/* X(symbol, bit, printed name) */
#define CR0_BIT_LIST(X)     \
	X(CR0_PE, 0, "PE")  \
	X(CR0_MP, 1, "MP")  \
	X(CR0_EM, 2, "EM")  \
	X(CR0_TS, 3, "TS")  \
	X(CR0_ET, 4, "ET")  \
	X(CR0_NE, 5, "NE")  \
	X(CR0_WP, 16, "WP") \
	X(CR0_AM, 18, "AM") \
	X(CR0_NW, 29, "NW") \
	X(CR0_CD, 30, "CD") \
	X(CR0_PG, 31, "PG")

#define CR4_BIT_LIST(X)                     \
	X(CR4_VME, 0, "VME")                \
	X(CR4_PVI, 1, "PVI")                \
	X(CR4_TSD, 2, "TSD")                \
	X(CR4_DE, 3, "DE")                  \
	X(CR4_PSE, 4, "PSE")                \
	X(CR4_PAE, 5, "PAE")                \
	X(CR4_MCE, 6, "MCE")                \
	X(CR4_PGE, 7, "PGE")                \
	X(CR4_PCE, 8, "PCE")                \
	X(CR4_OSFXSR, 9, "OSFXSR")          \
	X(CR4_OSXMMEXCPT, 10, "OSXMMEXCPT") \
	X(CR4_UMIP, 11, "UMIP")             \
	X(CR4_LA57, 12, "LA57")             \
	X(CR4_VMXE, 13, "VMXE")             \
	X(CR4_SMXE, 14, "SMXE")             \
	X(CR4_FSGSBASE, 16, "FSGSBASE")     \
	X(CR4_PCIDE, 17, "PCIDE")           \
	X(CR4_OSXSAVE, 18, "OSXSAVE")       \
	X(CR4_KL, 19, "KL")                 \
	X(CR4_SMEP, 20, "SMEP")             \
	X(CR4_SMAP, 21, "SMAP")             \
	X(CR4_PKE, 22, "PKE")               \
	X(CR4_CET, 23, "CET")               \
	X(CR4_PKS, 24, "PKS")               \
	X(CR4_UINTR, 25, "UINTR")           \
	X(CR4_LASS, 27, "LASS")             \
	X(CR4_LAM_SUP, 28, "LAM_SUP")

#define RFLAGS_BIT_LIST(X)       \
	X(RFLAGS_CF, 0, "CF")    \
	X(RFLAGS_FIXED, 1, "1")  \
	X(RFLAGS_PF, 2, "PF")    \
	X(RFLAGS_AF, 4, "AF")    \
	X(RFLAGS_ZF, 6, "ZF")    \
	X(RFLAGS_SF, 7, "SF")    \
	X(RFLAGS_TF, 8, "TF")    \
	X(RFLAGS_IF, 9, "IF")    \
	X(RFLAGS_DF, 10, "DF")   \
	X(RFLAGS_OF, 11, "OF")   \
	X(RFLAGS_NT, 14, "NT")   \
	X(RFLAGS_RF, 16, "RF")   \
	X(RFLAGS_VM, 17, "VM")   \
	X(RFLAGS_AC, 18, "AC")   \
	X(RFLAGS_VIF, 19, "VIF") \
	X(RFLAGS_VIP, 20, "VIP") \
	X(RFLAGS_ID, 21, "ID")

#define EFER_BIT_LIST(X)       \
	X(EFER_SCE, 0, "SCE")  \
	X(EFER_LME, 8, "LME")  \
	X(EFER_LMA, 10, "LMA") \
	X(EFER_NXE, 11, "NXE")

/* State components; the same numbers index the XSAVE area's layout leaves (CPUID 0DH). */
#define XCR0_BIT_LIST(X)                  \
	X(XCR0_X87, 0, "x87")             \
	X(XCR0_SSE, 1, "SSE")             \
	X(XCR0_AVX, 2, "AVX")             \
	X(XCR0_BNDREG, 3, "BNDREG")       \
	X(XCR0_BNDCSR, 4, "BNDCSR")       \
	X(XCR0_OPMASK, 5, "opmask")       \
	X(XCR0_ZMM_HI256, 6, "ZMM_Hi256") \
	X(XCR0_HI16_ZMM, 7, "Hi16_ZMM")   \
	X(XCR0_PKRU, 9, "PKRU")           \
	X(XCR0_TILECFG, 17, "TILECFG")    \
	X(XCR0_TILEDATA, 18, "TILEDATA")

/* The enumerators are bit numbers ending in _BIT; the masks carry the plain names below. */
enum control_register_bit {
#define X(symbol, bit, name) symbol##_BIT = (bit),
	CR0_BIT_LIST(X) CR4_BIT_LIST(X) RFLAGS_BIT_LIST(X) EFER_BIT_LIST(X) XCR0_BIT_LIST(X)
#undef X
};

#define CR0_PE BIT(CR0_PE_BIT)
#define CR0_MP BIT(CR0_MP_BIT)
#define CR0_EM BIT(CR0_EM_BIT)
#define CR0_TS BIT(CR0_TS_BIT)
#define CR0_ET BIT(CR0_ET_BIT)
#define CR0_NE BIT(CR0_NE_BIT)
#define CR0_WP BIT(CR0_WP_BIT)
#define CR0_AM BIT(CR0_AM_BIT)
#define CR0_NW BIT(CR0_NW_BIT)
#define CR0_CD BIT(CR0_CD_BIT)
#define CR0_PG BIT(CR0_PG_BIT)

#define CR4_VME        BIT(CR4_VME_BIT)
#define CR4_PVI        BIT(CR4_PVI_BIT)
#define CR4_TSD        BIT(CR4_TSD_BIT)
#define CR4_DE         BIT(CR4_DE_BIT)
#define CR4_PSE        BIT(CR4_PSE_BIT)
#define CR4_PAE        BIT(CR4_PAE_BIT)
#define CR4_MCE        BIT(CR4_MCE_BIT)
#define CR4_PGE        BIT(CR4_PGE_BIT)
#define CR4_PCE        BIT(CR4_PCE_BIT)
#define CR4_OSFXSR     BIT(CR4_OSFXSR_BIT)
#define CR4_OSXMMEXCPT BIT(CR4_OSXMMEXCPT_BIT)
#define CR4_UMIP       BIT(CR4_UMIP_BIT)
#define CR4_LA57       BIT(CR4_LA57_BIT)
#define CR4_VMXE       BIT(CR4_VMXE_BIT)
#define CR4_SMXE       BIT(CR4_SMXE_BIT)
#define CR4_FSGSBASE   BIT(CR4_FSGSBASE_BIT)
#define CR4_PCIDE      BIT(CR4_PCIDE_BIT)
#define CR4_OSXSAVE    BIT(CR4_OSXSAVE_BIT)
#define CR4_KL         BIT(CR4_KL_BIT)
#define CR4_SMEP       BIT(CR4_SMEP_BIT)
#define CR4_SMAP       BIT(CR4_SMAP_BIT)
#define CR4_PKE        BIT(CR4_PKE_BIT)
#define CR4_CET        BIT(CR4_CET_BIT)
#define CR4_PKS        BIT(CR4_PKS_BIT)
#define CR4_UINTR      BIT(CR4_UINTR_BIT)
#define CR4_LASS       BIT(CR4_LASS_BIT)
#define CR4_LAM_SUP    BIT(CR4_LAM_SUP_BIT)

#define RFLAGS_CF    BIT(RFLAGS_CF_BIT)
#define RFLAGS_FIXED BIT(RFLAGS_FIXED_BIT) /* always 1 */
#define RFLAGS_PF    BIT(RFLAGS_PF_BIT)
#define RFLAGS_AF    BIT(RFLAGS_AF_BIT)
#define RFLAGS_ZF    BIT(RFLAGS_ZF_BIT)
#define RFLAGS_SF    BIT(RFLAGS_SF_BIT)
#define RFLAGS_TF    BIT(RFLAGS_TF_BIT)
#define RFLAGS_IF    BIT(RFLAGS_IF_BIT)
#define RFLAGS_DF    BIT(RFLAGS_DF_BIT)
#define RFLAGS_OF    BIT(RFLAGS_OF_BIT)
#define RFLAGS_IOPL  BITS(13, 12)
#define RFLAGS_NT    BIT(RFLAGS_NT_BIT)
#define RFLAGS_RF    BIT(RFLAGS_RF_BIT)
#define RFLAGS_VM    BIT(RFLAGS_VM_BIT)
#define RFLAGS_AC    BIT(RFLAGS_AC_BIT)
#define RFLAGS_VIF   BIT(RFLAGS_VIF_BIT)
#define RFLAGS_VIP   BIT(RFLAGS_VIP_BIT)
#define RFLAGS_ID    BIT(RFLAGS_ID_BIT)

#define EFER_SCE BIT(EFER_SCE_BIT)
#define EFER_LME BIT(EFER_LME_BIT)
#define EFER_LMA BIT(EFER_LMA_BIT)
#define EFER_NXE BIT(EFER_NXE_BIT)

#define XCR0_X87       BIT(XCR0_X87_BIT)
#define XCR0_SSE       BIT(XCR0_SSE_BIT)
#define XCR0_AVX       BIT(XCR0_AVX_BIT)
#define XCR0_BNDREG    BIT(XCR0_BNDREG_BIT)
#define XCR0_BNDCSR    BIT(XCR0_BNDCSR_BIT)
#define XCR0_OPMASK    BIT(XCR0_OPMASK_BIT)
#define XCR0_ZMM_HI256 BIT(XCR0_ZMM_HI256_BIT)
#define XCR0_HI16_ZMM  BIT(XCR0_HI16_ZMM_BIT)
#define XCR0_PKRU      BIT(XCR0_PKRU_BIT)
#define XCR0_TILECFG   BIT(XCR0_TILECFG_BIT)
#define XCR0_TILEDATA  BIT(XCR0_TILEDATA_BIT)
/* The components that XSETBV accepts only all together. */
#define XCR0_AVX512    (XCR0_OPMASK | XCR0_ZMM_HI256 | XCR0_HI16_ZMM)

/* All bits that the SDM defines; the rest is reserved. */
#define OR_BIT(symbol, bit, name) | BIT(bit)
#define CR0_DEFINED               (0 CR0_BIT_LIST(OR_BIT))
#define CR4_DEFINED               (0 CR4_BIT_LIST(OR_BIT))
#define EFER_DEFINED              (0 EFER_BIT_LIST(OR_BIT))
#define RFLAGS_DEFINED            (0 RFLAGS_BIT_LIST(OR_BIT) | RFLAGS_IOPL)

/* CR3: with PCIDs off, bits 3 and 4 are cache controls; with 4-level paging the root is page
 * aligned, with PAE paging 32-byte aligned. */
#define CR3_PWT      BIT(3)
#define CR3_PCD      BIT(4)
#define CR3_PCID     BITS(11, 0)
#define CR3_NO_FLUSH BIT(63) /* in the operand of MOV to CR3 with CR4.PCIDE = 1 */
#define CR3_PAE_ROOT BITS(31, 5)

/* Reset values. SDM volume 3, "Processor State After Reset". */
#define CR0_RESET    (CR0_CD | CR0_NW | CR0_ET)
#define RFLAGS_RESET RFLAGS_FIXED
#define XCR0_RESET   XCR0_X87

/* Debug registers. SDM volume 3, "Debug Registers". */
#define DR6_B(n)  BIT(n) /* 0 <= n <= 3 */
#define DR6_BD    BIT(13)
#define DR6_BS    BIT(14)
#define DR6_BT    BIT(15)
#define DR6_RTM   BIT(16)
#define DR6_RESET 0xffff0ff0ull
#define DR7_GD    BIT(13)
#define DR7_RESET 0x400ull

#endif
