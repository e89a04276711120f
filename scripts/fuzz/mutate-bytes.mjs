// Bytes that are nearly what a reader expects: one of a corpus with bits flipped, numbers changed, parts cut, doubled and moved.
import { pick } from './random.mjs';

/** Numbers at the edges of what fits somewhere. */
const NUMBERS = ['0', '-1', '1', '7', '8', '255', '256', '511', '512', '513', '65535', '65536', '1e9']
  .concat(['2147483647', '2147483648', '4294967295', '4294967296', '8589934592', '9007199254740991'])
  .concat(['9007199254740993', '18446744073709551615', '99999999999999999999999', '0777', '77777777777']);

/** What every format may stumble over: separators of names, of records, and names that objects have by themselves. */
const COMMON = ['\0', '\n', '\r\n', ' ', '/', '..', '../', './', '\\', '"', '{', '}', '[', ']', ',', ':', '=']
  .concat(['null', 'true', '{}', '[]', '""', '__proto__', 'constructor', 'toString', '\u00ff', '日', '%00'])
  .concat(['\ufeff', '\u2028', '-', '+', '.', 'e', '0x', '\u{1f600}']);

const LONGEST = 1 << 16;

function span(bytes, random, longest) {
  const start = random(bytes.length + 1);
  return [start, Math.min(bytes.length, start + 1 + random(longest))];
}

function replace(bytes, [start, end], by) {
  return Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(end)]);
}

/** @param tokens what the format is made of, as Buffers */
function mutationsWith(tokens) {
  const token = (random) => (random(3) === 0 ? Buffer.from(pick(COMMON, random)) : pick(tokens, random));
  return [
    function flipBit(bytes, random) {
      const changed = Buffer.from(bytes);
      if (changed.length > 0) changed[random(changed.length)] ^= 1 << random(8);
      return changed;
    },
    function setByte(bytes, random) {
      const changed = Buffer.from(bytes);
      if (changed.length > 0) changed[random(changed.length)] = pick([0, 1, 0x7f, 0x80, 0xff, 0x30], random);
      return changed;
    },
    function insertToken(bytes, random) {
      const at = random(bytes.length + 1);
      return replace(bytes, [at, at], token(random));
    },
    function overwriteWithToken(bytes, random) {
      const by = token(random);
      const at = random(bytes.length + 1);
      return replace(bytes, [at, Math.min(bytes.length, at + by.length)], by);
    },
    /** Digits to other digits: sizes, modes, counts, versions. */
    function changeNumber(bytes, random) {
      const numbers = [...bytes.toString('latin1').matchAll(/-?\d+/g)];
      if (numbers.length === 0) return bytes;
      const { index, 0: digits } = pick(numbers, random);
      const by = Buffer.from(pick(NUMBERS, random));
      // A field of fixed width stays one half of the time.
      const end = random(2) ? index + digits.length : Math.min(bytes.length, index + by.length);
      return replace(bytes, [index, end], by);
    },
    function changeBinaryNumber(bytes, random) {
      const width = pick([1, 2, 4, 8], random);
      if (bytes.length < width) return bytes;
      const changed = Buffer.from(bytes);
      const at = random(bytes.length - width + 1);
      const value = Buffer.alloc(8, pick([0, 0xff], random));
      if (random(2)) value[random(width)] = pick([1, 0x7f, 0x80, 0xfe], random);
      value.copy(changed, at, 0, width);
      return changed;
    },
    function remove(bytes, random) {
      return replace(bytes, span(bytes, random, 64), Buffer.alloc(0));
    },
    function truncate(bytes, random) {
      return bytes.subarray(0, random(bytes.length + 1));
    },
    function duplicate(bytes, random) {
      const [start, end] = span(bytes, random, 1100);
      const copies = Array.from({ length: 1 + random(3) }, () => bytes.subarray(start, end));
      return replace(bytes, [end, end], Buffer.concat(copies));
    },
    /** Blocks of 512 bytes: what tar is made of. */
    function moveBlock(bytes, random) {
      const blocks = Math.floor(bytes.length / 512);
      if (blocks < 2) return bytes;
      const [from, to] = [random(blocks) * 512, random(blocks) * 512];
      return replace(bytes, [to, random(2) ? to : to + 512], bytes.subarray(from, from + 512));
    },
    function splice(bytes, random, corpus) {
      const other = pick(corpus, random);
      return replace(other, [0, random(other.length + 1)], bytes.subarray(0, random(bytes.length + 1)));
    },
  ];
}

/**
 * A function `(corpus, random) => Buffer`.
 * @param dictionary words of the format, a character for every byte
 */
export function byteMutator(dictionary) {
  const mutations = mutationsWith(dictionary.map((word) => Buffer.from(word, 'latin1')));
  return (corpus, random) => {
    let bytes = pick(corpus, random);
    for (let i = 1 + random(4); i > 0; i--)
      bytes = pick(mutations, random)(bytes, random, corpus).subarray(0, LONGEST);
    return bytes;
  };
}
