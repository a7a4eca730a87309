import { type Locale, type Texts, texts } from '@hardpoint/api';

/** The texts of the kinds' package, and the few that only the scheduler says. */
export interface SchedulerTexts extends Texts {
  /** A Node without hardpoint.available where hardpoints are asked for. */
  readonly hardpointsUnknown: string;
  /** How a list of candidates ends that was cut to the Event's length. */
  readonly moreCandidates: (count: number) => string;
}

/** `zh-CN` is the default wording. */
export function schedulerTexts(locale: Locale = 'zh-CN'): SchedulerTexts {
  return locale === 'en'
    ? { ...texts('en'), hardpointsUnknown: 'free hardpoints unknown', moreCandidates: (count) => `${count} more` }
    : { ...texts('zh-CN'), hardpointsUnknown: '挂载点未知', moreCandidates: (count) => `其余${count}个节点` };
}
