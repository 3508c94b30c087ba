// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the shell's
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { HelperRequest } from '../../src/action/helper-messages.ts';
import { StartedFile } from '../../src/action/started-file.ts';
import { parseIpNetwork } from '../../src/core/ip-network.ts';
import { ActionRunner, type ActionRunnerOptions } from '../../src/helper/action-runner.ts';
import { KeptDefinitions } from '../../src/helper/kept-definitions.ts';
import { findUntrusted } from '../../src/helper/trusted-file.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { ticketOf } from '../action/ban-ticket.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { needsRoot } from '../system/requires-root.ts';

// Below /tmp everybody may write.
const root = needsRoot === false ? mkdtempSync('/run/ringjail-runner-') : '';
if (root !== '') after(() => rmSync(root, { recursive: true }));

let directories = 0;

function create() {
  directories += 1;
  const directory = join(root, String(directories));
  mkdirSync(join(directory, 'action.d'), { recursive: true, mode: 0o755 });
  const jail =
    '[sshd]\nenabled = yes\naction = block[port=ssh]\n  kick\n  %(more)s\nmore = other\n[off]\nenabled = no\naction = block\nmore =\n';
  writeFileSync(join(directory, 'jail.conf'), jail);
  const commands = 'actioncheck = see\nactionban = block <ip> <port>\nactionunban = free <ip>\n';
  writeFileSync(join(directory, 'action.d/block.conf'), `[Definition]\n${commands}`);
  writeFileSync(join(directory, 'action.d/kick.conf'), '[Definition]\nactionban = kick "<fid>"\nactionunban = free <fid>\n');
  writeFileSync(join(directory, 'action.d/other.conf'), '[Definition]\nactionban = eval "<matches>"\n');
  const log = recordingLog();
  const ran: string[] = [];
  /** What somebody sees who looks: an exit code. */
  const sight = { exit: Promise.resolve(0) };
  const gateway = parseIpNetwork('192.0.2.1');
  assert.ok(gateway);
  const options: ActionRunnerOptions = {
    configDirectory: directory,
    protectedNetworks: () => new NetworkList([{ network: gateway, reason: 'gateway' }]),
    tools: {
      runShell: async ({ script, env }) => {
        if (script === 'see') return { exitCode: await sight.exit, output: '' };
        ran.push(`${script} ${env['RJ_IP'] ?? env['RJ_FID']}`);
        return { exitCode: 0, output: '' };
      },
      runCommand: () => Promise.reject(new Error('no program is run')),
      started: (jail, action) => new StartedFile(join(directory, 'started.json'), log).of(jail, action),
      hostNames: { full: 'host', short: 'host' },
      lookUpName: () => Promise.resolve(''),
    },
    hasUnit: () => false,
    kept: new KeptDefinitions(join(directory, 'begun'), log),
    log,
  };
  const runner = new ActionRunner(options);
  return { directory, runner, restarted: () => new ActionRunner(options), ran, sight, file: join(directory, 'action.d/block.conf') };
}

const banBy = (action: string, network = '192.0.2.7', jail = 'sshd'): HelperRequest => ({
  id: 9,
  op: 'ban',
  jail,
  action,
  ticket: ticketOf(network, { jail }),
});

const unbanBy = (action: string): HelperRequest => ({ ...banBy(action), op: 'unban', ticket: ticketOf('192.0.2.7', { jail: 'sshd' }) });

const block = 'block[port="ssh"]';

