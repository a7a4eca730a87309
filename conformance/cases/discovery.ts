import { type Case, get, post } from '../case.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

export const discovery: readonly Case[] = [
  ...[
    '/api',
    '/api/v1',
    '/apis/apps',
    '/apis/apps/v1',
    '/apis/batch/v1',
    '/apis/coordination.k8s.io/v1',
    '/apis/events.k8s.io/v1',
    '/apis/rbac.authorization.k8s.io/v1',
    '/apis/authorization.k8s.io/v1',
    '/apis/authentication.k8s.io/v1',
    '/apis/apiextensions.k8s.io',
    '/apis/apiextensions.k8s.io/v1',
    '/apis/admissionregistration.k8s.io/v1',
    '/apis/policy/v1',
    '/apis/scheduling.k8s.io/v1',
    '/healthz',
    '/livez',
    '/readyz',
  ].map((path) => ({ name: `discovery: ${path}`, steps: [get(path)] })),
  { name: 'discovery: unknown group', steps: [get('/apis/no.such.group')] },
  { name: 'discovery: unknown version', steps: [get('/apis/apps/v9')] },
  { name: 'discovery: unknown resource', steps: [get('/api/v1/nothings'), post('/api/v1/nothings', {})] },
  { name: 'discovery: a path of nothing', steps: [get('/nowhere')] },
  { name: 'discovery: aggregated /api', steps: [get('/api', { headers: { accept: AGGREGATED } })] },
];
