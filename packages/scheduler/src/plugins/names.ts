/** Plugins that others ask about. */
export const AIRCRAFT_AVAILABILITY = 'AircraftAvailability';
export const AIRCRAFT_CAPABILITY = 'AircraftCapability';
export const FUEL_CHECK = 'FuelCheck';
export const WEAPON_COMPATIBILITY = 'WeaponCompatibility';
