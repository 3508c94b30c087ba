// Prints the paths of npm's packages that the program loads when it runs, for scripts/stage.sh: what package.json names, and what these need.
import { existsSync, readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));

/** Of better-sqlite3 the program loads its script and what scripts/build.sh built; its sources and what fetches builds stay behind. */
const partial = { 'node_modules/better-sqlite3': ['lib', 'package.json', 'LICENSE'] };

const paths = new Set();
const waiting = [''];
for (let from = waiting.pop(); from !== undefined; from = waiting.pop()) {
  for (const name of Object.keys(packages[from].dependencies ?? {})) {
    const path = find(from, name);
    if (path === undefined || paths.has(path) || !existsSync(path)) continue;
    paths.add(path);
    if (!(path in partial)) waiting.push(path);
  }
}
console.log([...paths].flatMap((path) => partial[path]?.map((part) => `${path}/${part}`) ?? [path]).join(' '));

/** As Node resolves: the nearest node_modules upwards. */
function find(from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') return undefined;
  }
}
