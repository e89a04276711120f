# The order -5 to a launcher that is PID 1: it forks. The answer is as that of an order to make; the child goes on in
# its place, with its channel and no signal blocked. The launcher closes all descriptors. It reaps what has ended,
# passes signals on to the child, and ends as that: with its code, or 128 and the number of its signal.
# Assembled behind x64-monitor.s.
init:   movq    $-1, 0x310(%rbx)        # a blocked signal also reaches a PID 1 that has no handler for it
        call    block
        mov     $17, %edi               # SIGCHLD
        call    fork
        mov     %rax, %r12
        jg      parent
        movq    $0, 0x310(%rbx)
        call    block
        test    %r12, %r12
        jz      serve
        mov     %r12, %rax
        call    report
        jmp     serve
parent: call    report
        xor     %edi, %edi
        mov     $-1, %esi
        xor     %edx, %edx
        mov     $436, %eax              # close_range
        syscall
        xor     %r14d, %r14d            # whether the child has ended
listen: lea     0x310(%rbx), %rdi
        xor     %esi, %esi
        xor     %edx, %edx
        mov     $8, %r10d
        mov     $128, %eax              # rt_sigtimedwait
        syscall
        test    %rax, %rax
        js      listen
        cmp     $17, %rax               # SIGCHLD
        je      reap
        mov     %r12, %rdi
        mov     %rax, %rsi
        mov     $62, %eax               # kill
        syscall
        jmp     listen
reap:   mov     $-1, %rdi
        lea     0x300(%rbx), %rsi
        mov     $1, %edx                # WNOHANG
        xor     %r10d, %r10d
        mov     $61, %eax               # wait4
        syscall
        test    %rax, %rax
        jle     reaped
        cmp     %r12, %rax
        jne     reap
        mov     0x300(%rbx), %r13d
        mov     $1, %r14d
        jmp     reap
reaped: test    %r14d, %r14d
        jz      listen
        mov     %r13d, %edi
        shr     $8, %edi
        and     $0x7f, %r13d
        jz      leaves
        lea     128(%r13), %edi
leaves: mov     $231, %eax              # exit_group
        syscall
block:  mov     $2, %edi                # SIG_SETMASK
        lea     0x310(%rbx), %rsi
        xor     %edx, %edx
        mov     $8, %r10d
        mov     $14, %eax               # rt_sigprocmask
        syscall
        ret
