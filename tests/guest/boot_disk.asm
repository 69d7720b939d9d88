; A disk that a BIOS starts: its first sector reads the second, which speaks through the BIOS, reads
; the disk's last sector, and switches the machine off. NASM, flat binary.
bits 16
org 0x7c00

SECTOR  equ 512
SECTORS equ 2048                ; 1 MiB

boot:
	xor ax, ax
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov sp, boot
	cld
	mov [drive], dl
	mov si, packet
	call read_sector
	jc failed
	jmp second

; DS:SI: the disk address packet (INT 13h, extended read).
read_sector:
	mov ah, 0x42
	mov dl, [drive]
	int 0x13
	ret

; DS:SI: text that ends with a zero. INT 10h, teletype output.
print:
	lodsb
	test al, al
	jz .done
	mov ah, 0x0e
	mov bx, 0x0007
	int 0x10
	jmp print
.done:
	ret

; The machine off, when its serial port had the time to send all of it. INT 15h: wait a number of
; microseconds in CX:DX; APM.
power_off:
	mov ah, 0x86
	mov cx, 1
	xor dx, dx
	int 0x15
	mov ax, 0x5307
	mov bx, 1
	mov cx, 3
	int 0x15
.forever:
	hlt
	jmp .forever

failed:
	mov si, failed_text
	call print
	jmp power_off

drive:       db 0
failed_text: db "boot disk: read failed", 13, 10, 0
packet:      db 16, 0
             dw 1               ; sectors
             dw second, 0       ; to
             dq 1               ; from

	times SECTOR - 2 - ($ - $$) db 0
	dw 0xaa55

second:
	mov si, hello
	call print
	mov word [packet + 4], last
	mov dword [packet + 8], SECTORS - 1
	mov si, packet
	call read_sector
	jc failed
	mov si, last
	call print
	jmp power_off

hello: db "boot disk: started by the BIOS", 13, 10, 0

	times 2 * SECTOR - ($ - $$) db 0
last:                           ; in memory
	times (SECTORS - 1) * SECTOR - ($ - $$) db 0
	db "boot disk: its last sector", 13, 10, 0
	times SECTORS * SECTOR - ($ - $$) db 0
