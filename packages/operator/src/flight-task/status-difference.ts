import { isDeepStrictEqual } from 'node:util';
import type { FlightTaskStatus } from '@hardpoint/api';

/** Whether two statuses say the same. Absent and undefined are the same, as they are on the wire. */
export function sameStatus(a: FlightTaskStatus | undefined, b: FlightTaskStatus | undefined): boolean {
  return isDeepStrictEqual(onTheWire(a), onTheWire(b));
}

/** Whether they say the same beside temperatures, fuel and zone. */
export function sameBesideTelemetry(a: FlightTaskStatus | undefined, b: FlightTaskStatus): boolean {
  return sameStatus(withoutTelemetry(a), withoutTelemetry(b));
}

function withoutTelemetry(status: FlightTaskStatus | undefined): FlightTaskStatus | undefined {
  if (status === undefined) return undefined;
  const { fuelLevel: _fuel, zone: _zone, ...rest } = status;
  if (rest.weapons === undefined) return rest;
  return { ...rest, weapons: rest.weapons.map(({ temperature: _, ...weapon }) => weapon) };
}

function onTheWire(status: FlightTaskStatus | undefined): unknown {
  return status === undefined ? {} : JSON.parse(JSON.stringify(status));
}
