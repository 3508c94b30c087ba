// Whether a service is installed on this machine, by its unit file (systemd.unit(5), "UNIT FILE LOAD PATH").
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const directories = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

export const hasUnit = (name: string): boolean =>
  /^[\w@:\\-][\w@.:\\-]*\.(?:service|socket)$/.test(name) && directories.some((directory) => existsSync(join(directory, name)));
