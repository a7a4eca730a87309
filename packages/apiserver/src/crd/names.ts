const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const subdomain = new RegExp(`^${label}(?:\\.${label})*$`);
const label1035 = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/;

/** RFC 1123 subdomain: at most 253 characters. */
export function isSubdomain(text: string): boolean {
  return text.length <= 253 && subdomain.test(text);
}

/** RFC 1035 label: begins with a letter, at most 63 characters. */
export function isDnsLabel1035(text: string): boolean {
  return text.length <= 63 && label1035.test(text);
}
