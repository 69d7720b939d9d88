/* The PC's pair of 8259 interrupt controllers, which Plinth does not use. */
#ifndef KERNEL_PIC_H
#define KERNEL_PIC_H

/* Moves their vectors out of the exceptions' way and masks every line. */
void pic_silence(void);

#endif
