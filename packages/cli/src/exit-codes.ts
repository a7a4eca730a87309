/** What the process ends with: 128 + signal where a signal ended it. */
export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3, notFound: 4, unreachable: 5 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
