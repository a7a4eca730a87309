import type { Container, Pod } from '@hardpoint/kubernetes';

/** A native sidecar: an init container with restartPolicy Always. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/** Whether an ended container is to be started again, by its own policy, its rules, then the Pod's policy. */
export function restartsAfter(options: {
  readonly pod: Pod;
  readonly container: Container;
  readonly exitCode: number;
}): boolean {
  const { pod, container, exitCode } = options;
  for (const rule of container.restartPolicyRules ?? []) {
    const values = rule.exitCodes?.values ?? [];
    const within = values.includes(exitCode);
    if (rule.exitCodes?.operator === 'In' && within) return rule.action === 'Restart';
    if (rule.exitCodes?.operator === 'NotIn' && !within) return rule.action === 'Restart';
  }
  switch (container.restartPolicy ?? pod.spec?.restartPolicy ?? 'Always') {
    case 'Never':
      return false;
    case 'OnFailure':
      return exitCode !== 0;
    default:
      return true;
  }
}

/** Whether a failed init container is tried again: it is, unless the policy is Never. */
export function initRestartsAfter(options: {
  readonly pod: Pod;
  readonly container: Container;
  readonly exitCode: number;
}): boolean {
  const { pod, container, exitCode } = options;
  return exitCode !== 0 && restartsAfter({ pod, container, exitCode });
}
