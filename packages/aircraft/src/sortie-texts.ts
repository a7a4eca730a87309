import { type Locale, texts } from '@hardpoint/api';

/** What aircraft-control says in its log, its report and to those who ask; zh-CN by default, as the document's texts. */
export interface SortieTexts {
  readonly begin: (options: {
    readonly task: string;
    readonly aircraft: string;
    readonly weapons: number;
    readonly phases: number;
  }) => string;
  readonly resumed: (releases: number) => string;
  readonly serving: (address: string) => string;
  readonly selfCheck: (weapon: string, message: string) => string;
  readonly initialized: (options: {
    readonly weapon: string;
    readonly message: string;
    readonly remaining: number;
  }) => string;
  readonly weaponState: (options: {
    readonly weapon: string;
    readonly from: string;
    readonly to: string;
    readonly remaining: number;
  }) => string;
  readonly unreachable: (weapon: string, cause: string) => string;
  readonly allReady: string;
  readonly phase: (options: {
    readonly number: number;
    readonly of: number;
    readonly name: string;
    readonly zone: string;
    readonly fuel: number;
  }) => string;
  readonly landed: string;
  readonly waiting: (options: {
    readonly weapon: string;
    readonly count: number;
    readonly target: string;
    readonly seconds: number;
  }) => string;
  readonly intended: (options: {
    readonly weapon: string;
    readonly count: number;
    readonly authorization: string;
  }) => string;
  readonly made: (options: { readonly weapon: string; readonly message: string; readonly remaining: number }) => string;
  readonly refused: (options: {
    readonly weapon: string;
    readonly message: string;
    readonly authorization: string;
  }) => string;
  readonly foreignRefusal: (weapon: string, message: string) => string;
  readonly skipped: (place: string, message: string) => string;
  readonly failed: (place: string, message: string) => string;
  readonly unknown: (place: string, message: string) => string;
  readonly returning: (reason: string, message: string) => string;
  readonly aborted: (weapon: string) => string;
  readonly ended: (options: { readonly outcome: string; readonly reason: string; readonly message: string }) => string;
  readonly authorizationsUnreadable: (cause: string) => string;
  readonly terminated: string;
  readonly recallAccepted: string;
  readonly alreadyEnded: (outcome: string) => string;
  readonly tooFew: (needed: number, left: number) => string;
  readonly noAuthorization: (options: {
    readonly weapon: string;
    readonly count: number;
    readonly seconds: number;
  }) => string;
  readonly madeEarlier: string;
  readonly deadline: (at: string) => string;
  readonly unresolved: (options: { readonly weapon: string; readonly key: string; readonly cause: string }) => string;
  readonly weaponLost: (weapon: string, cause: string) => string;
  readonly abortedUnmade: (remaining: number) => string;
  readonly countUnclear: (before: number, remaining: number) => string;
  readonly completed: (made: number, of: number) => string;
}

const zhCn: SortieTexts = {
  begin: ({ task, aircraft, weapons, phases }) =>
    `任务 ${task} 由飞机 ${aircraft} 执行: 武器${weapons}种，阶段${phases}个`,
  resumed: (releases) => `从日志恢复任务: 已有发射记录${releases}条`,
  serving: (address) => `任务服务启动，监听端口 ${address}`,
  selfCheck: (weapon, message) => `武器 ${weapon} 自检: ${message}`,
  initialized: ({ weapon, message }) => `武器 ${weapon} ${message}`,
  weaponState: ({ weapon, from, to, remaining }) => `武器 ${weapon} 状态 ${from} → ${to}，剩余${remaining}枚`,
  unreachable: (weapon, cause) => `武器 ${weapon} 无法连接: ${cause}`,
  allReady: '全部武器就绪',
  phase: ({ number, of, name, zone, fuel }) =>
    `阶段 ${number}/${of} ${name}${zone === '' ? '' : `，区域 ${zone}`}，燃料${fuel}%`,
  landed: '全部阶段完成',
  waiting: ({ weapon, count, target, seconds }) =>
    `等待发射授权: 武器 ${weapon}，${count}枚，目标 ${target}，最多等待${seconds}秒`,
  intended: ({ weapon, count, authorization }) => `收到授权 ${authorization}: 武器 ${weapon}，${count}枚`,
  made: ({ weapon, message, remaining }) => `武器 ${weapon} ${message}，剩余${remaining}枚`,
  refused: ({ weapon, message, authorization }) => `武器 ${weapon} ${message}，授权 ${authorization}，继续等待新的授权`,
  foreignRefusal: (weapon, message) => `武器 ${weapon} 拒绝了他人的发射请求: ${message}`,
  skipped: (place, message) => `跳过发射 ${place}: ${message}`,
  failed: (place, message) => `发射 ${place} 未执行: ${message}`,
  unknown: (place, message) => `发射 ${place} 结果未知: ${message}`,
  returning: (reason, message) => `返航 (${reason}): ${message}`,
  aborted: (weapon) => `武器 ${weapon} 已解除锁定`,
  ended: ({ outcome, reason, message }) => `任务结束: ${outcome} (${reason}) ${message}`,
  authorizationsUnreadable: (cause) => `授权文件无法读取: ${cause}`,
  terminated: '收到终止信号',
  recallAccepted: '召回已接受',
  alreadyEnded: (outcome) => `任务已结束: ${outcome}`,
  tooFew: texts('zh-CN').weapon.tooFew,
  noAuthorization: ({ weapon, count, seconds }) => `武器 ${weapon} 的${count}枚发射在${seconds}秒内未获授权`,
  madeEarlier: '此前的尝试已发射',
  deadline: (at) => `超过期限 ${at}`,
  unresolved: ({ weapon, key, cause }) => `武器 ${weapon} 对发射 ${key} 没有答复: ${cause}`,
  weaponLost: (weapon, cause) => `武器 ${weapon} 不可用: ${cause}`,
  abortedUnmade: (remaining) => `中止前未发射，剩余${remaining}枚`,
  countUnclear: (before, remaining) => `请求前${before}枚，现剩余${remaining}枚`,
  completed: (made, of) => `已完成发射${made}/${of}`,
};

