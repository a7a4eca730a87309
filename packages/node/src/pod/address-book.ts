import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Random } from '@hardpoint/machinery';

/** Pod addresses, each used once at a time and remembered over restarts. */
export interface AddressBook {
  /** The Pod's address; the same for the same uid until released. */
  addressOf(uid: string): string;
  release(uid: string): void;
}

interface Page {
  /** Second number of 127.x.0.0/16, drawn once per data folder, so that two clusters on one machine seldom meet. */
  readonly network: number;
  last: number;
  readonly byUid: Record<string, number>;
}

const FIRST_NETWORK = 16;
const NETWORKS = 224;
/** 127.x.1.1 to 127.x.254.254. */
const HOSTS = 254 * 254;

function parse(text: string): Page {
  const page = JSON.parse(text) as Page;
  if (typeof page.network !== 'number' || typeof page.byUid !== 'object') throw new SyntaxError('no address book');
  return page;
}

/** Addresses in 127.0.0.0/8. `file` keeps them; without it they live as long as the book. */
export function createAddressBook(options: { readonly random: Random; readonly file?: string }): AddressBook {
  const { random, file } = options;
  let page: Page = { network: FIRST_NETWORK + random.integer(NETWORKS), last: 0, byUid: {} };
  if (file !== undefined) {
    try {
      page = parse(readFileSync(file, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
    }
  }
  const taken = new Set(Object.values(page.byUid));
  const save = (): void => {
    if (file === undefined) return;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, JSON.stringify(page), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  const text = (host: number) => `127.${page.network}.${1 + Math.floor(host / 254)}.${1 + (host % 254)}`;
  return {
    addressOf(uid) {
      const known = page.byUid[uid];
      if (known !== undefined) return text(known);
      if (taken.size >= HOSTS) throw new Error('no address is free');
      do page.last = (page.last + 1) % HOSTS;
      while (taken.has(page.last));
      page.byUid[uid] = page.last;
      taken.add(page.last);
      save();
      return text(page.last);
    },
    release(uid) {
      const known = page.byUid[uid];
      if (known === undefined) return;
      taken.delete(known);
      delete page.byUid[uid];
      save();
    },
  };
}
