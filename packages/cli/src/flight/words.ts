import type { Locale } from '@hardpoint/api';

/** What `hardpoint start` says around the document's texts. */
export interface FlightWords {
  title(name: string): string;
  scope: string;
  starting: string;
  applied(count: number, from: string): string;
  willRelease(person: string): string;
  release(facts: { task: string; phase: string; count: number; weapon: string; target: string }): string;
  nothingToRelease: string;
  authorised(facts: { person: string; count: number; weapon: string; name: string }): string;
  refusedAircraft: string;
  released(facts: {
    count: number;
    weapon: string;
    left: number | undefined;
    authorization: string | undefined;
  }): string;
  notReleased(facts: { outcome: string; count: number; weapon: string; message: string }): string;
  phase(phase: string): string;
  missionPhase(facts: { name: string; zone: string | undefined; fuel: number | undefined }): string;
  summary: string;
  columns: readonly [string, string, string, string, string, string];
  expected(phase: string): string;
  unexpected(facts: { phase: string; expected: string }): string;
  metrics: string;
  decisions: string;
  verdict(facts: { tasks: number; released: number; seconds: number }): string;
  failure(facts: { tasks: number; wrong: number }): string;
  timedOut(facts: { task: string; phase: string; seconds: number; message: string }): string;
  ending: string;
  seeAlso(folder: string): string;
}

const english: FlightWords = {
  title: (name) => `Hardpoint · ${name}`,
  scope: 'simulation only: a weapon counts, waits and reports',
  starting: 'starting an embedded cluster: API server, operator, scheduler, node agent',
  applied: (count, from) => `${count} objects applied from ${from}`,
  willRelease: (person) => `Will be released, each authorised by ${person}, who typed this command:`,
  release: (one) => `  ${one.task}, phase ${one.phase}: ${one.count} × ${one.weapon}, target ${one.target}`,
  nothingToRelease: 'No task releases anything.',
  authorised: (one) => `${one.person} authorises ${one.count} × ${one.weapon} (${one.name})`,
  refusedAircraft: 'refused',
  released: (one) =>
    `released ${one.count} × ${one.weapon}, ${one.left ?? '?'} left${one.authorization === undefined ? '' : ` (${one.authorization})`}`,
  notReleased: (one) => `${one.outcome}: ${one.count} × ${one.weapon}${one.message === '' ? '' : `: ${one.message}`}`,
  phase: (phase) => `is ${phase}`,
  missionPhase: (one) =>
    `flies ${one.name}${one.zone === undefined ? '' : `, zone ${one.zone}`}${one.fuel === undefined ? '' : `, fuel ${one.fuel}%`}`,
  summary: 'Summary',
  columns: ['TASK', 'END', 'AIRCRAFT', 'RELEASED', 'LEFT', 'TIME'],
  expected: (phase) => phase,
  unexpected: (one) => `${one.phase}, expected ${one.expected}`,
  metrics: 'Metrics of the weapons, last scrape',
  decisions: 'Decisions',
  verdict: (one) =>
    `Every task reached its expected end: ${one.tasks} tasks, ${one.released} stores released, ${one.seconds.toFixed(1)} s.`,
  failure: (one) => `${one.wrong} of ${one.tasks} tasks did not reach their expected end.`,
  timedOut: (one) =>
    `${one.task} is still ${one.phase} after ${one.seconds} s${one.message === '' ? '' : `: ${one.message}`}`,
  ending: 'ending: parts and containers are being stopped',
  seeAlso: (folder) => `Logs of the parts: ${folder}. To look around yourself: npx hardpoint up`,
};

const chinese: FlightWords = {
  title: (name) => `Hardpoint · ${name}`,
  scope: '仅为仿真：武器只计数、等待、上报',
  starting: '启动内嵌集群：API server、operator、scheduler、node agent',
  applied: (count, from) => `已提交 ${count} 个对象，来自 ${from}`,
  willRelease: (person) => `将发射以下武器，每次均由键入本命令的 ${person} 授权：`,
  release: (one) => `  ${one.task}，阶段 ${one.phase}：${one.weapon} ${one.count}枚，目标 ${one.target}`,
  nothingToRelease: '没有任务需要发射。',
  authorised: (one) => `${one.person} 授权发射 ${one.weapon} ${one.count}枚（${one.name}）`,
  refusedAircraft: '淘汰',
  released: (one) =>
    `已发射 ${one.weapon} ${one.count}枚，剩余${one.left ?? '?'}枚${one.authorization === undefined ? '' : `（${one.authorization}）`}`,
  notReleased: (one) => `${one.outcome}: ${one.weapon} ${one.count}枚${one.message === '' ? '' : `：${one.message}`}`,
  phase: (phase) => `进入 ${phase}`,
  missionPhase: (one) =>
    `飞行阶段 ${one.name}${one.zone === undefined ? '' : `，区域 ${one.zone}`}${one.fuel === undefined ? '' : `，燃料 ${one.fuel}%`}`,
  summary: '汇总',
  columns: ['任务', '结局', '飞机', '已发射', '剩余', '用时'],
  expected: (phase) => phase,
  unexpected: (one) => `${one.phase}，预期 ${one.expected}`,
  metrics: '武器指标（最后一次抓取）',
  decisions: '调度决策',
  verdict: (one) =>
    `所有任务均达到预期结局：${one.tasks} 个任务，发射 ${one.released} 枚，用时 ${one.seconds.toFixed(1)} 秒。`,
  failure: (one) => `${one.tasks} 个任务中有 ${one.wrong} 个未达到预期结局。`,
  timedOut: (one) =>
    `${one.task} 在 ${one.seconds} 秒后仍为 ${one.phase}${one.message === '' ? '' : `：${one.message}`}`,
  ending: '正在结束：停止各部件与容器',
  seeAlso: (folder) => `各部件日志：${folder}。自己查看：npx hardpoint up`,
};

export function flightWords(locale: Locale): FlightWords {
  return locale === 'zh-CN' ? chinese : english;
}
