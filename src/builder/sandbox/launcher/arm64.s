// The launcher on arm64. See x64.s for what it does.
        sub     sp, sp, #0x11, lsl #12
        mov     x19, sp
        bl      receive
        ldrsw   x0, [x19]
        tbnz    x0, #63, make
        mov     x1, #0x10000000         // CLONE_NEWUSER
        mov     x8, #268                // setns
        svc     #0
        tbnz    x0, #63, answer
make:   ldr     x0, [x19, #8]
        mov     x1, #0
        mov     x2, #0
        mov     x3, #0
        mov     x4, #0
        mov     x8, #220                // clone
        svc     #0
        cbz     x0, serve
answer: stp     x0, x19, [x19]
        mov     x2, #16
        bl      send
quit:   mov     x0, #0
        mov     x8, #94                 // exit_group
        svc     #0
serve:  bl      receive
        ldr     x20, [x19]
        add     x21, x19, #16
next:   cbz     x20, reply
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
        tbz     x0, #63, next
reply:  ldr     x2, [x19, #8]
        bl      send
        b       serve
receive:
        mov     x0, #3
        mov     x1, x19
        mov     x2, #0x10000
        mov     x8, #63                 // read
        svc     #0
        cmp     x0, #0
        b.le    quit
        ret
send:   mov     x0, #3
        mov     x1, x19
        mov     x8, #64                 // write
        svc     #0
        ret
