// Completes package-lock.json where the registry in reach does not hold the other platforms' builds of a package: npm leaves out what it
// cannot fetch, and `npm ci` then refuses the lock. Run after a change of dependencies: node scripts/complete-lock.js
// The added entries name version and platform only; on Linux with glibc npm skips them, elsewhere it fetches them.
import { readFileSync, writeFileSync } from 'node:fs';

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const packages = lock.packages;
for (const entry of Object.values(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    const system = systems.find((word) => name.includes(word));
    if (path in packages || system === undefined) continue;
    const cpu = name.slice(name.indexOf(system) + system.length + 1).split('-')[0];
    const libc = name.includes('musl') ? { libc: ['musl'] } : {};
    packages[path] = { version, cpu: [cpu], ...(entry.dev ? { dev: true } : {}), ...libc, optional: true, os: [system] };
    console.log(`added ${name} ${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
