import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { systemClock } from '@hardpoint/machinery';
import { createScene, type Scene, type SceneWeapon } from '../fixtures/scene.ts';
import { runWeaponPreload } from './weapon-preload.ts';

const pl15: SceneWeapon = { weapon: 'pl15', quantity: 2, mountPoints: ['bay-1', 'bay-2'], version: 'v2.3.0' };
const pl10: SceneWeapon = { weapon: 'pl10', quantity: 1, mountPoints: ['wing-1'], version: 'v1.8.0' };

const missionOf = (weapons: readonly SceneWeapon[]) => ({
  phases: [],
  loadout: weapons.map(({ weapon, quantity, mountPoints, version }) => ({
    weapon,
    container: `weapon-${weapon}`,
    quantity,
    mountPoints,
    version,
  })),
});

async function preload(scene: Scene, weapons: readonly SceneWeapon[], more: { waitMs?: number; locale?: string } = {}) {
  const lines: string[] = [];
  const env = { ...scene.env(missionOf(weapons)), HARDPOINT_LOCALE: more.locale ?? 'zh-CN' };
  const done = runWeaponPreload({
    env,
    clock: systemClock,
    signal: new AbortController().signal,
    say: (line) => lines.push(line),
    waitMs: more.waitMs ?? 5_000,
  });
  return { lines, done };
}

test('fit weapons pass, in the words of the document; READY is not waited for', async () => {
  await using scene = await createScene();
  await using first = await scene.startWeapon(pl15);
  await using _second = await scene.startWeapon(pl10);
  const { lines, done } = await preload(scene, [pl15, pl10]);
  await done;
  assert.equal(lines.at(0), '开始武器系统预加载...');
  assert.equal(lines.at(-1), '武器系统预加载完成');
  assert.deepEqual(lines.slice(1, -1).sort(), ['武器 pl10 已检查: 版本v1.8.0', '武器 pl15 已检查: 版本v2.3.0']);
  assert.equal(first.weapon.status().state, 'INITIALIZING');
});

test('sockets that come up late are waited for', async () => {
  await using scene = await createScene();
  const { done } = await preload(scene, [pl15]);
  await systemClock.sleep(300);
  await using _late = await scene.startWeapon(pl15);
  await done;
});

test('a weapon without sockets is named once the wait is over', async () => {
  await using scene = await createScene();
  await using _there = await scene.startWeapon(pl10);
  const { lines, done } = await preload(scene, [pl15, pl10], { waitMs: 200 });
  await assert.rejects(done, { name: 'PreloadError', message: /^武器 pl15 预加载失败: control\.sock: / });
  assert.ok(!lines.includes('武器系统预加载完成'));
});

test('another version than the task wants is named', async () => {
  await using scene = await createScene();
  await using _old = await scene.startWeapon({ ...pl15, version: 'v2.2.0' });
  const { done } = await preload(scene, [pl15]);
  await assert.rejects(done, { message: '武器 pl15 预加载失败: version: v2.2.0 != v2.3.0' });
});

test('a failed self-check is named with its cause', async () => {
  await using scene = await createScene();
  const behaviour = 'faults:\n- {trigger: SelfCheck, action: fail, message: seeker cold}\n';
  await using _broken = await scene.startWeapon({ ...pl15, behaviour });
  const { done } = await preload(scene, [pl15]);
  await assert.rejects(done, { message: /^武器 pl15 预加载失败: SelfCheck: .*seeker cold/ });
});

test('something else behind the socket is no weapon', async () => {
  await using scene = await createScene();
  const folder = scene.path('weapons/weapon-pl15');
  await mkdir(folder);
  const server = new Server();
  for (const name of ['control', 'status', 'data']) {
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(`unix:${folder}/${name}.sock`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      ),
    );
  }
  try {
    const { done } = await preload(scene, [pl15]);
    await assert.rejects(done, { message: /pl15 预加载失败: control\.sock: .*unimplemented|method/i });
  } finally {
    server.forceShutdown();
  }
});
