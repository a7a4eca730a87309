export * from './eventually.ts';
export * from './free-port.ts';
export * from './temporary-folder.ts';
export * from './test-api.ts';
