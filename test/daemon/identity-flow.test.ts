// What is no address, from the log's bytes to a command that runs for real: a jail of the configuration, the ban list, the shell.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { HelperClient } from '../../src/action/helper-client.ts';
import { runShell } from '../../src/action/run-command.ts';
import { type ActionTools, loadTicketAction } from '../../src/config/ticket-action-config.ts';
import { jailContextOf } from '../../src/daemon/jail-context.ts';
import { JailSet } from '../../src/daemon/jail-set.ts';
import { Pipeline } from '../../src/daemon/pipeline.ts';
import { createTicketAction } from '../../src/enforce/action-registry.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { ticketOf } from '../../src/enforce/ban-tickets.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { ticketOf as ticket } from '../action/ban-ticket.ts';
import { changeFiles, configDirectory } from '../config/config-directory.ts';
import { network } from '../core/network.ts';
import { batchOf } from '../record/batch-of.ts';
import { recordingLog } from './recording-log.ts';

const directory = configDirectory({
  'filter.d/app.conf': '[Definition]\nfailregex = bad <F-ID>.*</F-ID>, <ADDR>$\n',
  'jail.conf': '[app]\nenabled = yes\nfilter = app\nbackend = kernel\nmaxretry = 2\nbantime = -1\naction = kick\n',
});
const file = join(directory, 'kicked');
const owned = join(directory, 'owned');
// One command for which nothing but a text is a text, one that names a file, and one that has <fid> without quotes.
const kick = `printf '%%s\\n' "<fid>|<F-ID>|<F-IP4>|<family>" >> ${file}; printf '<fid>\\n' >> ${file}; echo <fid> >/dev/null`;

const tools = (): ActionTools => ({
  runShell,
  runCommand: () => assert.fail('no program is run'),
  started: () => ({ has: () => true, set: () => undefined }),
  hostNames: { full: 'host', short: 'host' },
  lookUpName: async () => '',
});

const texts = [
  'bob',
  `$(touch ${owned})`,
  `\`touch ${owned}\``,
  `"; touch ${owned}; "`,
  `'; touch ${owned}; '`,
  `a; touch ${owned}`,
  '%s%n\\n\\c',
  '*',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
  '${HOME}',
  'caf\u00e9',
  'x'.repeat(256),
];

it('without root, an action that needs an address does not ask the helper', async () => {
  changeFiles(directory, { 'action.d/block.conf': '[Definition]\nactionban = block <ip>\n' });
  const asked: unknown[] = [];
  const helper = Object.assign(Object.create(HelperClient.prototype) as HelperClient, {
    request: async (request: unknown) => {
      asked.push(request);
      return { lost: [] };
    },
  });
  const settings = { directory, isRoot: false, tools: tools(), helper };
  await assert.rejects(createTicketAction('app', 'block', settings).ban(ticket('bob', { isRaw: true })), {
    code: 'usage',
    message: /actionban uses <ip>/,
  });
  assert.deepEqual(asked, []);
  await createTicketAction('app', 'block', settings).ban(ticket('192.0.2.7'));
  assert.equal(asked.length, 1);
});

it('usedns = raw: the jail counts names as they stand', () => {
  const jail = '[names]\nenabled = yes\nfailregex = bad <HOST>$\nbackend = kernel\nmaxretry = 1\nbantime = -1\naction =\n';
  for (const [usedns, banned] of [
    ['raw', ['two.example', '192.0.2.7']],
    ['no', ['192.0.2.7']],
  ] as const) {
    const jails = new JailSet(() => jailContextOf(configDirectory({ 'jail.conf': `${jail}usedns = ${usedns}\n` }), true));
    jails.load();
    assert.deepEqual(jails.errors, []);
    const found: string[] = [];
    const pipeline = new Pipeline({
      keeper: new BanKeeper({
        createAction: () => assert.fail('no firewall'),
        clock: () => 0,
        log: recordingLog(),
        onEnded: () => undefined,
      }),
      protectedNetworks: () => new NetworkList([]),
      resolve: () => assert.fail('no name is looked up'),
      earlierBans: () => 0,
      clock: () => 0,
      events: { onBan: ({ network: { text } }) => void found.push(text), onRefused: () => undefined, onSeenWhileBanned: () => undefined },
    });
    pipeline.jails = jails.running;
    pipeline.process(batchOf(['bad two.example', 'bad 192.0.2.7']));
    assert.deepEqual(found, banned);
  }
});

