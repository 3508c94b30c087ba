// What `ringjail check` says of a jail, and its exit code.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { check } from '../../src/cli/check.ts';
import { configDirectory } from '../config/config-directory.ts';

async function run(jailConf: string, isJson = false) {
  const config = configDirectory({ 'jail.conf': jailConf, 'filter.d/portscan.conf': '[Definition]\nnetfilter = blocked\n' });
  const printed: string[] = [];
  const context = {
    version: '0',
    paths: { config, state: config, socket: join(config, 'socket'), helper: join(config, 'helper') },
    isJson,
    print: (text: string) => void printed.push(text),
    printError: (text: string) => assert.fail(text),
    write: () => assert.fail(),
  };
  const code = await check(context);
  return { code, output: printed.join('\n').replaceAll(`${config}/`, '') };
}

const jail = (rest: string) => `[scan]\nenabled = yes\nfilter = portscan\n${rest}\n`;

describe('ringjail check', () => {
  it('tells whom a jail passes over: networks, names that are looked up, and whom a command says', async () => {
    const { code, output } = await run(jail('ignoreip = 192.0.2.0/24 Home.example.org\nignorecommand = /bin/spare <ip>'));
    assert.equal(code, 0);
    assert.match(output, /^jail scan: .*, ignoring 192\.0\.2\.0\/24 home\.example\.org whom "\/bin\/spare <ip>" says$/m);
    assert.match(output, /: nothing to mend$/);
    const json = await run(jail('ignoreip = home.example.org'), true);
    assert.deepEqual((JSON.parse(json.output) as { jails: { ignoreip: string[] }[] }).jails[0]?.ignoreip, ['home.example.org']);
  });

  it('what is wrong is told with its line and counted: 78', async () => {
    const { code, output } = await run(`${jail('maxretry = many')}[off]\nenabled = no\n`);
    assert.equal(code, 78);
    assert.match(output, /^not enabled: off$/m);
    assert.match(output, /^error: jail\.conf:4: maxretry = "many": expected/m);
    assert.match(output, /: 1 to mend$/);
  });
});
