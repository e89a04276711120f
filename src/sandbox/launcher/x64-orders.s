# Orders to a launcher that are told by a negative number, as x64.s has it. Assembled behind x64.s.
#
# -2 (make-message.ts): flags of clone(2), descriptor of a socket (8 bytes each). It forks. The answer is as the first:
# the id of the child, or a negative errno. The child has the socket in the place of its channel and waits there for a
# first message, as a program that was just started.
# -4: it closes its channel and waits for a signal that ends it.
make:   mov     8(%rbx), %rdi
        call    fork
        jz      made
        call    report
        jmp     serve
made:   mov     16(%rbx), %edi
        mov     $3, %esi
        xor     %edx, %edx
        mov     $292, %eax              # dup3
        syscall
        test    %rax, %rax
        js      quit
        mov     16(%rbx), %edi
        call    close
        jmp     begin
rest:   call    leave
rest1:  mov     $34, %eax               # pause
        syscall
        jmp     rest1
leave:  mov     $3, %edi
close:  mov     $3, %eax
        syscall
        ret
