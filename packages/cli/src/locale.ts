export type Locale = 'zh-CN' | 'en';

/** A locale word as people write it (`zh`, `zh_CN.UTF-8`, `en-GB`), or undefined where it is neither Chinese nor English. */
export function parseLocale(word: string | undefined): Locale | undefined {
  if (word === undefined || word === '') return undefined;
  const lower = word.toLowerCase();
  if (lower.startsWith('zh')) return 'zh-CN';
  if (lower.startsWith('en')) return 'en';
  return undefined;
}

/** The language of what the CLI says around the document's texts: flag, HARDPOINT_LOCALE, the terminal's, else English. */
export function speechLocale(flag: string | undefined, env: Readonly<Record<string, string | undefined>>): Locale {
  return (
    parseLocale(flag) ??
    parseLocale(env.HARDPOINT_LOCALE) ??
    parseLocale(env.LC_ALL) ??
    parseLocale(env.LC_MESSAGES) ??
    parseLocale(env.LANG) ??
    'en'
  );
}

/** The language of the texts that the document gives (Events, conditions, refusals): flag, HARDPOINT_LOCALE, else zh-CN. */
export function documentLocale(flag: string | undefined, env: Readonly<Record<string, string | undefined>>): Locale {
  return parseLocale(flag) ?? parseLocale(env.HARDPOINT_LOCALE) ?? 'zh-CN';
}
