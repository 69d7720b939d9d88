/* 8259A datasheet, "Initialization Command Words": a spurious interrupt 7 or 15 cannot be masked,
 * so the vectors are moved before all lines are. */
#include "kernel/pic.h"

#include "x86/instructions.h"

#define PIC_MASTER_COMMAND 0x20
#define PIC_MASTER_DATA    0x21
#define PIC_SLAVE_COMMAND  0xa0
#define PIC_SLAVE_DATA     0xa1

#define ICW1_INIT_WITH_ICW4 0x11
#define ICW2_MASTER_VECTOR  0x20
#define ICW2_SLAVE_VECTOR   0x28
#define ICW3_MASTER_IR2     0x04
#define ICW3_SLAVE_ID2      0x02
#define ICW4_8086           0x01
#define MASK_ALL            0xff

void pic_silence(void)
{
	port_write8(PIC_MASTER_COMMAND, ICW1_INIT_WITH_ICW4);
	port_write8(PIC_SLAVE_COMMAND, ICW1_INIT_WITH_ICW4);
	port_write8(PIC_MASTER_DATA, ICW2_MASTER_VECTOR);
	port_write8(PIC_SLAVE_DATA, ICW2_SLAVE_VECTOR);
	port_write8(PIC_MASTER_DATA, ICW3_MASTER_IR2);
	port_write8(PIC_SLAVE_DATA, ICW3_SLAVE_ID2);
	port_write8(PIC_MASTER_DATA, ICW4_8086);
	port_write8(PIC_SLAVE_DATA, ICW4_8086);
	port_write8(PIC_MASTER_DATA, MASK_ALL);
	port_write8(PIC_SLAVE_DATA, MASK_ALL);
}
