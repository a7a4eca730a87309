import { type Locale, localeOf } from '@hardpoint/api';

type Environment = Readonly<Record<string, string | undefined>>;

/** The language of what the CLI says around the document's texts: flag, HARDPOINT_LOCALE, the terminal's, else English. */
export function speechLocale(flag: string | undefined, env: Environment): Locale {
  return (
    localeOf(flag) ??
    localeOf(env.HARDPOINT_LOCALE) ??
    localeOf(env.LC_ALL) ??
    localeOf(env.LC_MESSAGES) ??
    localeOf(env.LANG) ??
    'en'
  );
}

/** The language of the texts that the document gives (Events, conditions, refusals): flag, HARDPOINT_LOCALE, else zh-CN. */
export function documentLocale(flag: string | undefined, env: Environment): Locale {
  return localeOf(flag) ?? localeOf(env.HARDPOINT_LOCALE) ?? 'zh-CN';
}
