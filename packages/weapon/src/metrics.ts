import type { Texts } from '@hardpoint/api';
import { Counter, Gauge, Registry } from '@prometheus-io/client';
import type { Weapon, WeaponIdentity } from './weapon.ts';

/** O1's metrics of one weapon as Prometheus' text, made of what its journal says. */
export async function renderMetrics(options: {
  readonly weapon: Weapon;
  readonly identity: WeaponIdentity;
  /** The Node's name. */
  readonly aircraft: string;
  readonly texts: Texts;
}): Promise<{ readonly contentType: string; readonly text: string }> {
  const { weapon, identity, aircraft } = options;
  const help = options.texts.metric;
  const { ledger } = weapon;
  const weapon_type = identity.weaponType;
  const registry = new Registry();
  const registers = [registry];

  new Counter({
    name: 'weapon_launch_total',
    help: help.launchTotal,
    labelNames: ['weapon_type', 'aircraft_type'],
    registers,
  }).inc({ weapon_type, aircraft_type: identity.aircraftType }, ledger.authorised);
  new Counter({
    name: 'weapon_launch_success_total',
    help: help.launchSuccess,
    labelNames: ['weapon_type'],
    registers,
  }).inc({ weapon_type }, ledger.released);
  const refused = new Counter({
    name: 'weapon_launch_refused_total',
    help: help.launchRefused,
    labelNames: ['weapon_type', 'reason'],
    registers,
  });
  for (const [reason, count] of Object.entries(ledger.refused)) refused.inc({ weapon_type, reason }, count);
  const temperature = new Gauge({
    name: 'weapon_temperature_celsius',
    help: help.temperature,
    labelNames: ['weapon_type', 'mount_point'],
    registers,
  });
  for (const { mountPoint, celsius } of weapon.temperatures)
    temperature.set({ weapon_type, mount_point: mountPoint }, celsius);
  new Gauge({
    name: 'weapon_remaining_count',
    help: help.remaining,
    labelNames: ['weapon_type', 'aircraft'],
    registers,
  }).set({ weapon_type, aircraft }, ledger.remaining);

  return { contentType: registry.contentType, text: await registry.metrics() };
}