const en: SortieTexts = {
  begin: ({ task, aircraft, weapons, phases }) =>
    `task ${task} flies on ${aircraft}: ${weapons} weapons, ${phases} phases`,
  resumed: (releases) => `resumed from the journal: ${releases} releases on record`,
  serving: (address) => `sortie service listens on ${address}`,
  selfCheck: (weapon, message) => `weapon ${weapon} self-check: ${message}`,
  initialized: ({ weapon, message }) => `weapon ${weapon}: ${message}`,
  weaponState: ({ weapon, from, to, remaining }) => `weapon ${weapon} ${from} → ${to}, ${remaining} left`,
  unreachable: (weapon, cause) => `weapon ${weapon} cannot be reached: ${cause}`,
  allReady: 'every weapon is READY',
  phase: ({ number, of, name, zone, fuel }) =>
    `phase ${number}/${of} ${name}${zone === '' ? '' : `, zone ${zone}`}, fuel ${fuel}%`,
  landed: 'every phase is flown',
  waiting: ({ weapon, count, target, seconds }) =>
    `waiting for an authorisation: weapon ${weapon}, ${count}, target ${target}, at most ${seconds} s`,
  intended: ({ weapon, count, authorization }) => `authorisation ${authorization}: weapon ${weapon}, ${count}`,
  made: ({ weapon, message, remaining }) => `weapon ${weapon}: ${message}, ${remaining} left`,
  refused: ({ weapon, message, authorization }) =>
    `weapon ${weapon}: ${message}, authorisation ${authorization}; waiting for another`,
  foreignRefusal: (weapon, message) => `weapon ${weapon} refused somebody else's launch: ${message}`,
  skipped: (place, message) => `release ${place} skipped: ${message}`,
  failed: (place, message) => `release ${place} not made: ${message}`,
  unknown: (place, message) => `release ${place}: result unknown: ${message}`,
  returning: (reason, message) => `returning (${reason}): ${message}`,
  aborted: (weapon) => `weapon ${weapon} is no longer locked`,
  ended: ({ outcome, reason, message }) => `sortie ended: ${outcome} (${reason}) ${message}`,
  authorizationsUnreadable: (cause) => `authorisations cannot be read: ${cause}`,
  terminated: 'told to terminate',
  recallAccepted: 'recall accepted',
  alreadyEnded: (outcome) => `the sortie has ended: ${outcome}`,
  tooFew: texts('en').weapon.tooFew,
  noAuthorization: ({ weapon, count, seconds }) =>
    `no authorisation for ${count} of weapon ${weapon} within ${seconds} s`,
  madeEarlier: 'an earlier attempt made it',
  deadline: (at) => `past the deadline ${at}`,
  unresolved: ({ weapon, key, cause }) => `weapon ${weapon} gave no answer to release ${key}: ${cause}`,
  weaponLost: (weapon, cause) => `weapon ${weapon} cannot be used: ${cause}`,
  abortedUnmade: (remaining) => `not made before the abort, ${remaining} left`,
  countUnclear: (before, remaining) => `${before} before, ${remaining} left now`,
  completed: (made, of) => `${made}/${of} releases made`,
};

const byLocale: Readonly<Record<Locale, SortieTexts>> = { 'zh-CN': zhCn, en };

export function sortieTexts(locale: Locale): SortieTexts {
  return byLocale[locale];
}
