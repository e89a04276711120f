// What undoes a branch filter of xz.

/**
 * Undoes a filter in place, on a piece of the stream. `position`: of its first byte, modulo 2^32. Returns how many
 * bytes are done; the others come again at the start of the next piece, and are as they should be when there is none.
 */
export type BranchDecoder = (data: Buffer, position: number) => number;
