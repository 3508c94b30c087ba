// What this machine and the daemon's settings have for jails. The machine is asked anew at each load; the settings are as they were given.
import { type DaemonConfig, loadDaemonConfig } from '../config/daemon-config.ts';
import type { JailContext } from '../config/jail-config.ts';
import { systemClock } from '../core/clock.ts';
import { hostNames } from '../enforce/action-tools.ts';
import { hasUnit } from './service-units.ts';

export function jailContextOf(directory: string, isRoot: boolean, settings: DaemonConfig = loadDaemonConfig(directory)): JailContext {
  return {
    directory,
    isRoot,
    hostName: hostNames().full,
    hasUnit,
    clock: systemClock,
    listensToSyslog: settings.syslog.listen.length > 0,
  };
}
