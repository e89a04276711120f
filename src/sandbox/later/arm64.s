// Waits, and executes another program, on arm64. See x64.s for what it does.
again:  adr     x0, time
        mov     x1, x0
        mov     x8, #101                // nanosleep
        svc     #0
        cmn     x0, #4                  // EINTR
        b.eq    again
        ldr     x3, [sp]
        add     x1, sp, #16
        ldr     x0, [x1]
        add     x2, x1, x3, lsl #3
        mov     x8, #221                // execve
        svc     #0
        mov     x0, #127
        mov     x8, #94                 // exit_group
        svc     #0
        .balign 8
time:
