import { weaponMain } from './weapon-main.ts';

// The entry point of a weapon's container.
const end = new AbortController();
process.on('SIGTERM', () => end.abort());
process.on('SIGINT', () => end.abort());
process.exitCode = await weaponMain({ args: process.argv.slice(2), env: process.env, signal: end.signal });
