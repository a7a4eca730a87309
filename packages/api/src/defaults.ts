/** Values that hold where an object says nothing. Those of the CRDs stand in their schemas by these names too. */
export const DEFAULTS = Object.freeze({
  storesPerMountPoint: 1,
  /** Seconds aircraft-control waits for an authorisation. */
  authorizationWaitSeconds: 120,
  authorizationOtherwise: 'Recall' as const,
  ttlSecondsAfterFinished: 3600,
  retryLimit: 0,
  /** Seconds after which an aircraft that is not heard of counts as lost; also tolerationSeconds. */
  lostAfterSeconds: 60,
  /** Validity of a launch token in seconds. */
  tokenTtlSeconds: 120,
  /** How long LaunchAuthorizations stay as the audit, in days. */
  auditRetentionDays: 30,
  /** Requests and limits of a weapon container whose Weapon says nothing (M2). */
  weaponResources: Object.freeze({
    requests: Object.freeze({ cpu: '100m', memory: '128Mi' }),
    limits: Object.freeze({ cpu: '500m', memory: '512Mi' }),
  }),
  aircraftControlImage: 'registry.mil/aircraft/aircraft-control:v1.0',
  weaponPreloadImage: 'registry.mil/utils/weapon-loader:v1.0',
  /** The one user all containers of a sortie run as. */
  runAsUser: 65532,
});

/** Behaviour of a simulated weapon where its file says nothing. Seconds and degrees Celsius. */
export const BEHAVIOUR_DEFAULTS = Object.freeze({
  seed: 0,
  initializeSeconds: 0.2,
  resetSeconds: 1,
  selfCheckSeconds: 0.05,
  temperature: Object.freeze({ ambient: 25.5, risePerLaunch: 4, coolingPerSecond: 0.5, noise: 0 }),
  telemetryIntervalSeconds: 0.5,
  faults: Object.freeze([]),
});
