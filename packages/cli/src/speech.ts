import type { Locale } from '@hardpoint/api';

/** What the CLI says around the document's texts. */
export interface Speech {
  clusterReady(facts: { startedInMs: number; url: string; kubeconfig: string; aircraft: number }): string;
  clusterEnding(): string;
  partRestarts(event: { name: string; ended: string; afterMs: number }): string;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

const english: Speech = {
  clusterReady: (facts) =>
    `hardpoint: ready in ${seconds(facts.startedInMs)}, ${facts.url}, ${facts.aircraft} aircraft; KUBECONFIG=${facts.kubeconfig}`,
  clusterEnding: () => 'hardpoint: ending; sorties and parts are being stopped',
  partRestarts: (event) => `hardpoint: ${event.name} ${event.ended}; starting it again`,
};

const chinese: Speech = {
  clusterReady: (facts) =>
    `hardpoint: 就绪，用时 ${seconds(facts.startedInMs)}，${facts.url}，${facts.aircraft} 架飞机；KUBECONFIG=${facts.kubeconfig}`,
  clusterEnding: () => 'hardpoint: 正在结束，停止出动任务与各部件',
  partRestarts: (event) => `hardpoint: ${event.name} ${event.ended}；正在重新启动`,
};

export function speech(locale: Locale): Speech {
  return locale === 'zh-CN' ? chinese : english;
}
