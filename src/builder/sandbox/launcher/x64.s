# The launcher on x86-64. launcher-code.ts holds its bytes; a test assembles this file and compares.
#
# It starts as a child of the worker, with a socket of packets as descriptor 3 and its messages in 64 KiB of its stack (rbx).
# The first message: descriptor of a user namespace to join, or a negative number (8 bytes); flags of clone(2) (8 bytes). It makes the
# process that serves, says its id and the address of the messages (8 bytes each), or a negative errno, and ends.
# Every further message: number of calls, bytes of the answer (8 bytes each), then for each call eight words: its number, the addresses
# of its six arguments, and room for its result. The calls are made in order until one fails; the answer is the message as it is then.
        sub     $0x11000, %rsp
        mov     %rsp, %rbx
        call    receive
        movslq  (%rbx), %rdi
        test    %rdi, %rdi
        js      make
        mov     $0x10000000, %esi       # CLONE_NEWUSER
        mov     $308, %eax              # setns
        syscall
        test    %rax, %rax
        js      answer
make:   mov     8(%rbx), %rdi
        xor     %esi, %esi
        xor     %edx, %edx
        xor     %r10d, %r10d
        xor     %r8d, %r8d
        mov     $56, %eax               # clone
        syscall
        test    %rax, %rax
        jz      serve
answer: mov     %rax, (%rbx)
        mov     %rbx, 8(%rbx)
        mov     $16, %edx
        call    send
quit:   xor     %edi, %edi
        mov     $231, %eax              # exit_group
        syscall
serve:  call    receive
        mov     (%rbx), %r12
        lea     16(%rbx), %r13
next:   test    %r12, %r12
        jz      reply
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
        jns     next
reply:  mov     8(%rbx), %rdx
        call    send
        jmp     serve
receive:
        mov     $3, %edi
        mov     %rbx, %rsi
        mov     $0x10000, %edx
        xor     %eax, %eax              # read
        syscall
        test    %rax, %rax
        jle     quit
        ret
send:   mov     $3, %edi
        mov     %rbx, %rsi
        mov     $1, %eax                # write
        syscall
        ret
