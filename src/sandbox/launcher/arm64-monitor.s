// The order -3 to the launcher on arm64. See x64-monitor.s for what it is. Assembled behind arm64-orders.s.
//
// x19: the message. x20: a struct pollfd of output. x21: bytes of a record. x22, x23: as r14, r15 there.
monitor:
        bl      leave
wait:   add     x0, x19, #64
        mov     x1, #12
        mov     x2, #0
        bl      poll
        tbnz    x0, #63, wait
        add     x20, x19, #72
        bl      take
        add     x20, x19, #80
        bl      take
        bl      hear
        bl      admit
        ldrh    w0, [x19, #70]          // it has ended
        cbz     w0, wait
drain:  ldr     w0, [x19, #72]
        ldr     w1, [x19, #80]
        and     w0, w0, w1
        tbnz    w0, #31, ended
        mov     x0, #0x300
        add     x2, x19, x0
        mov     w1, #0xe100             // 100 ms
        movk    w1, #0x5f5, lsl #16
        stp     xzr, x1, [x2]
        add     x0, x19, #72
        mov     x1, #2
        bl      poll
        cbz     x0, ended
        tbnz    x0, #63, drain
        add     x20, x19, #72
        bl      take
        add     x20, x19, #80
        bl      take
        b       drain
ended:  add     x2, x19, #0x200
        str     xzr, [x2, #8]
        str     xzr, [x2, #24]
        mov     x0, #3                  // P_PIDFD
        ldrsw   x1, [x19, #64]
        mov     x3, #4                  // WEXITED
        mov     x4, #0
        mov     x8, #95                 // waitid
        svc     #0
        cmn     x0, #4
        b.eq    ended
        add     x22, x19, #1, lsl #12
        ldr     w0, [x19, #0x208]
        ldr     w1, [x19, #0x218]
        stp     w0, w1, [x22]
        bl      now
        str     x0, [x22, #8]
        adr     x1, exittmp
        mov     x2, #0x41               // O_WRONLY | O_CREAT | O_CLOEXEC
        movk    x2, #0x8, lsl #16
        bl      open
        tbnz    x0, #63, tell0
        mov     x20, x0
        mov     x1, x22
        mov     x2, #16
        mov     x8, #64                 // write
        svc     #0
        cmp     x0, #16
        b.ne    tell0
        mov     x0, x20
        bl      close
        adr     x1, exittmp
        adr     x3, exit
        bl      rename
tell0:  mov     w1, #0
        mov     w0, #8
        bl      record
        ldr     w0, [x19, #36]
        cbz     w0, finish
        ldr     w0, [x19, #96]
        tbz     w0, #31, quit
finish: add     x22, x19, #64
shut:   ldrsw   x0, [x22], #8
        bl      close
        add     x0, x19, #160
        cmp     x22, x0
        b.lo    shut
        ldrsw   x0, [x19, #32]
        bl      close
        ldp     x0, x1, [x19, #40]
        ldr     x2, [x19, #56]
        cbz     x0, quit
        mov     x8, #221                // execve
        svc     #0
        b       quit
take:   ldrh    w0, [x20, #6]
        cbz     w0, back
        ldrsw   x0, [x20]
        add     x1, x19, #1, lsl #12
        mov     x2, #0xf000
        mov     x8, #63                 // read
        svc     #0
        cmp     x0, #0
        b.gt    taken
        cmn     x0, #4                  // EINTR
        b.eq    back
        cmn     x0, #11                 // EAGAIN
        b.eq    back
        cmn     x0, #5                  // EIO: nobody has the terminal open
        b.ne    finis
        ldrh    w0, [x19, #70]
        cbnz    w0, finis
        mov     w1, #0xe100             // 100 ms
        movk    w1, #0x5f5, lsl #16
        add     x2, x19, #0x300
        stp     xzr, x1, [x2]
        add     x0, x19, #64
        mov     x1, #1
        b       poll
finis:  ldrsw   x0, [x20]
        mov     w1, #-1
        str     w1, [x20]
        b       close
taken:  sub     x1, x20, x19
        sub     x1, x1, #64
        lsr     x1, x1, #3
record: str     x30, [sp, #-16]!
        mov     x23, #0xff0
        add     x23, x19, x23
        stp     w1, w0, [x23]
        add     w21, w0, #16
        bl      now
        str     x0, [x23, #8]
        adr     x22, log
        bl      append
        add     x22, x19, #96
copy:   ldr     w0, [x22]
        tbnz    w0, #31, copied
        mov     x23, x21
more:   mov     x1, #0xff0
        add     x1, x1, x21
        sub     x1, x1, x23
        add     x1, x1, x19
        ldrsw   x0, [x22]
        mov     x2, x23
        mov     x3, #0x4040             // MSG_NOSIGNAL | MSG_DONTWAIT
        mov     x4, #0
        mov     x5, #0
        mov     x8, #206                // sendto
        svc     #0
        cmn     x0, #4                  // EINTR
        b.eq    more
        cmn     x0, #11                 // EAGAIN
        b.eq    full
        cmp     x0, #0
        b.le    lost
        subs    x23, x23, x0
        b.ne    more
copied: add     x22, x22, #8
        add     x0, x19, #160
        cmp     x22, x0
        b.lo    copy
return: ldr     x30, [sp], #16
back:   ret
lost:   bl      drop
        b       copied
full:   add     x0, x19, #0x340
        ldr     w1, [x22]
        mov     w2, #4                  // POLLOUT
        stp     w1, w2, [x0]
        ldr     w1, [x19, #64]
        mov     w2, #1                  // POLLIN
        stp     w1, w2, [x0, #8]
        mov     x1, #2
        mov     x2, #0
        bl      poll
        ldr     w0, [x19, #0x344]
        cmp     w0, #4
        b.ne    more
        add     x0, x19, #0x340
        add     x2, x19, #0x350
        mov     x1, #2                  // s
        stp     x1, xzr, [x2]
        mov     x1, #1
        bl      poll
        cbz     x0, lost
        b       more
drop:   ldrsw   x0, [x22]
        mov     w1, #-1
        str     w1, [x22]
        add     x1, x19, #96
        cmp     x22, x1
        b.ne    close
        str     wzr, [x19, #36]
        b       close
hear:   str     x30, [sp, #-16]!
        add     x22, x19, #96
heed:   ldrsw   x0, [x22]
        tbnz    x0, #63, heard
        ldrh    w1, [x22, #6]
        cbz     w1, heard
        add     x1, x19, #0x200
        mov     x2, #0x100
        mov     x8, #63                 // read
        svc     #0
        cmp     x0, #0
        b.le    gone
        ldrsw   x0, [x19, #32]
        mov     w1, #-1
        str     w1, [x19, #32]
        bl      close
heard:  add     x22, x22, #8
        add     x0, x19, #160
        cmp     x22, x0
        b.lo    heed
        b       return
gone:   bl      drop
        b       heard
admit:  ldrh    w0, [x19, #94]
        cbz     w0, back
        ldrsw   x0, [x19, #88]
        mov     x1, #0
        mov     x2, #0
        mov     x3, #0x80000            // SOCK_CLOEXEC
        mov     x8, #242                // accept4
        svc     #0
        tbnz    x0, #63, back
        add     x1, x19, #96
        add     x2, x19, #160
room:   ldr     w3, [x1]
        tbnz    w3, #31, seat
        add     x1, x1, #8
        cmp     x1, x2
        b.lo    room
        b       close
seat:   str     w0, [x1]
        ret
append: str     x30, [sp, #-16]!
        ldp     x0, x1, [x19, #8]
        cbz     x0, write
        cbz     x1, write
        add     x1, x1, x21
        cmp     x1, x0
        b.ls    write
        bl      rotate
write:  ldrsw   x0, [x19, #24]
        mov     x1, x23
        mov     x2, x21
        mov     x8, #64                 // write
        svc     #0
        tbnz    x0, #63, return
        ldr     x1, [x19, #16]
        cmp     x0, x21
        b.ne    undo
        add     x1, x1, x0
        str     x1, [x19, #16]
        b       return
undo:   ldrsw   x0, [x19, #24]
        mov     x8, #46                 // ftruncate
        svc     #0
        b       return
rotate: str     x30, [sp, #-16]!
        add     x1, x22, #24
        mov     x2, #0x641              // O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC
        movk    x2, #0x8, lsl #16
        bl      open
        tbnz    x0, #63, return
        mov     x20, x0
        mov     x1, x22
        add     x3, x22, #12
        bl      rename
        add     x1, x22, #24
        mov     x3, x22
        bl      rename
        mov     x0, x20
        ldrsw   x1, [x19, #24]
        mov     x2, #0x80000            // O_CLOEXEC
        mov     x8, #24                 // dup3
        svc     #0
        str     xzr, [x19, #16]
        mov     x0, x20
        bl      close
        b       return
open:   ldrsw   x0, [x19, #28]
        mov     x3, #0600
        mov     x8, #56                 // openat
        svc     #0
        ret
rename: ldrsw   x0, [x19, #28]
        mov     x2, x0
        mov     x8, #38                 // renameat
        svc     #0
        ret
poll:   mov     x3, #0
        mov     x4, #0
        mov     x8, #73                 // ppoll
        svc     #0
        ret
now:    mov     x0, #0                  // CLOCK_REALTIME
clock:  add     x1, x19, #0x300
        mov     x8, #113                // clock_gettime
        svc     #0
        ldp     x0, x1, [x1]
        mov     w2, #0xca00             // 1000000000
        movk    w2, #0x3b9a, lsl #16
        madd    x0, x0, x2, x1
        ret
log:    .ascii  "log\0\0\0\0\0\0\0\0\0log.1\0\0\0\0\0\0\0log.new\0\0\0\0\0"
exit:   .ascii  "exit\0"
exittmp:
        .ascii  "exit.tmp\0"
        .balign 4
