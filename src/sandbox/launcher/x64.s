# The launcher on x86-64. launcher-code.ts holds its bytes; a test assembles this file and compares.
#
# It starts as a child of the worker, with a socket of packets as descriptor 3 and its messages in 64 KiB of its stack
# (rbx).
# The first message: descriptor of a user namespace to join, or a negative number (8 bytes); flags of clone(2) (8
# bytes). It makes the process that serves, says its id and the address of the messages (8 bytes each), or a negative
# errno, and ends.
# Every further message: number of calls, bytes of the answer (8 bytes each), then for each call eight words: its
# number, the addresses of its six arguments, and room for its result. The calls are made in order until one fails; the
# answer is the message as it is then.
# With a negative number of calls it is an order to watch (watch-message.ts), which has no answer: seccomp notifications
# are received and wait until a second such message lets them go on; from then on each goes on at once. Every one that
# waits is written to descriptor 4, and so is each of a call whose number is in the order: those are for the reader to
# answer. An ordinary message ends the watch. A notification that is gone (its process was killed, or a signal came
# before it was received) fails with ENOENT at either call, which is nothing.
# Other negative numbers are the orders of x64-orders.s.
        sub     $0x11000, %rsp
        mov     %rsp, %rbx
begin:  call    receive
        movslq  (%rbx), %rdi
        test    %rdi, %rdi
        js      create
        mov     $0x10000000, %esi       # CLONE_NEWUSER
        mov     $308, %eax              # setns
        syscall
        test    %rax, %rax
        js      answer
create: mov     8(%rbx), %rdi
        call    fork
        jz      serve
answer: call    report
quit:   xor     %edi, %edi
        mov     $231, %eax              # exit_group
        syscall
serve:  call    receive
order:  mov     (%rbx), %r12
        test    %r12, %r12
        js      other
        lea     16(%rbx), %r13
        call    perform
        mov     8(%rbx), %rdx
        call    send
        jmp     serve
perform:
        test    %r12, %r12
        jz      done
        mov     8(%r13), %rdi
        mov     (%rdi), %rdi
        mov     16(%r13), %rsi
        mov     (%rsi), %rsi
        mov     24(%r13), %rdx
        mov     (%rdx), %rdx
        mov     32(%r13), %r10
        mov     (%r10), %r10
        mov     40(%r13), %r8
        mov     (%r8), %r8
        mov     48(%r13), %r9
        mov     (%r9), %r9
        mov     (%r13), %rax
        syscall
        mov     %rax, 56(%r13)
        add     $64, %r13
        dec     %r12
        test    %rax, %rax
        jns     perform
done:   ret
other:  inc     %r12
        jz      watch
        inc     %r12
        jz      make
        inc     %r12
        jz      monitor
        inc     %r12
        jz      rest
        inc     %r12
        jz      init
        inc     %r12
        jz      probe
        jmp     quit
watch:  xor     %r14d, %r14d            # whether they may go on
        lea     144(%rbx), %r12         # end of the list of those that wait
again:  lea     8(%rbx), %rdi
        mov     $2, %esi
        mov     $-1, %edx
        mov     $7, %eax                # poll
        syscall
        cmpw    $0, 22(%rbx)
        jne     told
        mov     14(%rbx), %ax
        test    %ax, %ax
        jz      again
        test    $1, %al                 # POLLIN
        jz      over
        lea     24(%rbx), %rdi          # which must be zero
        mov     $10, %ecx
        xor     %eax, %eax
        rep stosq
        mov     $0xc0502100, %esi       # SECCOMP_IOCTL_NOTIF_RECV
        lea     24(%rbx), %rdx
        call    control
        jnz     again
        lea     128(%rbx), %rdi
        mov     40(%rbx), %eax
        mov     $4, %ecx
        repne scasl
        je      tell
        mov     24(%rbx), %rax
        mov     %rax, (%r12)
        add     $8, %r12
        test    %r14d, %r14d
        jnz     goon
tell:   mov     $4, %edi
        lea     24(%rbx), %rsi
        mov     $80, %edx
        mov     $1, %eax                # write
        syscall
        lea     0x10000(%rbx), %rax
        cmp     %rax, %r12              # a full list waits for the word alone
        jb      again
told:   call    receive
        cmpq    $0, (%rbx)
        jns     order
        mov     $1, %r14d
goon:   lea     144(%rbx), %r13
each:   cmp     %r12, %r13
        je      empty
        mov     (%r13), %rax
        mov     %rax, 104(%rbx)
        mov     $0xc0182101, %esi       # SECCOMP_IOCTL_NOTIF_SEND
        lea     104(%rbx), %rdx
        call    control
        add     $8, %r13
        jmp     each
empty:  lea     144(%rbx), %r12
        jmp     again
over:   movl    $-1, 8(%rbx)            # nobody is left who could call
        jmp     again
control:
        mov     8(%rbx), %edi
        mov     $16, %eax               # ioctl
        syscall
        test    %rax, %rax
        ret
receive:
        mov     $3, %edi
        mov     %rbx, %rsi
        mov     $0x10000, %edx
        xor     %eax, %eax              # read
        syscall
        test    %rax, %rax
        jle     quit
        ret
report: mov     %rax, (%rbx)
        mov     %rbx, 8(%rbx)
        mov     $16, %edx
send:   mov     $3, %edi
        mov     %rbx, %rsi
        mov     $1, %eax                # write
        syscall
        ret
fork:   xor     %esi, %esi
        xor     %edx, %edx
        xor     %r10d, %r10d
        xor     %r8d, %r8d
        mov     $56, %eax               # clone
        syscall
        test    %rax, %rax
        ret
