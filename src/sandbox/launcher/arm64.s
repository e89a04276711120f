// The launcher on arm64. See x64.s for what it does.
        sub     sp, sp, #0x11, lsl #12
        mov     x19, sp
begin:  bl      receive
        ldrsw   x0, [x19]
        tbnz    x0, #63, create
        mov     x1, #0x10000000         // CLONE_NEWUSER
        mov     x8, #268                // setns
        svc     #0
        tbnz    x0, #63, answer
create: ldr     x0, [x19, #8]
        bl      fork
        cbz     x0, serve
answer: bl      report
quit:   mov     x0, #0
        mov     x8, #94                 // exit_group
        svc     #0
serve:  bl      receive
order:  ldr     x20, [x19]
        tbnz    x20, #63, other
        add     x21, x19, #16
        bl      perform
        ldr     x2, [x19, #8]
        bl      send
        b       serve
perform:
        cbz     x20, done
        ldp     x8, x0, [x21]
        ldp     x1, x2, [x21, #16]
        ldp     x3, x4, [x21, #32]
        ldr     x5, [x21, #48]
        ldr     x0, [x0]
        ldr     x1, [x1]
        ldr     x2, [x2]
        ldr     x3, [x3]
        ldr     x4, [x4]
        ldr     x5, [x5]
        svc     #0
        str     x0, [x21, #56]
        add     x21, x21, #64
        sub     x20, x20, #1
        tbz     x0, #63, perform
done:   ret
other:  cmn     x20, #1
        b.eq    watch
        cmn     x20, #2
        b.eq    make
        cmn     x20, #3
        b.eq    monitor
        cmn     x20, #4
        b.eq    rest
        cmn     x20, #5
        b.eq    init
        cmn     x20, #6
        b.eq    probe
        b       quit
watch:  mov     x22, #0                 // whether they may go on
        add     x20, x19, #144          // end of the list of those that wait
again:  add     x0, x19, #8
        mov     x1, #2
        mov     x2, #0
        mov     x3, #0
        mov     x4, #0
        mov     x8, #73                 // ppoll
        svc     #0
        ldrh    w0, [x19, #22]
        cbnz    w0, told
        ldrh    w0, [x19, #14]
        cbz     w0, again
        tbz     w0, #0, over            // POLLIN
        add     x2, x19, #24            // which must be zero
        stp     xzr, xzr, [x2]
        stp     xzr, xzr, [x2, #16]
        stp     xzr, xzr, [x2, #32]
        stp     xzr, xzr, [x2, #48]
        stp     xzr, xzr, [x2, #64]
        mov     w1, #0x2100             // SECCOMP_IOCTL_NOTIF_RECV
        movk    w1, #0xc050, lsl #16
        bl      control
        cbnz    x0, again
        ldr     w0, [x19, #40]
        ldp     w1, w2, [x19, #128]
        ldp     w3, w4, [x19, #136]
        cmp     w0, w1
        ccmp    w0, w2, #4, ne
        ccmp    w0, w3, #4, ne
        ccmp    w0, w4, #4, ne
        b.eq    tell
        ldr     x0, [x19, #24]
        str     x0, [x20], #8
        cbnz    x22, goon
tell:   mov     x0, #4
        add     x1, x19, #24
        mov     x2, #80
        mov     x8, #64                 // write
        svc     #0
        add     x0, x19, #0x10, lsl #12
        cmp     x20, x0                 // a full list waits for the word alone
        b.lo    again
told:   bl      receive
        ldr     x0, [x19]
        tbz     x0, #63, order
        mov     x22, #1
goon:   add     x21, x19, #144
each:   cmp     x21, x20
        b.eq    empty
        ldr     x0, [x21], #8
        add     x2, x19, #104
        str     x0, [x2]
        mov     w1, #0x2101             // SECCOMP_IOCTL_NOTIF_SEND
        movk    w1, #0xc018, lsl #16
        bl      control
        b       each
empty:  add     x20, x19, #144
        b       again
over:   mov     w0, #-1                 // nobody is left who could call
        str     w0, [x19, #8]
        b       again
control:
        ldrsw   x0, [x19, #8]
        mov     x8, #29                 // ioctl
        svc     #0
        ret
receive:
        mov     x0, #3
        mov     x1, x19
        mov     x2, #0x10000
        mov     x8, #63                 // read
        svc     #0
        cmp     x0, #0
        b.le    quit
        ret
report: stp     x0, x19, [x19]
        mov     x2, #16
send:   mov     x0, #3
        mov     x1, x19
        mov     x8, #64                 // write
        svc     #0
        ret
fork:   mov     x1, #0
        mov     x2, #0
        mov     x3, #0
        mov     x4, #0
        mov     x8, #220                // clone
        svc     #0
        ret