describe('what is no address, from the log to a command', () => {
  const jails = new JailSet(() => jailContextOf(directory, true));
  const log = recordingLog();
  const facts = { evidence: () => [], earlierBans: () => 1 };
  const create = (jail: string, name: string) => {
    const origin = { file: 'jail.conf', line: 1 };
    const { create: build } = loadTicketAction(directory, { name, options: new Map(), offset: 0 }, { section: jail, origin }, 'host');
    assert.ok(build);
    return build(tools());
  };
  const keeper = new BanKeeper({
    createAction: () => assert.fail('no firewall'),
    clock: () => 0,
    log,
    onEnded: () => undefined,
    tickets: { isTicketAction: () => true, create, ticketOf: (decision) => ticketOf(decision, facts) },
  });
  const pipeline = new Pipeline({
    keeper,
    protectedNetworks: () => new NetworkList([{ network: network('192.0.2.1'), reason: 'gateway' }]),
    resolve: () => assert.fail('no name is looked up'),
    earlierBans: () => 0,
    clock: () => 0,
    events: { onBan: () => undefined, onRefused: () => undefined, onSeenWhileBanned: () => undefined },
  });
  after(() => keeper.stop());

  const enforced = async () => {
    await keeper.settle();
    const states = () =>
      Promise.all(
        Array.from(
          keeper.bans.decisions(),
          async ({ network: banned, jail }) => (await keeper.enforcement({ network: banned, jail }, 'kick')).reason,
        ),
      );
    while ((await states()).includes('the action was not told yet')) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  it('hostile texts come through as they are, and run nothing', async () => {
    changeFiles(directory, { 'action.d/kick.conf': `[Definition]\nactionban = ${kick}\n` });
    jails.load();
    assert.deepEqual([jails.errors, jails.warnings], [[], []]);
    pipeline.jails = jails.running;
    await keeper.start([{ jail: 'app', action: 'kick' }]);
    const lines = [...texts, '-rf', 'y'.repeat(10_000), 'a\x1b[2J', '192.0.2.1', '0.0.0.0/0'].map((text) => `bad ${text}, 198.51.100.1`);
    // Latin-1, as a log may have it: what is no UTF-8 becomes a character that says so.
    const bytes = (line: string) => Buffer.from(line).toString('latin1');
    for (let time = 0; time < 2; time++) pipeline.process(batchOf([...lines.map(bytes), 'bad \xff\xfe, 198.51.100.1']));
    await enforced();
    const wanted = [...texts, '\ufffd\ufffd'];
    const said = readFileSync(file, 'utf8');
    for (const text of wanted) assert.ok(said.includes(`${text}|${text}|198.51.100.1|\n${text}\n`), text);
    assert.equal(said.split('\n').length, 2 * wanted.length + 1);
    assert.ok(!existsSync(owned));
    assert.deepEqual(Array.from(keeper.bans.bans(), ({ network: { text } }) => text).toSorted(), [...wanted, '-rf'].toSorted());
    assert.deepEqual(log.lines, [
      'error: action kick: "-rf" is not enforced: a text with characters that actionban cannot be given safely',
    ]);
    const { unusable, refused, failures } = jails.running[0]?.jail.counts ?? assert.fail();
    // 10 kB, an escape sequence, all addresses; and the gateway, which is one as ever.
    assert.deepEqual([unusable, refused, failures], [6, 1, 2 * (wanted.length + 2)]);
  });
});
