# The order -6 to a launcher: it executes a list of calls in a child, again and again, and writes down how that ended.
# ../monitor/probe-message.ts has the layout of the message, and of what is written. There is no answer; the channel is
# closed. Assembled behind x64-init.s.
#
# rbx: the message. r14: until when something is waited for (CLOCK_MONOTONIC).
probe:  call    leave
        call    uptime
        add     %rax, 56(%rbx)
pause:  mov     40(%rbx), %r14
        call    uptime
        cmpl    $0, 96(%rbx)
        jne     steady
        cmp     56(%rbx), %rax
        jae     steady
        mov     48(%rbx), %r14
steady: add     %rax, %r14
sleep:  mov     $1, %esi
        call    await
        jg      quit
        js      sleep
        movl    $0, 0xd014(%rbx)
rinse:  lea     0xe100(%rbx), %rsi      # what an earlier one wrote late
        mov     $0x1000, %edx
        call    sip
        jg      rinse
        call    now
        mov     %rax, 0xd000(%rbx)
        movl    $0, 100(%rbx)
        mov     $0x4111, %edi           # CLONE_VM | CLONE_VFORK | SIGCHLD
        xor     %esi, %esi              # not by a call, to which both would return on the same stack
        xor     %edx, %edx
        xor     %r10d, %r10d
        xor     %r8d, %r8d
        mov     $56, %eax               # clone
        syscall
        test    %rax, %rax
        jz      child
        js      unmade
        mov     %eax, 104(%rbx)
        mov     %eax, %edi
        xor     %esi, %esi
        mov     $434, %eax              # pidfd_open; without it the time is up at the end
        syscall
        mov     %eax, 88(%rbx)
        call    uptime
        mov     %rax, %r14
        add     64(%rbx), %r14
attend: mov     $3, %esi
        call    await
        js      attend
        jz      late
        call    gather
        cmpw    $0, 78(%rbx)            # the container has ended
        jne     quit
        cmpw    $0, 94(%rbx)
        je      attend
        call    bury
        call    gather
        cmpl    $0, 100(%rbx)
        jne     failed
        mov     0x218(%rbx), %eax
        cmpl    $1, 0x208(%rbx)         # CLD_EXITED
        je      tested
        add     $128, %eax
tested: test    %eax, %eax
        jnz     noted
        movl    $1, 96(%rbx)
        jmp     noted
late:   mov     104(%rbx), %edi
        mov     $9, %esi                # SIGKILL
        mov     $62, %eax               # kill
        syscall
        call    bury
        call    gather
        mov     $-1, %eax
        jmp     noted
child:  mov     0x1000(%rbx), %r12
        lea     0x1010(%rbx), %r13
        call    perform
        mov     %eax, 100(%rbx)
        jmp     quit
unmade: mov     %eax, 100(%rbx)
failed: mov     100(%rbx), %eax
        neg     %eax
        mov     %eax, 0xd018(%rbx)
        movl    $4, 0xd014(%rbx)
        mov     $-2, %eax
noted:  mov     %eax, 0xd010(%rbx)
        call    now
        mov     %rax, 0xd008(%rbx)
        mov     0xd014(%rbx), %r13d
        add     $24, %r13
        lea     0xd000(%rbx), %r15
        lea     health(%rip), %r14
        call    append
        jmp     pause
# Takes what is there of the output. The first 4096 bytes of it are kept.
gather: cmpl    $0, 80(%rbx)
        js      back
        mov     0xd014(%rbx), %eax
        lea     0xd018(%rbx,%rax), %rsi
        mov     $0x1000, %edx
        sub     %eax, %edx
        jz      spill
        call    sip
        jle     back
        add     %eax, 0xd014(%rbx)
        jmp     gather
spill:  lea     0xe100(%rbx), %rsi
        mov     $0x1000, %edx
        call    sip
        jg      gather
        ret
# The pipe does not block.
sip:    mov     80(%rbx), %edi
        xor     %eax, %eax              # read
        syscall
        test    %rax, %rax
        ret
# Waits for the child, and forgets it.
bury:   mov     $1, %edi                # P_PID
        mov     104(%rbx), %esi
        lea     0x200(%rbx), %rdx
        mov     $4, %r10d               # WEXITED
        xor     %r8d, %r8d
        mov     $247, %eax              # waitid
        syscall
        cmp     $-4, %rax               # EINTR
        je      bury
        mov     88(%rbx), %edi
        movl    $-1, 88(%rbx)
        jmp     close
# Waits until r14 for one of the first rsi descriptors. Zero: none was ready.
await:  mov     %rsi, %r12
        call    uptime
        mov     %r14, %rcx
        sub     %rax, %rcx
        mov     $0, %eax
        cmovs   %rax, %rcx
        mov     %rcx, %rax
        xor     %edx, %edx
        mov     $1000000000, %ecx
        div     %rcx
        mov     %rax, 0x310(%rbx)
        mov     %rdx, 0x318(%rbx)
        lea     72(%rbx), %rdi
        mov     %r12, %rsi
        lea     0x310(%rbx), %rdx
        xor     %r10d, %r10d
        xor     %r8d, %r8d
        mov     $271, %eax              # ppoll
        syscall
        test    %rax, %rax
        ret
uptime: mov     $1, %edi                # CLOCK_MONOTONIC
        jmp     clock
health: .ascii  "health\0\0\0\0\0\0health.1\0\0\0\0health.new\0\0"
