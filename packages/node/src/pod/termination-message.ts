import { open, readFile } from 'node:fs/promises';
import type { Container } from '@hardpoint/kubernetes';
import type { ContainerRecord } from '../runtime/container-runtime.ts';

/** Kubernetes' limits: the file, and what is taken from the log in its place. */
const LONGEST_MESSAGE = 4096;
const LONGEST_FROM_LOG = 2048;
const MOST_LINES = 80;

/** What an ended container left as its last word; empty where it left none. Never rejects. */
export async function terminationMessage(container: Container | undefined, record: ContainerRecord): Promise<string> {
  const { spec, phase } = record;
  const fromFile = await head(spec.terminationLog);
  if (fromFile !== '' || phase.kind !== 'exited' || phase.exitCode === 0) return fromFile;
  if (container?.terminationMessagePolicy !== 'FallbackToLogsOnError') return fromFile;
  const log = await readFile(spec.logFile, 'utf8').catch(() => '');
  const lines = log.split('\n').filter(Boolean).slice(-MOST_LINES);
  const text = lines.map((line) => line.split(' ').slice(3).join(' ')).join('\n');
  return Buffer.from(`${text}\n`).subarray(-LONGEST_FROM_LOG).toString('utf8');
}

async function head(file: string): Promise<string> {
  if (file === '') return '';
  try {
    await using handle = await open(file, 'r');
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(LONGEST_MESSAGE), 0, LONGEST_MESSAGE, 0);
    return new TextDecoder().decode(buffer.subarray(0, bytesRead)).replace(/\uFFFD+$/, '');
  } catch {
    return '';
  }
}
