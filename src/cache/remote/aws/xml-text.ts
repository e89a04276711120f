// The few texts that answers of AWS in XML are read for. Pure.

/** The text of an element of an answer in XML; only the first one, without children. */
export function xmlText(xml: string, element: string): string | undefined {
  const [, text] = new RegExp(`<${element}>([^<]{0,4096})</${element}>`).exec(xml) ?? [];
  return text
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
