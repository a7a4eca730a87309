import type { Container, LifecycleHandler } from '@hardpoint/kubernetes';
import type { Clock } from '@hardpoint/machinery';
import { checkHttp, type ExecuteInContainer } from '../probe/probe-check.ts';

/** Runs a postStart or preStop hook to its end. Rejects where it fails or the signal aborts. */
export async function runHook(options: {
  readonly handler: LifecycleHandler;
  readonly container: Container;
  readonly podIp: string;
  readonly execute: ExecuteInContainer;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { handler, container, podIp, execute, clock, signal } = options;
  if (handler.exec !== undefined) {
    const command = handler.exec.command ?? [];
    const { exitCode, output } = await execute(command, signal);
    if (exitCode !== 0) throw new Error(`command '${command.join(' ')}' exited with ${exitCode}: ${output}`);
  } else if (handler.httpGet !== undefined) {
    const answer = await checkHttp({ action: handler.httpGet, container, podIp, signal });
    if (!answer.ok) throw new Error(answer.output);
  } else if (handler.sleep !== undefined) {
    await clock.sleep(handler.sleep.seconds * 1000, signal);
  }
}
