// Texts that are nearly Dockerfiles: some of a corpus, cut, spliced, doubled and sprinkled with what parsers stumble over.
import { pick } from './random.mjs';

/** Each string holds several, with bars between. */
const TOKENS = [
  '\n| |\t|\r|\v|\f|\\|`|#|<|>|"|\'|$|=|{|}|[|]|,|-|:|;|/|*|?|@|&|%|!|~|\0',
  '\r\n|\\\n|\\\r\n|`\n|\\ \n|\\\n#x\n|\u00a0|\u0085|\u2028|\ufeff|\u0130|日|\ud800|𐏿',
  'FROM a\n|\nFROM a AS b\n|\nFROM b\n|FROM --platform=$A |RUN |COPY |ADD |ONBUILD |ENV |ARG |LABEL |MAINTAINER ',
  '\nHEALTHCHECK |\nCMD |\nENTRYPOINT |\nSHELL ["a"]\n|\nEXPOSE |\nVOLUME |\nUSER |\nWORKDIR |\nSTOPSIGNAL ',
  ' AS |<<EOF|<<-"E"|<<\'E\'|\nEOF\n|\nE\n|<<|<<-|3<<E|# escape=`\n|# syntax=x\n|# check=error=true;skip=all\n',
  '--mount=|--mount=type=cache,id=|type=|,target=|,from=|--from=|--chown=|--chmod=|--link|--network=|--security=|--interval=|--',
  '["a"]|["|"]|\\"|\\u0000|${|${a:-|${a:+|${a#*}|${a//b/c}|${a%%|$$|$a|}|__proto__|constructor|toString',
  '0|-1|9999999999999999999|1h|1e9|0x|65536|1-99999/tcp|NONE|scratch|null|true|../..|//|git@x:y|https://x/y#z',
].flatMap((row) => row.split('|'));

function span(text, random, longest) {
  const start = random(text.length + 1);
  return [start, Math.min(text.length, start + random(longest))];
}

const MUTATIONS = [
  function insert(text, random) {
    const at = random(text.length + 1);
    return text.slice(0, at) + pick(TOKENS, random) + text.slice(at);
  },
  function overwrite(text, random) {
    const [start, end] = span(text, random, 8);
    return text.slice(0, start) + pick(TOKENS, random) + text.slice(end);
  },
  function remove(text, random) {
    const [start, end] = span(text, random, 40);
    return text.slice(0, start) + text.slice(end);
  },
  function duplicate(text, random) {
    const [start, end] = span(text, random, 60);
    return text.slice(0, end) + text.slice(start, end).repeat(1 + random(4)) + text.slice(end);
  },
  function flip(text, random) {
    const at = random(text.length);
    const code = text.charCodeAt(at) || 0;
    return text.slice(0, at) + String.fromCharCode(code ^ (1 << random(7))) + text.slice(at + 1);
  },
  function removeLine(text, random) {
    const lines = text.split('\n');
    lines.splice(random(lines.length), 1);
    return lines.join('\n');
  },
  function swapLines(text, random) {
    const lines = text.split('\n');
    const [a, b] = [random(lines.length), random(lines.length)];
    [lines[a], lines[b]] = [lines[b], lines[a]];
    return lines.join('\n');
  },
  function splice(text, random, texts) {
    const other = pick(texts, random);
    return text.slice(0, random(text.length + 1)) + other.slice(random(other.length + 1));
  },
];

/** Texts that have grown past this are cut: the corpus has a few long ones. */
const LONGEST = 8000;

/** One in three begins with a stage, whatever follows, so that more than its first line is read. @param random as `randomFrom` gives it */
export function mutateDockerfile(texts, random) {
  let text = pick(texts, random);
  for (let i = 1 + random(3); i > 0; i--)
    text = pick(MUTATIONS, random)(text, random, texts).slice(0, LONGEST);
  return random(3) === 0 ? `FROM a AS b\n${text}` : text;
}
