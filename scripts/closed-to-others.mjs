// The tests of find(1) for what an ordinary user could not read of a folder that belongs to another.
export const CLOSED_TO_OTHERS = '! -type l ( ! -perm -o=r -o -type d ! -perm -o=x )'.split(' ');
