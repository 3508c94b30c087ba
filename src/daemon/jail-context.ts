// What this machine and the daemon's settings have for jails: asked anew at each load of the configuration.
import type { JailContext } from '../config/jail-config.ts';
import { systemClock } from '../core/clock.ts';
import { otherActionsFor } from './action-registry.ts';
import { hasUnit } from './service-units.ts';

export function jailContextOf(directory: string, isRoot: boolean): JailContext {
  return { directory, otherActions: otherActionsFor(isRoot), hasUnit, clock: systemClock, listensToSyslog: false };
}
