// What a failed command of a RUN very likely died of, in words: from its exit code, the signal that ended it, and the
// last lines that it wrote. Pure. Invariant: nothing is said that these do not show.
import { constants } from 'node:os';

export interface FailedCommand {
  readonly exitCode: number;
  /** That ended the command itself. */
  readonly signal?: string | undefined;
  /** The last of its output. */
  readonly output: string;
}

/** One sentence that says what to do; undefined when nothing is known. */
export function explainExit({ exitCode, signal, output }: FailedCommand): string | undefined {
  const told = SAID.find(([words]) => words.test(output));
  if (told) return told[1];
  const killedBy = signal ?? signalOf(exitCode);
  if (killedBy !== undefined) return bySignal(killedBy, signal === undefined);
  return byCode(exitCode, output);
}

// Words of common programs, and what they mean. The first that is found counts.
const SAID: readonly (readonly [RegExp, string])[] = [
  [
    /No space left on device|ENOSPC/,
    'the file system that it wrote to is full: free the disk of the store (tsbuild du, tsbuild prune), or give a tmpfs mount or --shm-size more',
  ],
  [
    /JavaScript heap out of memory/,
    'Node.js had no more memory for its objects: set NODE_OPTIONS=--max-old-space-size=MEGABYTES for the step',
  ],
  [
    /Cannot allocate memory|ENOMEM|std::bad_alloc|MemoryError/,
    'it had no more memory: raise --resource memory=SIZE when one is set, or give the machine more',
  ],
  [
    /[Ee]xec format error|\x7fELF/,
    'it started a program for another architecture: take the program for the platform that is built for',
  ],
  [
    /unable to get local issuer certificate|self[- ]signed certificate|SELF_SIGNED_CERT|signed by unknown authority|certificate verify failed/,
    'it does not trust the certificate of a server: give the authority with --ca-cert FILE or TSBUILD_CA_CERT',
  ],
  [
    /Temporary failure (?:in name resolution|resolving)|Could not resolve host|getaddrinfo|EAI_AGAIN|bad address '/,
    'it could not find the address of a host: look at --network, at the proxy (HTTPS_PROXY) and at the name',
  ],
  [
    /[Rr]ead-only file system|EROFS/,
    'it wrote to a mount that is read-only: mount it with rw, or write elsewhere',
  ],
];

const SIGNAL_EXIT = 128;

/** Of the status that a shell gives for a program that a signal ended. */
function signalOf(exitCode: number): string | undefined {
  const number = exitCode - SIGNAL_EXIT;
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
}

const SIGNALS: Readonly<Record<string, string>> = {
  SIGKILL: 'as the kernel does for want of memory',
  SIGSEGV: 'which is a crash: it used memory that is not its own',
  SIGBUS: 'which is a crash, or a full /dev/shm (--shm-size)',
  SIGILL: 'since this processor does not know an instruction of it: take a build for an older processor',
  SIGABRT: 'by itself: it found something wrong, which its output may say',
  SIGSYS: 'since it made a system call that the sandbox refuses',
  SIGFPE: 'which is a division by zero',
  SIGXFSZ: 'since a file became larger than it may (--ulimit fsize)',
  SIGPIPE: 'since the reader of its output went away',
};

function bySignal(signal: string, isOfShell: boolean): string {
  const who = isOfShell ? 'a program that it started' : 'it';
  const why = SIGNALS[signal];
  return `${who} was killed by ${signal}${why === undefined ? '' : `, ${why}`}`;
}

// `sh: nope: not found`, `bash: line 1: nope: command not found`, `/bin/sh: 1: nope: not found`.
const NOT_FOUND =
  /(?:^|\n)(?:[^\n:]+: )?(?:line )?(?:\d+: )?([^\n:\s]+): (?:command )?(?:not found|No such file or directory)/;
const NOT_EXECUTABLE = /(?:^|\n)(?:[^\n:]+: )?(?:line )?(?:\d+: )?([^\n:\s]+): Permission denied/;

function byCode(exitCode: number, output: string): string | undefined {
  const pattern = exitCode === 127 ? NOT_FOUND : exitCode === 126 ? NOT_EXECUTABLE : undefined;
  const name = pattern?.exec(output)?.[1];
  if (name === undefined) return undefined;
  return exitCode === 127 ? notFound(name) : notExecutable(name);
}

function notFound(name: string): string {
  return name.includes('/')
    ? `${name} is not in the image, or the interpreter in its first line is not: a line that ends with a carriage return names none`
    : `${name} is not in the image, or in no folder of PATH: install it in a step before`;
}

function notExecutable(name: string): string {
  return `${name} is not executable: copy it with COPY --chmod=755, or start it with its interpreter`;
}

/** What is missing when a command could not be started. @param argv of the command */
export function explainStart(message: string, argv: readonly string[]): string | undefined {
  const [program = ''] = argv;
  const isShell = /(?:^|\/)(?:ba|da|a|z)?sh$/.test(program);
  if (message.endsWith(': no such file or directory') && isShell)
    return `the image has no ${program}: write the command as RUN ["PROGRAM", "ARGUMENT"], or take a base with a shell`;
  if (/interpreter is missing/.test(message))
    return `a script names it in its first line, which must not end with a carriage return; a program may need the libraries of another base (glibc, musl)`;
  if (/executable file not found/.test(message))
    return `${program} is in no folder of PATH: install it in a step before`;
  if (message.endsWith(': no such file or directory')) return `${program} is not in the image`;
  return message.endsWith(': permission denied') ? notExecutable(program) : undefined;
}