describe('ActionRunner', { skip: needsRoot }, () => {
  it('runs what an enabled jail names, as it names it', async () => {
    const { runner, ran } = create();
    assert.deepEqual(await runner.run(banBy(block)), { id: 9, ok: true, lost: [], missing: [], flushed: false });
    assert.deepEqual(ran, ['block "${RJ_IP}" ssh 192.0.2.7']);
  });

  for (const [name, request, reason] of [
    ['other arguments', banBy('block[port="22"]'), /no enabled jail sshd/],
    ['no arguments', banBy('block'), /no enabled jail/],
    ['a jail that is off', banBy('block', '192.0.2.7', 'off'), /no enabled jail off/],
    ['a path', banBy('../../tmp/x'), /no enabled jail/],
    ['a protected address', banBy(block, '192.0.2.1'), /protected \(gateway\)/],
    ['a network around one', banBy(block, '192.0.2.0/24'), /protected \(gateway\)/],
    ['a definition that would run text', banBy('other'), /text from a log/],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const { runner, ran } = create();
      await assert.rejects(runner.run(request), reason);
      assert.deepEqual(ran, []);
    });
  }

  it('tells of what is no address those commands that take any text, and no others', async () => {
    const { runner, ran } = create();
    const marked = (action: string, text: string): HelperRequest => ({
      ...banBy(action),
      op: 'ban',
      ticket: ticketOf(text, { isRaw: true }),
    });
    const text = '$(reboot) "; \'`id`';
    await runner.run(marked('kick', text));
    assert.deepEqual(ran, [`kick "\${RJ_FID}" ${text}`]);
    await assert.rejects(runner.run(marked('kick', '-rf')), /characters that actionban cannot be given/);
    await assert.rejects(runner.run(marked(block, '0/0')), /actionban uses <ip>, which is an address/);
    await assert.rejects(runner.run(marked('kick', '192.0.2.1')), /protected \(no address\)/);
    await assert.rejects(runner.run(banBy('kick', '192.0.2.1')), /protected \(gateway\)/);
    assert.equal(ran.length, 1);
  });

  for (const [name, spoil] of [
    ['a definition that others may write', (directory: string) => chmodSync(join(directory, 'action.d/block.conf'), 0o666)],
    ['a definition of its group', (directory: string) => chmodSync(join(directory, 'action.d/block.conf'), 0o664)],
    ["somebody else's definition", (directory: string) => chownSync(join(directory, 'action.d/block.conf'), 65534, 0)],
    ['a directory that others may write', (directory: string) => chmodSync(join(directory, 'action.d'), 0o777)],
    ["somebody else's jail.conf", (directory: string) => chownSync(join(directory, 'jail.conf'), 65534, 0)],
    [
      'a link to a file of others',
      (directory: string) => {
        rmSync(join(directory, 'action.d/block.conf'));
        mkdirSync(join(directory, 'open'));
        chmodSync(join(directory, 'open'), 0o777);
        writeFileSync(join(directory, 'open/block.conf'), '[Definition]\nactionban = evil\n');
        symlinkSync('../open/block.conf', join(directory, 'action.d/block.conf'));
      },
    ],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const { directory, runner, ran } = create();
      spoil(directory);
      await assert.rejects(runner.run(banBy(block)), /run as root.*: \/run\/\S+ (?:may be written by others|belongs to uid 65534)/);
      assert.deepEqual(ran, []);
    });
  }

  it('what no jail names any more is ended, also after a restart of the helper, and not begun again', async () => {
    const { directory, runner, ran, restarted } = create();
    await runner.run(banBy(block));
    writeFileSync(join(directory, 'jail.conf'), '[sshd]\nenabled = yes\naction = other\n');
    const next = restarted();
    await assert.rejects(next.run(banBy(block, '192.0.2.8')), /no enabled jail sshd .* names action block/);
    await next.run(unbanBy(block));
    await assert.rejects(next.run(banBy(block, '192.0.2.8')), /no enabled jail sshd/);
    await next.run({ id: 1, op: 'stop', jail: 'sshd', action: block });
    await assert.rejects(next.run(unbanBy(block)), /no enabled jail sshd/);
    assert.deepEqual(ran.slice(1), ['free "${RJ_IP}" 192.0.2.7']);
  });

  it('a definition that was edited is taken by a reload, of that action alone', async () => {
    const { directory, file, runner, ran } = create();
    const jail = '[sshd]\nenabled = yes\naction = block[port=ssh]\n  block[port=25]\n';
    writeFileSync(join(directory, 'jail.conf'), jail);
    const mail = 'block[port="25"]';
    for (const action of [block, mail]) await runner.run(banBy(action));
    writeFileSync(file, '[Definition]\nactionban = new <ip> <port>\nactionunban = newfree <ip>\n');
    await runner.run(unbanBy(block));
    await runner.run({ id: 1, op: 'stop', jail: 'sshd', action: block });
    await runner.run({ id: 1, op: 'reload', jail: 'sshd', action: block });
    await runner.run(banBy(block));
    await runner.run(unbanBy(mail));
    assert.deepEqual(
      ran.map((line) => line.split(' ')[0]),
      ['block', 'block', 'free', 'new', 'free'],
    );
  });

  const bare = (op: 'start' | 'stop' | 'reload'): HelperRequest => ({ id: 1, op, jail: 'sshd', action: block });
  const edited = '[Definition]\nactionban = new <ip> <port>\nactionunban = newfree <ip>\n';
  const words = (ran: readonly string[]) => ran.map((line) => line.split(' ')[0]);

  it('what was begun goes on and is ended by its own definition, also after a restart of the helper', async () => {
    const { directory, file, runner, ran, restarted } = create();
    await runner.run(bare('start'));
    await runner.run(banBy(block));
    writeFileSync(file, edited);
    const next = restarted();
    assert.deepEqual(await next.run(bare('start')), { id: 1, ok: true, lost: [], missing: [], flushed: false, outdated: true });
    await next.run(banBy(block, '192.0.2.8'));
    await next.run(unbanBy(block));
    assert.deepEqual(words(ran), ['block', 'block', 'free']);
    assert.equal((await next.run(bare('reload'))).outdated, true);
    await next.run(bare('stop'));
    assert.deepEqual(readdirSync(join(directory, 'begun')), []);
    assert.equal((await next.run(bare('reload'))).outdated, undefined);
    await next.run(banBy(block));
    await restarted().run(unbanBy(block));
    assert.deepEqual(words(ran).slice(3), ['new', 'newfree']);
    assert.equal(readdirSync(join(directory, 'begun')).length, 1);
  });

  it('a definition that comes into error goes on as it was, and the new one is taken when it has none', async () => {
    const { file, runner, ran, restarted } = create();
    await runner.run(banBy(block));
    writeFileSync(file, '[Definition]\nactionban = eval "<matches>"\n');
    for (const running of [runner, restarted()]) {
      await assert.rejects(running.run(bare('reload')), /text from a log/);
      await running.run(bare('start'));
      await running.run(banBy(block, '192.0.2.8'));
    }
    assert.deepEqual(words(ran), ['block', 'block', 'block']);
    writeFileSync(file, edited);
    assert.equal((await runner.run(bare('reload'))).outdated, true);
  });

  it('what a jail names goes on while nobody can tell what it names, and only what was begun', async (t) => {
    const { directory, runner, ran, restarted } = create();
    await runner.run(banBy(block));
    // It reads the configuration no more than once a second.
    const later = performance.now() + 5000;
    t.mock.method(performance, 'now', () => later);
    writeFileSync(join(directory, 'jail.conf'), '[sshd]\nenabled = yes\naction = block[port=ssh\n');
    await assert.rejects(runner.run(bare('reload')), /no enabled jail/);
    for (const running of [runner, restarted()]) {
      await running.run(banBy(block, '192.0.2.8'));
      await assert.rejects(running.run(banBy('kick')), /no enabled jail/);
      await assert.rejects(running.run(banBy(block, '192.0.2.1')), /protected/);
    }
    writeFileSync(join(directory, 'jail.conf'), '[sshd]\nenabled = no\naction = block[port=ssh\n');
    await assert.rejects(restarted().run(banBy(block)), /no enabled jail/);
    assert.deepEqual(words(ran), ['block', 'block', 'block']);
  });

  it('what was begun is ended also after a reboot, without its file, and nothing else', async () => {
    const { directory, file, runner, ran, restarted } = create();
    await runner.run(banBy(block));
    rmSync(join(directory, 'started.json'));
    rmSync(file);
    writeFileSync(join(directory, 'jail.conf'), '[sshd]\nenabled = no\n');
    const next = restarted();
    await next.run(unbanBy(block));
    assert.deepEqual(words(ran), ['block', 'free']);
    for (const action of ['block', 'block[port="22"]', 'block[port="$(reboot)"]', 'kick', '../../tmp/x'])
      await assert.rejects(next.run(unbanBy(action)), /no enabled jail/, action);
    await assert.rejects(next.run({ ...unbanBy(block), jail: 'off' }), /no enabled jail/);
    await next.run(bare('stop'));
    await assert.rejects(next.run(unbanBy(block)), /no enabled jail/);
    assert.equal(ran.length, 2);
  });

  it('what others may have written of it is not run', async () => {
    const { directory, file, runner, ran, restarted } = create();
    await runner.run(banBy(block));
    rmSync(file);
    const kept = join(directory, 'begun', readdirSync(join(directory, 'begun'))[0] ?? '');
    chmodSync(kept, 0o666);
    await assert.rejects(restarted().run(unbanBy(block)), /no such file/);
    chmodSync(kept, 0o600);
    for (const text of ['{', '[]', 'null', '{"format":1}', '{"format":1,"jail":"sshd","action":"kick","fingerprint":"","definition":{}}']) {
      writeFileSync(kept, text);
      await assert.rejects(restarted().run(unbanBy(block)), /no such file/);
    }
    assert.equal(ran.length, 1);
  });

  describe('what was begun, and the guard of today refuses', () => {
    /** As a ringjail would have kept it that knew no better: what it began had other words then. */
    async function begunBefore(replaced: readonly [word: string, unsafe: string][], file: string) {
      const made = create();
      await made.runner.run(banBy(block));
      const kept = join(made.directory, 'begun', readdirSync(join(made.directory, 'begun'))[0] ?? '');
      const text = replaced.reduce((all, [word, unsafe]) => all.replaceAll(word, unsafe), readFileSync(kept, 'utf8'));
      writeFileSync(kept, text);
      writeFileSync(made.file, file);
      made.ran.length = 0;
      return { ...made, kept, next: made.restarted() };
    }
    const unsafe = '[Definition]\nactionban = eval <ip> <F-USER>\nactionunban = free <ip>\n';

    it('tells no new ban, and ends those that are', async () => {
      const { next, ran, directory } = await begunBefore([['block <ip> ssh', 'eval <ip> <F-USER>']], unsafe);
      const refusal = /by this version of ringjail what began action block is not safe, and only ends it: actionban: <F-USER> .* eval/;
      await assert.rejects(next.run(bare('start')), /text from a log/);
      await assert.rejects(next.run(banBy(block, '192.0.2.8')), refusal);
      await assert.rejects(next.run({ ...banBy(block, '192.0.2.8'), op: 'prolong' } as HelperRequest), refusal);
      await assert.rejects(next.run({ id: 1, op: 'check', jail: 'sshd', action: block }), refusal);
      await next.run(unbanBy(block));
      await next.run(bare('stop'));
      assert.deepEqual(ran, ['free "${RJ_IP}" 192.0.2.7']);
      assert.deepEqual(readdirSync(join(directory, 'begun')), []);
    });

    it('gives way to a file that was mended', async () => {
      const { next, ran } = await begunBefore([['block <ip> ssh', 'eval <ip> <F-USER>']], edited);
      assert.equal((await next.run(bare('start'))).outdated, true);
      await next.run(unbanBy(block));
      await next.run(bare('stop'));
      assert.equal((await next.run(bare('reload'))).outdated, undefined);
      await next.run(banBy(block));
      assert.deepEqual(words(ran), ['free', 'new']);
    });

    it('ends by the file where what would end it is refused', async () => {
      const { next, ran } = await begunBefore([['free <ip>', 'eval <ip> <F-USER>']], edited);
      await next.run(unbanBy(block));
      assert.deepEqual(words(ran), ['newfree']);
    });

    it('is not run at all where the file is refused, too', async () => {
      const { next, ran } = await begunBefore(
        [['free <ip>', 'eval <ip> <F-USER>']],
        '[Definition]\nactionban = new <ip>\nactionunban = eval <ip> <F-USER>\n',
      );
      for (const request of [unbanBy(block), banBy(block)]) await assert.rejects(next.run(request), /text from a log/);
      assert.deepEqual(ran, []);
    });

    it('is read from its source, whatever else is kept of it', async () => {
      const { next, ran } = await begunBefore([['free \\"$', 'evil \\"$']], edited);
      await next.run(unbanBy(block));
      assert.deepEqual(words(ran), ['free']);
    });

    it('is unread in another format', async () => {
      const { next, ran } = await begunBefore([['"format":2', '"format":1']], edited);
      await next.run(unbanBy(block));
      assert.deepEqual(words(ran), ['newfree']);
    });

    it('a change of the guard alone is none of the definition', async () => {
      const { next, ran } = await begunBefore(
        [['"fingerprint":"', '"fingerprint":"older']],
        '[Definition]\nactioncheck = see\nactionban = block <ip> <port>\nactionunban = free <ip>\n',
      );
      assert.equal((await next.run(bare('start'))).outdated, undefined);
      await next.run(banBy(block));
      assert.deepEqual(words(ran), ['block']);
    });
  });

  const look = { id: 8, op: 'look', jail: 'sshd', action: block, networks: [] } as const;

  it('a look tells what is lost, and leaves it to a check', async () => {
    const { runner, ran, sight } = create();
    assert.deepEqual((await runner.run(look)).lost, []);
    await runner.run(banBy(block));
    sight.exit = Promise.resolve(1);
    assert.deepEqual(await runner.run(look), {
      id: 8,
      ok: true,
      lost: [],
      missing: [],
      broken: 'actioncheck ended with 1',
      flushed: false,
    });
    assert.equal(ran.length, 1);
  });

  it('a look that hangs holds up no ban, and no other one is begun meanwhile', async () => {
    const { runner, ran, sight } = create();
    await runner.run(banBy(block));
    let end = (_: number): void => undefined;
    sight.exit = new Promise((resolve) => {
      end = resolve;
    });
    const hanging = runner.run(look);
    await assert.rejects(runner.run({ ...look, id: 9 }), /an earlier look has not ended/);
    sight.exit = Promise.resolve(0);
    await runner.run(banBy(block, '192.0.2.8'));
    assert.equal(ran.length, 2);
    end(1);
    assert.equal((await hanging).broken, 'actioncheck ended with 1');
    assert.deepEqual((await runner.run(look)).lost, []);
  });

  it('findUntrusted', () => {
    assert.equal(findUntrusted('/etc/passwd'), undefined);
    assert.match(findUntrusted('/tmp/x') ?? '', /^\/tmp may be written/);
    const { directory } = create();
    symlinkSync('b', join(directory, 'a'));
    symlinkSync('a', join(directory, 'b'));
    assert.match(findUntrusted(join(directory, 'a')) ?? '', /too many links/);
  });
});
