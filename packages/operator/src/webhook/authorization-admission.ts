import { ANNOTATIONS, type LaunchAuthorization, type Texts } from '@hardpoint/api';
import { SUBJECT_ACCESS_REVIEWS } from '@hardpoint/kubernetes';
import type { Client, Clock } from '@hardpoint/machinery';
import type { SigningKey } from '@hardpoint/wip';
import { signAdmission } from '../launch-authorization/admission-proof.ts';
import { type AdmissionRequest, type AdmissionVerdict, pointerToken } from './admission-review.ts';

/**
 * Admission of a LaunchAuthorization (W6): writes who asks, whatever the request says, and lets it pass only where that
 * user may `authorize` that FlightTask by name. Rejects where the API cannot say so; the caller then denies.
 */
export async function admitAuthorization(options: {
  readonly request: AdmissionRequest;
  readonly client: Client;
  readonly clock: Clock;
  readonly key: SigningKey;
  readonly texts: Texts;
  readonly signal: AbortSignal;
}): Promise<AdmissionVerdict> {
  const { request, texts } = options;
  const { user, namespace } = request;
  const object = request.object as LaunchAuthorization;
  const task = object.spec?.taskRef?.name;
  if (typeof task !== 'string' || task === '' || user.username === '') {
    return { kind: 'denied', code: 400, reason: 'BadRequest', message: 'spec.taskRef.name: Required value' };
  }
  const review = await options.client.create(
    SUBJECT_ACCESS_REVIEWS,
    {
      spec: {
        user: user.username,
        ...(user.uid === undefined ? {} : { uid: user.uid }),
        groups: [...user.groups],
        extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])),
        resourceAttributes: {
          verb: 'authorize',
          group: 'airforce.mil',
          version: 'v1alpha1',
          resource: 'flighttasks',
          namespace,
          name: task,
        },
      },
    },
    { signal: options.signal },
  );
  if (review.status?.allowed !== true || review.status.denied === true) {
    const message = texts.authorization.forbidden(user.username, `${namespace}/${task}`);
    return { kind: 'denied', code: 403, reason: 'Forbidden', message };
  }
  const spec = { ...object.spec, requestedBy: user.username };
  const proof = signAdmission({ key: options.key, admitted: { namespace, spec }, nowMs: options.clock.now() });
  const annotations = object.metadata?.annotations;
  return {
    kind: 'allowed',
    patch: [
      { op: 'add', path: '/spec/requestedBy', value: user.username },
      annotations === undefined
        ? { op: 'add', path: '/metadata/annotations', value: { [ANNOTATIONS.admissionProof]: proof } }
        : { op: 'add', path: `/metadata/annotations/${pointerToken(ANNOTATIONS.admissionProof)}`, value: proof },
    ],
  };
}
