# Waits, and executes another program, on x86-64. later-code.ts holds its bytes; a test assembles this file and compares.
#
# The time lies behind the code: struct timespec. The program is that of argv[1], its arguments are argv from there on,
# its environment is that of this process.
again:  lea     time(%rip), %rdi
        mov     %rdi, %rsi
        mov     $35, %eax               # nanosleep
        syscall
        cmp     $-4, %rax               # EINTR: the rest of the time stands there
        je      again
        mov     (%rsp), %rcx
        lea     16(%rsp), %rsi
        mov     (%rsi), %rdi
        lea     16(%rsp,%rcx,8), %rdx
        mov     $59, %eax               # execve
        syscall
        mov     $127, %edi
        mov     $231, %eax              # exit_group
        syscall
        .balign 8
time:
