import { BlockList, isIP } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';
import { EvaluationError } from '@marcbachmann/cel-js';

class Url {
  readonly #url: URL;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    this.#url = new URL(text, 'hardpoint-relative://');
  }

  get(part: 'scheme' | 'host' | 'hostname' | 'port' | 'path'): string {
    const relative = this.#url.protocol === 'hardpoint-relative:';
    switch (part) {
      case 'scheme':
        return relative ? '' : this.#url.protocol.slice(0, -1);
      case 'host':
        // The standard parser drops a scheme's own port; the text still has it.
        return relative ? '' : (/^[^:]+:\/\/(?:[^/?#@]*@)?([^/?#]*)/.exec(this.#text)?.[1] ?? this.#url.host);
      case 'hostname':
        return relative ? '' : this.#url.hostname.replace(/^\[(.*)\]$/, '$1');
      case 'port':
        return /:(\d+)$/.exec(this.get('host'))?.[1] ?? '';
      default:
        return relative
          ? this.#text.replace(/[?#].*$/, '')
          : (/^[^:]+:\/\/[^/?#]*([^?#]*)/.exec(this.#text)?.[1] ?? '');
    }
  }

  query(): Map<string, string[]> {
    const out = new Map<string, string[]>();
    for (const [key, value] of this.#url.searchParams) out.set(key, [...(out.get(key) ?? []), value]);
    return out;
  }
}

class Ip {
  readonly text: string;
  readonly family: 4 | 6;

  constructor(text: string, family: 4 | 6) {
    this.text = text;
    this.family = family;
  }
}

class Cidr {
  readonly ip: Ip;
  readonly bits: number;

  constructor(ip: Ip, bits: number) {
    this.ip = ip;
    this.bits = bits;
  }

  contains(address: Ip): boolean {
    if (address.family !== this.ip.family) return false;
    const list = new BlockList();
    const family = address.family === 4 ? 'ipv4' : 'ipv6';
    list.addSubnet(this.ip.text, this.bits, family);
    return list.check(address.text, family);
  }
}

function isUrl(text: string): boolean {
  return (
    /^(?:\/|[A-Za-z][A-Za-z0-9+.-]*:)/.test(text) && URL.canParse(text, 'hardpoint-relative://') && !/\s/.test(text)
  );
}

function parseIp(text: string): Ip {
  const family = isIP(text);
  if (family === 4 || (family === 6 && !text.includes('%') && !/^::ffff:\d+\./i.test(text))) {
    return new Ip(family === 4 ? text : canonicalIp6(text), family === 4 ? 4 : 6);
  }
  throw new EvaluationError(
    `IP Address ${JSON.stringify(text)} parse error during conversion from string: invalid IP address`,
  );
}

function canonicalIp6(text: string): string {
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

function parseCidr(text: string): Cidr {
  const [address, bits] = text.split('/');
  if (address === undefined || bits === undefined || !/^\d{1,3}$/.test(bits)) {
    throw new EvaluationError(
      `network address parse error during conversion from string: invalid CIDR ${JSON.stringify(text)}`,
    );
  }
  const ip = parseIp(address);
  if (Number(bits) > (ip.family === 4 ? 32 : 128)) {
    throw new EvaluationError(`network address parse error during conversion from string: prefix length out of range`);
  }
  return new Cidr(ip, Number(bits));
}

function parses(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch (error) {
    if (error instanceof EvaluationError) return false;
    throw error;
  }
}

function isUnspecified(ip: Ip): boolean {
  return ip.text === '0.0.0.0' || ip.text === '::';
}

function inRange(ip: Ip, ...ranges: readonly string[]): boolean {
  return ranges.some((range) => parseCidr(range).contains(ip));
}

/** Kubernetes' `url`, `ip` and `cidr` functions. */
export function registerNetwork(environment: Environment): void {
  environment
    .registerType('net.URL', { ctor: Url })
    .registerFunction('isURL(string): bool', isUrl)
    .registerFunction('url(string): net.URL', (text: string) => {
      if (!isUrl(text))
        throw new EvaluationError(
          `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
        );
      return new Url(text);
    })
    .registerFunction('net.URL.getScheme(): string', (url: Url) => url.get('scheme'))
    .registerFunction('net.URL.getHost(): string', (url: Url) => url.get('host'))
    .registerFunction('net.URL.getHostname(): string', (url: Url) => url.get('hostname'))
    .registerFunction('net.URL.getPort(): string', (url: Url) => url.get('port'))
    .registerFunction('net.URL.getEscapedPath(): string', (url: Url) => url.get('path'))
    .registerFunction('net.URL.getQuery(): map<string, list<string>>', (url: Url) => url.query())
    .registerType('net.IP', { ctor: Ip })
    .registerFunction('ip(string): net.IP', parseIp)
    .registerFunction('isIP(string): bool', (text: string) => parses(parseIp, text))
    .registerFunction('string(net.IP): string', (ip: Ip) => ip.text)
    .registerFunction('net.IP.family(): int', (ip: Ip) => BigInt(ip.family))
    .registerFunction('net.IP.isUnspecified(): bool', isUnspecified)
    .registerFunction('net.IP.isLoopback(): bool', (ip: Ip) => inRange(ip, '127.0.0.0/8', '::1/128'))
    .registerFunction('net.IP.isLinkLocalUnicast(): bool', (ip: Ip) => inRange(ip, '169.254.0.0/16', 'fe80::/10'))
    .registerFunction('net.IP.isLinkLocalMulticast(): bool', (ip: Ip) => inRange(ip, '224.0.0.0/24', 'ff02::/16'))
    .registerFunction(
      'net.IP.isGlobalUnicast(): bool',
      (ip: Ip) =>
        !isUnspecified(ip) &&
        ip.text !== '255.255.255.255' &&
        !inRange(ip, '127.0.0.0/8', '::1/128', '224.0.0.0/4', 'ff00::/8', '169.254.0.0/16', 'fe80::/10'),
    )
    .registerType('net.CIDR', { ctor: Cidr })
    .registerFunction('cidr(string): net.CIDR', parseCidr)
    .registerFunction('isCIDR(string): bool', (text: string) => parses(parseCidr, text))
    .registerFunction('string(net.CIDR): string', (cidr: Cidr) => `${cidr.ip.text}/${cidr.bits}`)
    .registerFunction('net.CIDR.containsIP(net.IP): bool', (cidr: Cidr, ip: Ip) => cidr.contains(ip))
    .registerFunction('net.CIDR.containsIP(string): bool', (cidr: Cidr, ip: string) => cidr.contains(parseIp(ip)))
    .registerFunction(
      'net.CIDR.containsCIDR(net.CIDR): bool',
      (a: Cidr, b: Cidr) => a.bits <= b.bits && a.contains(b.ip),
    )
    .registerFunction('net.CIDR.containsCIDR(string): bool', (a: Cidr, text: string) => {
      const b = parseCidr(text);
      return a.bits <= b.bits && a.contains(b.ip);
    })
    .registerFunction('net.CIDR.ip(): net.IP', (cidr: Cidr) => cidr.ip)
    .registerFunction('net.CIDR.prefixLength(): int', (cidr: Cidr) => BigInt(cidr.bits));
}
