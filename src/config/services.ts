// Names of ports, from services(5): Node has no getservbyname(3).
import { readFileSync } from 'node:fs';

/** Name or alias to port. A name that has different ports for different protocols counts with the first; there is none such in practice. */
export type Services = ReadonlyMap<string, number>;

export function parseServices(text: string): Services {
  const services = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name, place = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    const [, digits] = /^(\d{1,5})\/[\w-]+$/.exec(place) ?? [];
    if (name === undefined || digits === undefined || Number(digits) > 65_535) continue;
    for (const known of [name, ...aliases]) if (!services.has(known)) services.set(known, Number(digits));
  }
  return services;
}

let loaded: Services | undefined;

/** Of /etc/services, read once; empty where there is none (minimal containers): then only numbers are understood. */
export function loadServices(): Services {
  try {
    loaded ??= parseServices(readFileSync('/etc/services', 'utf8'));
  } catch {
    return new Map();
  }
  return loaded;
}
