// The layers of the design (ARCHITECTURE.md) are rules in biome.json. Each breach is planted in a private copy, and the linter has to find it:
// a rule that no longer works says nothing by itself.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

// From dist/test as compiled.
const project = fileURLToPath(new URL('../..', import.meta.url));

/** Who may import whom, as the design has it. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  record: ['core'],
  ban: ['core', 'binding'],
  binding: ['core'],
  source: ['core', 'record', 'binding'],
  match: ['core', 'record', 'binding'],
  action: ['core', 'ban', 'binding'],
  control: ['core', 'ban'],
  jail: ['core', 'match', 'ban'],
  config: ['core', 'record', 'source', 'match', 'jail', 'ban', 'action'],
  enforce: ['core', 'ban', 'action', 'binding', 'config'],
  daemon: ['core', 'record', 'source', 'match', 'jail', 'ban', 'action', 'binding', 'config', 'control', 'enforce'],
  helper: ['core', 'jail', 'ban', 'action', 'binding', 'config'],
  cli: ['core', 'record', 'source', 'match', 'jail', 'ban', 'action', 'binding', 'config', 'control', 'enforce', 'daemon', 'helper'],
};
const layers = Object.keys(allowed);

interface Plant {
  readonly path: string;
  readonly text: string;
  /** The rule that has to find it; undefined where it is allowed. */
  readonly rule: string | undefined;
}

const using = (specifier: string) => `import { x } from '${specifier}';\nexport const y = x;\n`;
const restricted = 'lint/style/noRestrictedImports';
const plants: Plant[] = [];

for (const from of layers) {
  for (const to of layers) {
    if (from === to) continue;
    const rule = allowed[from]?.includes(to) ? undefined : restricted;
    plants.push({ path: `src/${from}/to-${to}.ts`, text: using(`../${to}/${to}.ts`), rule });
  }
  const own = using(`./${from}.ts`);
  plants.push({ path: `src/${from}/to-itself.ts`, text: own, rule: undefined });
  plants.push({ path: `src/${from}/process.ts`, text: using('node:child_process'), rule: restricted });
  plants.push({ path: `src/${from}/process-unprefixed.ts`, text: using('child_process'), rule: restricted });
  plants.push({ path: `src/${from}/commander.ts`, text: using('commander'), rule: restricted });
  plants.push({ path: `src/${from}/native.ts`, text: using('node:module'), rule: from === 'binding' ? undefined : restricted });
  plants.push({
    path: `src/${from}/addon.ts`,
    text: using('../../build/Release/ringjail.node'),
    rule: from === 'binding' ? undefined : restricted,
  });
  plants.push({ path: `src/${from}/sqlite.ts`, text: using('better-sqlite3'), rule: from === 'binding' ? undefined : restricted });
}
plants.push(
  { path: 'src/core/type-only.ts', text: "import type { X } from '../jail/jail.ts';\nexport type Y = X;\n", rule: restricted },
  { path: 'src/core/re-export.ts', text: "export { x } from '../jail/jail.ts';\n", rule: restricted },
  { path: 'src/core/dynamic.ts', text: "export const y = import('../jail/jail.ts');\n", rule: restricted },
  { path: 'src/core/side-effect.ts', text: "import '../jail/jail.ts';\n", rule: restricted },
  { path: 'src/core/deeper/nested.ts', text: using('../../jail/jail.ts'), rule: restricted },
  { path: 'src/cli/program.ts', text: using('commander'), rule: undefined },
  { path: 'src/cli/status.ts', text: using('commander'), rule: restricted },
  { path: 'src/action/run-command.ts', text: using('node:child_process'), rule: undefined },
  {
    path: 'src/jail/cycle-a.ts',
    text: `import { y as z } from './cycle-b.ts';\nexport const x = () => z;\n`,
    rule: 'lint/suspicious/noImportCycles',
  },
  {
    path: 'src/jail/cycle-b.ts',
    text: `import { x } from './cycle-a.ts';\nexport const y = () => x;\n`,
    rule: 'lint/suspicious/noImportCycles',
  },
  { path: 'src/jail/exported-default.ts', text: 'export default 5;\n', rule: 'lint/style/noDefaultExport' },
);

/** As `biome lint --reporter=json` writes it. */
interface Report {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly severity: string;
    readonly location: { readonly path: string | { readonly file: string } };
  }[];
}

describe('the layering rules', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ringjail-layers-'));
  after(() => rmSync(directory, { recursive: true }));
  /** File to the rules that it breaks. */
  const found = new Map<string, Set<string>>();
  let status: number | null;

  before(() => {
    copyFileSync(join(project, 'biome.json'), join(directory, 'biome.json'));
    const targets = layers.map((layer) => ({ path: `src/${layer}/${layer}.ts`, text: 'export const x = 5;\n' }));
    for (const { path, text } of [...targets, ...plants]) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    const biome = join(project, 'node_modules/.bin/biome');
    const ended = spawnSync(biome, ['lint', '--reporter=json', '--max-diagnostics=none'], { cwd: directory, encoding: 'utf8' });
    status = ended.status;
    const { diagnostics } = JSON.parse(ended.stdout) as Report;
    for (const { category, severity, location } of diagnostics) {
      const path = typeof location.path === 'string' ? location.path : location.path.file;
      if (severity === 'error') found.set(path, (found.get(path) ?? new Set()).add(category));
    }
  });

  it('fail the linter', () => assert.equal(status, 1));

  for (const { path, text, rule } of plants) {
    it(`${path}: ${text.split('\n')[0]} is ${rule === undefined ? 'allowed' : 'found'}`, () => {
      const broken = [...(found.get(path) ?? [])];
      if (rule === undefined) assert.deepEqual(broken, []);
      else assert.ok(broken.includes(rule), `found instead: ${broken}`);
    });
  }
});
