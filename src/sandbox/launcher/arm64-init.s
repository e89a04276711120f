// The order -5 to the launcher on arm64. See x64-init.s for what it is. Assembled behind arm64-monitor.s.
init:   mov     x0, #-1                 // a blocked signal also reaches a PID 1 that has no handler for it
        bl      block
        mov     x0, #17                 // SIGCHLD
        bl      fork
        mov     x20, x0
        cmp     x0, #0
        b.gt    parent
        mov     x0, #0
        bl      block
        cbz     x20, serve
        mov     x0, x20
        bl      report
        b       serve
parent: bl      report
        mov     x0, #0
        mov     w1, #-1
        mov     x2, #0
        mov     x8, #436                // close_range
        svc     #0
        mov     x22, #0                 // whether the child has ended
listen: add     x0, x19, #0x310
        mov     x1, #0
        mov     x2, #0
        mov     x3, #8
        mov     x8, #137                // rt_sigtimedwait
        svc     #0
        tbnz    x0, #63, listen
        cmp     x0, #17                 // SIGCHLD
        b.eq    reap
        mov     x1, x0
        mov     x0, x20
        mov     x8, #129                // kill
        svc     #0
        b       listen
reap:   mov     x0, #-1
        add     x1, x19, #0x300
        mov     x2, #1                  // WNOHANG
        mov     x3, #0
        mov     x8, #260                // wait4
        svc     #0
        cmp     x0, #0
        b.le    reaped
        cmp     x0, x20
        b.ne    reap
        ldr     w21, [x19, #0x300]
        mov     x22, #1
        b       reap
reaped: cbz     x22, listen
        lsr     w0, w21, #8
        ands    w21, w21, #0x7f
        b.eq    leaves
        add     w0, w21, #128
leaves: mov     x8, #94                 // exit_group
        svc     #0
block:  str     x0, [x19, #0x310]
        mov     x0, #2                  // SIG_SETMASK
        add     x1, x19, #0x310
        mov     x2, #0
        mov     x3, #8
        mov     x8, #135                // rt_sigprocmask
        svc     #0
        ret
