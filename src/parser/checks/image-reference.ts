// Whether a text can be an image name at all (distribution/reference's ParseNormalizedNamed), for a check: no parts are
// needed.

const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const DOMAIN = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*(?::[\\w][\\w.-]{0,127})?(?:@${DIGEST})?$`);
const MAX_LENGTH = 4096;

/** The part before the first slash is a domain when it has a dot, a colon or capitals, or is `localhost`. */
function isDomain(first: string): boolean {
  return /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
}

export function isImageReference(text: string): boolean {
  // A bare image id is no name.
  if (text.length > MAX_LENGTH || /^[a-f0-9]{64}$/.test(text)) return false;
  const slash = text.indexOf('/');
  if (slash < 0 || !isDomain(text.slice(0, slash))) return PATH.test(text);
  return DOMAIN.test(text.slice(0, slash)) && PATH.test(text.slice(slash + 1));
}
