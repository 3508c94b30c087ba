// What a newcomer meets first: one line with the cause and the cure, and sysexits' code. Each as a process of its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../src/cli/ringjail.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'ringjail-first-'));
after(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'jail.conf'), '[DEFAULT]\n');

const ringjail = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', timeout: 30_000 });

describe('one line with cause and cure', () => {
  const cases: [args: string[], code: number, message: RegExp][] = [
    [['-s', '/nowhere/x.sock', 'status'], 69, /^ringjail: no daemon answers at \/nowhere\/x\.sock: start it with: sudo systemctl start/],
    [['-s', '/nowhere/x.sock', 'explain', '192.0.2.7'], 69, /^ringjail: no daemon answers/],
    [['explain', ''], 64, /^ringjail: "" is no IP address or network; write 203\.0\.113\.7/],
    [['-s', '/nowhere/x.sock', 'explain', 'somebody'], 69, /^ringjail: no daemon answers/],
    [['unban'], 64, /^ringjail: name the addresses to unban, or --all/],
    [['unban', '--jail', 'sshd'], 64, /^ringjail: name the addresses to unban, or --all/],
    [['-c', '/nowhere', 'check'], 78, /^ringjail: \/nowhere: there is no such directory; name the one to take with -c/],
    [['-c', '/nowhere', 'run'], 78, /^ringjail: \/nowhere: there is no such directory/],
    [['-c', '/nowhere', 'watch'], 78, /^ringjail: \/nowhere: there is no such directory/],
    [['-c', join(directory, 'jail.conf'), 'run'], 78, /is a file; name the directory that it is in with -c/],
    [['-c', directory, 'run'], 78, /^ringjail: no jail can run with .*: set enabled = true in a jail of jail\.local/],
    [['run', '--confirm', 'soon'], 64, /^ringjail: --confirm soon: expected a time of up to 24 days, such as 10m/],
    [['regex', '/nowhere/a.log', 'x <HOST>'], 64, /^ringjail: \/nowhere\/a\.log: no such file/],
  ];
  for (const [args, code, message] of cases) {
    it(args.join(' ').replace(directory, 'DIRECTORY'), () => {
      const { status, stderr, stdout } = ringjail(...args);
      assert.deepEqual([status, stdout, stderr.trimEnd().split('\n').length], [code, '', 1], stderr);
      assert.match(stderr, message);
    });
  }

  it('the helper without a socket ends', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
    const { status, stderr } = ringjail('actions');
    assert.equal(status, 64);
    assert.match(stderr, /^ringjail: no socket was handed over: sudo systemctl start ringjail-actions\.socket/);
  });
});

describe('a mistyped command line', () => {
  const cases: [args: string[], message: RegExp][] = [
    [['statsu'], /unknown command 'statsu'\n\(Did you mean status\?\)/],
    [['explain'], /missing required argument 'address'\n\(ringjail explain --help tells what it takes\)/],
    [['ban', 'sshd'], /missing required argument 'address'/],
    [['status', '--verbose'], /unknown option '--verbose'/],
    [['-c'], /argument missing/],
  ];
  for (const [args, message] of cases) {
    it(args.join(' '), () => {
      const { status, stderr } = ringjail(...args);
      assert.equal(status, 64);
      assert.match(stderr, message);
    });
  }

  it('--help of a command tells the options that every command has', () => {
    const { status, stdout } = ringjail('explain', '--help');
    assert.equal(status, 0);
    assert.match(stdout, /-s, --socket <path>/);
  });
});
