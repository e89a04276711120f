// The devices that every process in a sandbox gets: character devices of the host that can do no harm. Numbers: the
// kernel's Documentation/admin-guide/devices.txt.
export const HARMLESS_DEVICES = [
  { name: 'null', major: 1, minor: 3 },
  { name: 'zero', major: 1, minor: 5 },
  { name: 'full', major: 1, minor: 7 },
  { name: 'random', major: 1, minor: 8 },
  { name: 'urandom', major: 1, minor: 9 },
  { name: 'tty', major: 5, minor: 0 },
] as const;
