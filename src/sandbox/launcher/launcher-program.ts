// The launcher as an executable file. Pure.
import { ELF_MACHINE, staticExecutable } from '../static-executable.js';
import { LAUNCHER_CODE } from './launcher-code.js';

export function launcherProgram(machine: keyof typeof LAUNCHER_CODE): Buffer {
  const code = Buffer.from(LAUNCHER_CODE[machine].replaceAll(/\s/g, ''), 'hex');
  return staticExecutable(code, { machine: ELF_MACHINE[machine] });
}
