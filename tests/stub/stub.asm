; A stand-in for Plinth in the tests of run-qemu.sh: it writes a small log and then ends, or does
; not, as the first letter of its command line says:
;   p passes   f fails   n has no VMX   h hangs without a verdict   t faults three times
;   l says PASS and lingers   w says PASS and ends as a failure   s prints its strings and passes
bits 32

COM1           equ 0x3f8
LINE_CONTROL   equ COM1 + 3
LINE_STATUS    equ COM1 + 5
HOLDING_EMPTY  equ 0x20
SENT           equ 0x40
BOCHS_DEBUG    equ 0x8a00
BOCHS_SHUTDOWN equ 0x8900
QEMU_EXIT      equ 0xf4
TAG_COMMAND    equ 1
TAG_MODULE     equ 3

section .text
global start
header:	dd 0xe85250d6, 0, .end - header, -(0xe85250d6 + .end - header)
	dw 0, 0
	dd 8
.end:

start:	mov esp, stack_top
	mov dx, LINE_CONTROL
	mov al, 3
	out dx, al
	mov esi, begin
	call print
	lea ebx, [ebx + 8]
.tag:	mov eax, [ebx]
	test eax, eax
	jz .act
	cmp eax, TAG_COMMAND
	jne .module
	lea edi, [ebx + 8]
	mov esi, command
	call print
	mov esi, edi
	call print
	mov esi, newline
	call print
	jmp .next
.module:
	cmp eax, TAG_MODULE
	jne .next
	mov esi, module
	call print
	lea esi, [ebx + 16]
	call print
	mov esi, newline
	call print
.next:	mov eax, [ebx + 4]
	add eax, 7
	and eax, -8
	add ebx, eax
	jmp .tag

.act:	mov al, [edi]
	cmp al, 'h'
	je halt
	cmp al, 't'
	je .triple
	mov esi, failed
	cmp al, 'f'
	je .say
	mov esi, no_vmx
	cmp al, 'n'
	je .say
	mov esi, passed
.say:	call print
	call drain
	mov al, [edi]
	cmp al, 'l'
	je halt
	mov ecx, 0x11
	cmp al, 'f'
	je fail
	cmp al, 'w'
	je fail
	mov ecx, 0x10
	cmp al, 'n'
	jne quit
	mov ecx, 0x12
	jmp quit
.triple:
	lidt [no_idt]
	int3

; Ends the emulator: QEMU with the value in ECX, Bochs with status 1 or, at `quit`, 0.
fail:	mov dx, BOCHS_SHUTDOWN
	mov esi, shutdown
	push ecx
	mov ecx, 8
	rep outsb
	pop ecx
quit:	mov dx, BOCHS_DEBUG
	mov ax, 0x8a00
	out dx, ax
	mov ax, 0x8ae0
	out dx, ax
	mov dx, QEMU_EXIT
	mov eax, ecx
	out dx, eax
halt:	cli
	hlt
	jmp halt

; Prints the string at ESI.
print:	mov cl, [esi]
	inc esi
	test cl, cl
	jz .done
	mov dx, LINE_STATUS
.wait:	in al, dx
	test al, HOLDING_EMPTY
	jz .wait
	mov dx, COM1
	mov al, cl
	out dx, al
	jmp print
.done:	ret

drain:	mov dx, LINE_STATUS
.wait:	in al, dx
	test al, SENT
	jz .wait
	ret

section .data
%define END 13, 10
begin:	 db "[1 10us c0] info boot: the stub begins", END, 0
command: db "[2 20us c0] info boot: command-line=|", 0
module:	 db "# module |", 0
newline: db "|", END, 0
shutdown: db "Shutdown"
no_idt:	 dw 0
	 dd 0
%define TAP "TAP version 13", END, "1..1", END
passed:	 db TAP, "ok 1 - stub", END, "verdict PASS passed=1 failed=0 skipped=0", END, 0
failed:	 db TAP, "not ok 1 - stub", END, "verdict FAIL passed=0 failed=1 skipped=0", END, 0
no_vmx:	 db TAP, "ok 1 - stub # SKIP no VMX", END
	 db 'verdict NOVMX passed=0 failed=0 skipped=1 reason="a stub has none"', END, 0

section .bss
	resb 4096
stack_top:
