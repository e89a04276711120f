// Go's net.ParseIP: no zone, no leading zeros.
const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;

export function isIpAddress(text: string): boolean {
  if (IPV4.test(text)) return true;
  return /^[0-9a-fA-F:.]+$/.test(text) && text.includes(':') && URL.canParse(`http://[${text}]/`);
}
