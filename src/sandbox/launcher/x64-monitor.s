# The order -3 to a launcher: it copies what a container writes to a log and to clients until the container has ended,
# and executes a program. ../monitor/monitor-message.ts has the layout of the message, and of what is written.
# Assembled behind x64-orders.s. There is no answer; the channel is closed.
#
# rbx: the message. r12: a struct pollfd of output. r13: bytes of a record, which begins at 0xff0(%rbx).
monitor:
        call    leave
wait:   lea     64(%rbx), %rdi
        mov     $12, %esi
        mov     $-1, %edx
        mov     $7, %eax                # poll
        syscall
        test    %rax, %rax
        js      wait
        lea     72(%rbx), %r12
        call    take
        lea     80(%rbx), %r12
        call    take
        call    hear
        call    admit
        cmpw    $0, 70(%rbx)            # it has ended
        je      wait
drain:  mov     72(%rbx), %eax
        and     80(%rbx), %eax
        js      ended
        lea     72(%rbx), %rdi
        mov     $2, %esi
        mov     $100, %edx
        mov     $7, %eax                # poll
        syscall
        test    %rax, %rax
        jz      ended
        js      drain
        lea     72(%rbx), %r12
        call    take
        lea     80(%rbx), %r12
        call    take
        jmp     drain
ended:  movq    $0, 0x208(%rbx)
        movq    $0, 0x218(%rbx)
        mov     $3, %edi                # P_PIDFD
        mov     64(%rbx), %esi
        lea     0x200(%rbx), %rdx
        mov     $4, %r10d               # WEXITED
        xor     %r8d, %r8d
        mov     $247, %eax              # waitid
        syscall
        cmp     $-4, %rax
        je      ended
        mov     0x208(%rbx), %eax
        mov     %eax, 0x1000(%rbx)
        mov     0x218(%rbx), %eax
        mov     %eax, 0x1004(%rbx)
        call    now
        mov     %rax, 0x1008(%rbx)
        lea     exittmp(%rip), %rsi
        mov     $0x80041, %edx          # O_WRONLY | O_CREAT | O_CLOEXEC
        call    open
        js      tell0
        mov     %eax, %edi
        lea     0x1000(%rbx), %rsi
        mov     $16, %edx
        mov     $1, %eax                # write
        syscall
        cmp     $16, %rax
        jne     tell0
        mov     %r12d, %edi
        call    close
        lea     exittmp(%rip), %rsi
        lea     exit(%rip), %r10
        call    rename
tell0:  xor     %ecx, %ecx
        mov     $8, %eax
        call    record
        cmpl    $0, 36(%rbx)
        je      finish
        cmpl    $0, 96(%rbx)
        jns     quit
finish: lea     64(%rbx), %r14
shut:   mov     (%r14), %edi
        call    close
        add     $8, %r14
        lea     160(%rbx), %rax
        cmp     %rax, %r14
        jb      shut
        mov     32(%rbx), %edi
        call    close
        mov     40(%rbx), %rdi
        mov     48(%rbx), %rsi
        mov     56(%rbx), %rdx
        test    %rdi, %rdi
        jz      quit
        mov     $59, %eax               # execve
        syscall
        jmp     quit
# Reads what r12 has, and records it.
take:   cmpw    $0, 6(%r12)
        je      back
        mov     (%r12), %edi
        lea     0x1000(%rbx), %rsi
        mov     $0xf000, %edx
        xor     %eax, %eax              # read
        syscall
        test    %rax, %rax
        jg      taken
        cmp     $-4, %rax               # EINTR
        je      back
        cmp     $-11, %rax              # EAGAIN
        je      back
        cmp     $-5, %rax               # EIO: nobody has the terminal open
        jne     finis
        cmpw    $0, 70(%rbx)
        jne     finis
        lea     64(%rbx), %rdi
        mov     $1, %esi
        mov     $100, %edx
        mov     $7, %eax                # poll
        syscall
        ret
finis:  mov     (%r12), %edi
        movl    $-1, (%r12)
        jmp     close
taken:  mov     %r12, %rcx
        sub     %rbx, %rcx
        sub     $64, %rcx
        shr     $3, %rcx
# A record of eax bytes of stream ecx, to the log and to all clients.
record: mov     %ecx, 0xff0(%rbx)
        mov     %eax, 0xff4(%rbx)
        lea     16(%rax), %r13d
        call    now
        mov     %rax, 0xff8(%rbx)
        lea     0xff0(%rbx), %r15
        lea     log(%rip), %r14
        call    append
        lea     96(%rbx), %r14
copy:   mov     (%r14), %edi
        test    %edi, %edi
        js      copied
        mov     %r13, %r15
more:   lea     0xff0(%rbx,%r13), %rsi
        sub     %r15, %rsi
        mov     (%r14), %edi
        mov     %r15, %rdx
        mov     $0x4040, %r10d          # MSG_NOSIGNAL | MSG_DONTWAIT
        xor     %r8d, %r8d
        xor     %r9d, %r9d
        mov     $44, %eax               # sendto
        syscall
        cmp     $-4, %rax               # EINTR
        je      more
        cmp     $-11, %rax              # EAGAIN
        je      full
        test    %rax, %rax
        jle     lost
        sub     %rax, %r15
        jnz     more
copied: add     $8, %r14
        lea     160(%rbx), %rax
        cmp     %rax, %r14
        jb      copy
back:   ret
lost:   call    drop
        jmp     copied
# Waits for the client, but when the container has ended only for a while.
full:   mov     (%r14), %eax
        mov     %eax, 0x340(%rbx)
        movl    $4, 0x344(%rbx)         # POLLOUT
        mov     64(%rbx), %eax
        mov     %eax, 0x348(%rbx)
        movl    $1, 0x34c(%rbx)         # POLLIN
        lea     0x340(%rbx), %rdi
        mov     $2, %esi
        mov     $-1, %edx
        mov     $7, %eax                # poll
        syscall
        cmpl    $4, 0x344(%rbx)
        jne     more
        lea     0x340(%rbx), %rdi
        mov     $1, %esi
        mov     $2000, %edx
        mov     $7, %eax                # poll
        syscall
        test    %rax, %rax
        jz      lost
        jmp     more
# Forgets the client at r14. Without the first one the finish is left to nobody.
drop:   mov     (%r14), %edi
        movl    $-1, (%r14)
        lea     96(%rbx), %rax
        cmp     %rax, %r14
        jne     close
        movl    $0, 36(%rbx)
        jmp     close
# Whether clients have gone, or have taken the input.
hear:   lea     96(%rbx), %r14
heed:   cmpl    $0, (%r14)
        js      heard
        cmpw    $0, 6(%r14)
        je      heard
        mov     (%r14), %edi
        lea     0x200(%rbx), %rsi
        mov     $0x100, %edx
        xor     %eax, %eax              # read
        syscall
        test    %rax, %rax
        jle     gone
        mov     32(%rbx), %edi
        movl    $-1, 32(%rbx)
        call    close
heard:  add     $8, %r14
        lea     160(%rbx), %rax
        cmp     %rax, %r14
        jb      heed
        ret
gone:   call    drop
        jmp     heard
# A client that asks. Without room for it, it is closed.
admit:  cmpw    $0, 94(%rbx)
        je      back
        mov     88(%rbx), %edi
        xor     %esi, %esi
        xor     %edx, %edx
        mov     $0x80000, %r10d         # SOCK_CLOEXEC
        mov     $288, %eax              # accept4
        syscall
        test    %rax, %rax
        js      back
        lea     96(%rbx), %rcx
        lea     160(%rbx), %rdx
room:   cmpl    $0, (%rcx)
        js      seat
        add     $8, %rcx
        cmp     %rdx, %rcx
        jb      room
        mov     %eax, %edi
        jmp     close
seat:   mov     %eax, (%rcx)
        ret
# Appends r13 bytes at r15 to the file 24(%rbx), whose size is 16(%rbx): all of them or none. When they would exceed
# 8(%rbx) the file is put aside. Its name, that of the one before, and one for the next are at r14.
append: mov     8(%rbx), %rax
        mov     16(%rbx), %rcx
        test    %rax, %rax
        jz      write
        test    %rcx, %rcx
        jz      write
        add     %r13, %rcx
        cmp     %rax, %rcx
        jbe     write
        call    rotate
write:  mov     24(%rbx), %edi
        mov     %r15, %rsi
        mov     %r13, %rdx
        mov     $1, %eax                # write
        syscall
        test    %rax, %rax
        js      back
        cmp     %r13, %rax
        jne     undo
        add     %rax, 16(%rbx)
        ret
undo:   mov     24(%rbx), %edi
        mov     16(%rbx), %rsi
        mov     $77, %eax               # ftruncate
        syscall
        ret
rotate: lea     24(%r14), %rsi
        mov     $0x80641, %edx          # O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC
        call    open
        js      back
        mov     %r14, %rsi
        lea     12(%r14), %r10
        call    rename
        lea     24(%r14), %rsi
        mov     %r14, %r10
        call    rename
        mov     %r12d, %edi
        mov     24(%rbx), %esi
        mov     $0x80000, %edx          # O_CLOEXEC
        mov     $292, %eax              # dup3
        syscall
        movq    $0, 16(%rbx)
        mov     %r12d, %edi
        jmp     close
# In the directory 28(%rbx).
open:   mov     28(%rbx), %edi
        mov     $0600, %r10d
        mov     $257, %eax              # openat
        syscall
        mov     %eax, %r12d
        test    %rax, %rax
        ret
rename: mov     28(%rbx), %edi
        mov     %edi, %edx
        mov     $264, %eax              # renameat
        syscall
        ret
# Nanoseconds since the epoch.
now:    xor     %edi, %edi              # CLOCK_REALTIME
clock:  lea     0x300(%rbx), %rsi
        mov     $228, %eax              # clock_gettime
        syscall
        imul    $1000000000, 0x300(%rbx), %rax
        add     0x308(%rbx), %rax
        ret
log:    .ascii  "log\0\0\0\0\0\0\0\0\0log.1\0\0\0\0\0\0\0log.new\0\0\0\0\0"
exit:   .ascii  "exit\0"
exittmp:
        .ascii  "exit.tmp\0"
        .balign 4
