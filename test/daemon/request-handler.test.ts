import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PartFailure } from '../../src/action/action.ts';
import type { BanDecision } from '../../src/ban/ban.ts';
import type { ImportedBan } from '../../src/ban/fail2ban-database.ts';
import type { BanAnswer, DaemonStatus, ExplainAnswer, ImportAnswer, ReloadAnswer, UnbanAnswer } from '../../src/control/messages.ts';
import { RingjailError } from '../../src/core/errors.ts';
import { CommitConfirm } from '../../src/daemon/commit-confirm.ts';
import { jailContextOf } from '../../src/daemon/jail-context.ts';
import { JailSet } from '../../src/daemon/jail-set.ts';
import { RequestHandler } from '../../src/daemon/request-handler.ts';
import { describeDaemon } from '../../src/daemon/status.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { decisionOf } from '../ban/decision.ts';
import { changeFiles, configDirectory } from '../config/config-directory.ts';
import { network } from '../core/network.ts';
import { FakeAction } from '../enforce/fake-action.ts';
import { failureOf } from '../jail/failure.ts';
import { recordingLog } from './recording-log.ts';

const hourUsec = 3_600_000_000;
const nowUsec = 1_700_000_000_000_000;

const jailConf = `
[portscan]
enabled = yes
filter = scan
maxretry = 2
bantime = 1h
ignoreip = 198.51.100.0/24
[forgood]
enabled = yes
filter = scan
bantime = -1
`;

const usesOf = (...actions: string[]) => actions.map((action) => ({ jail: 'j', action }));

/** A handler with two jails, a gateway to protect, and a firewall in memory. */
async function setUp(confirmMs?: number) {
  const directory = configDirectory({ 'filter.d/scan.conf': '[Definition]\nnetfilter = blocked\n', 'jail.conf': jailConf });
  const action = new FakeAction();
  const jails = new JailSet(() => jailContextOf(directory, false));
  jails.load();
  const log = recordingLog();
  let expire: () => void = () => undefined;
  const confirmation: CommitConfirm = new CommitConfirm({
    limitMs: confirmMs,
    log,
    clock: () => nowUsec,
    startTimer: (task) => {
      expire = task;
      return () => undefined;
    },
    onConfirm: (bans) => {
      for (const ban of bans) keeper.add(ban);
    },
    onLift: (bans) => {
      for (const { network, jail } of bans) keeper.remove(network, jail);
    },
  });
  const bounded = (decision: BanDecision) => confirmation.bounded(decision);
  const keeper: BanKeeper = new BanKeeper({ createAction: () => action, clock: () => nowUsec, log, onEnded: () => undefined, bounded });
  confirmation.start();
  await keeper.start(usesOf('nftables'));
  const order: string[] = [];
  const counted: string[] = [];
  const unbanned: (readonly [network: string | undefined, jail: string | undefined])[] = [];
  const forgotten: (readonly [network: string, jail: string | undefined])[] = [];
  const handler = new RequestHandler({
    jails,
    keeper,
    protectedNetworks: () => new NetworkList([{ network: network('192.0.2.1'), reason: 'gateway' }]),
    clock: () => nowUsec,
    log,
    confirmation,
    describe: () => describeDaemon({ version: '1', startedAt: new Date(0), jails, keeper, sources: [], warnings: [] }),
    store: {
      store: undefined,
      failure: undefined,
      settle: async () => void order.push('committed'),
      noteUnbanned: (network, jail) => void unbanned.push([network?.text, jail]),
      noteForgotten: (network, jail) => void forgotten.push([network.text, jail]),
    },
    onChange: async () => void order.push(`on disk, ${action.calls.length} calls of the action`),
    onBanned: ({ network, jail }, ipv6prefix) => void counted.push(`${network.text} ${jail} ${ipv6prefix}`),
    onReload: async () => void order.push('reloaded'),
  });
  const ask = {
    status: async (jail?: string) =>
      (await handler.handle(jail === undefined ? { command: 'status' } : { command: 'status', jail })) as DaemonStatus,
    ban: async (jail: string, ...addresses: string[]) => (await handler.handle({ command: 'ban', jail, addresses })) as BanAnswer,
    unban: async (...addresses: string[]) => (await handler.handle({ command: 'unban', addresses })) as UnbanAnswer,
    unbanIn: async (jail: string, addresses: readonly string[] | 'all') =>
      (await handler.handle({ command: 'unban', addresses, jail })) as UnbanAnswer,
    unbanAll: async () => (await handler.handle({ command: 'unban', addresses: 'all' })) as UnbanAnswer,
    import: async (...bans: ImportedBan[]) => (await handler.handle({ command: 'import', bans })) as ImportAnswer,
    confirm: async () => {
      const answer = await handler.handle({ command: 'confirm' });
      await keeper.settle();
      return answer;
    },
    reload: async () => (await handler.handle({ command: 'reload' })) as ReloadAnswer,
    explain: async (address: string) => (await handler.handle({ command: 'explain', address })) as ExplainAnswer,
  };
  const knock = (address: string) => jails.find('portscan')?.jail.observe(failureOf(address, nowUsec), new NetworkList([])) !== undefined;
  return {
    action,
    ask,
    directory,
    expire: () => expire(),
    jails,
    keeper,
    log,
    order,
    knock,
    unbanned,
    forgotten,
    counted,
    [Symbol.asyncDispose]: () => keeper.stop(),
  };
}

const users = {
  'filter.d/app.conf': '[Definition]\nfailregex = bad <F-ID>.+</F-ID>, <ADDR>\njournalmatch = _COMM=app\n',
  'jail.d/users.conf': '[users]\nenabled = yes\nfilter = app\nmaxretry = 2\nignoreip = root\nbantime = 1h\n',
};

describe('what is no address', () => {
  const text = '$(reboot) "';
  const imported = (network: string, jail: string) => ({
    network,
    jail,
    sinceUsec: nowUsec,
    untilUsec: nowUsec + hourUsec,
    bancount: 1,
    failures: 5,
  });

  async function setUpUsers() {
    const trial = await setUp();
    changeFiles(trial.directory, users);
    await trial.ask.reload();
    const fail = (who: string) => {
      const decision = trial.jails.find('users')?.jail.observe(failureOf(who, nowUsec), new NetworkList([]));
      if (decision !== undefined) trial.keeper.add(decision);
    };
    return { ...trial, fail };
  }

  it('is not banned by hand', async () => {
    await using trial = await setUpUsers();
    await assert.rejects(trial.ask.ban('users', 'bob'), { code: 'usage', message: /^"bob" is no IP address or network/ });
  });

  it('is shown, explained and unbanned by its text, where anything is known of it', async () => {
    await using trial = await setUpUsers();
    for (const who of [text, text, 'bob', '192.0.2.7', '192.0.2.7']) trial.fail(who);
    const { jails, warnings } = await trial.ask.status('users');
    assert.deepEqual(
      jails[0]?.banned.map(({ network }) => network),
      [text, '192.0.2.7'],
    );
    assert.deepEqual(warnings.slice(0, 1), ['1 bans are NOT ENFORCED by nftables: they are of no address']);
    assert.deepEqual(warnings.slice(1), ['jail users bans what is no address: nftables cannot hold it; name a command action']);
    assert.ok(trial.log.lines.includes(`warning: ${warnings[1]}`));
    assert.equal((await trial.ask.explain(text)).jails.find(({ jail }) => jail === 'users')?.bans.length, 1);
    assert.equal((await trial.ask.explain('bob')).jails.find(({ jail }) => jail === 'users')?.window?.count, 1);
    for (const other of ['Bob', '192.0.2.300', `${text} `]) {
      await assert.rejects(trial.ask.explain(other), { code: 'usage', message: /is no IP address or network/ });
      await assert.rejects(trial.ask.unban(text, other), { code: 'usage', message: /is no IP address or network/ });
    }
    assert.deepEqual(await trial.ask.unban(text, 'bob'), { unbanned: [text], notBanned: ['bob'], stillBanned: [] });
    assert.deepEqual([...trial.action.inForce.keys()], ['192.0.2.7']);
    assert.equal(trial.jails.find('users')?.jail.trackedCount, 0);
    assert.ok(trial.log.lines.includes('notice: unban "$(reboot) \\"" by hand'));
    trial.fail(text);
    trial.fail(text);
    assert.deepEqual(await trial.ask.unbanAll(), { unbanned: ['192.0.2.7', text], notBanned: [], stillBanned: [] });
  });

  it('is imported by a jail that bans such, and by no other', async () => {
    await using trial = await setUpUsers();
    const answer = await trial.ask.import(
      imported(text, 'users'),
      imported(text, 'portscan'),
      imported('root', 'users'),
      imported(text, 'gone'),
    );
    assert.deepEqual(answer, {
      imported: 1,
      alreadyBanned: 0,
      overCount: 0,
      spared: [
        { network: text, jail: 'portscan', reason: 'the jail bans addresses only' },
        { network: 'root', jail: 'users', reason: 'ignoreip' },
      ],
      withoutJail: { gone: 1 },
    });
    assert.equal(trial.keeper.bans.size, 1);
  });
});

describe('ban by hand', () => {
  it('is told to jails that count bans, where it is new', async () => {
    await using trial = await setUp();
    await trial.ask.ban('portscan', '192.0.2.7', '2001:db8::/64');
    await trial.ask.ban('portscan', '192.0.2.7');
    await trial.ask.ban('forgood', '192.0.2.7');
    assert.deepEqual(trial.counted, ['192.0.2.7 portscan 64', '2001:db8::/64 portscan 64', '192.0.2.7 forgood 64']);
  });

  it("bans addresses and networks for the jail's bantime: in the list, on disk, then in the firewall", async () => {
    await using trial = await setUp();
    const answer = await trial.ask.ban('portscan', '192.0.2.7', '203.0.113.9/24', '2001:db8::/64', '::ffff:192.0.2.8');
    assert.deepEqual(answer, { banned: ['192.0.2.7', '203.0.113.0/24', '2001:db8::/64', '192.0.2.8'], alreadyBanned: [] });
    assert.deepEqual([...trial.action.inForce.values()], Array(4).fill(nowUsec + hourUsec));
    assert.deepEqual(trial.order, ['on disk, 1 calls of the action']);
    assert.deepEqual((await trial.ask.status('portscan')).jails[0]?.banned[0], {
      network: '192.0.2.7',
      jail: 'portscan',
      since: '2023-11-14T22:13:20.000Z',
      until: '2023-11-14T23:13:20.000Z',
      failures: 0,
      distinct: [],
      origin: 'hand',
      evidence: null,
    });
  });

  it('for good has no end', async () => {
    await using trial = await setUp();
    await trial.ask.ban('forgood', '192.0.2.7');
    assert.deepEqual([...trial.action.inForce.values()], [Number.POSITIVE_INFINITY]);
    assert.equal((await trial.ask.status('forgood')).jails[0]?.banned[0]?.until, null);
  });

  it('says who is banned already', async () => {
    await using trial = await setUp();
    await trial.ask.ban('portscan', '192.0.2.7');
    assert.deepEqual(await trial.ask.ban('portscan', '192.0.2.7', '192.0.2.8'), { banned: ['192.0.2.8'], alreadyBanned: ['192.0.2.7'] });
    assert.deepEqual(await trial.ask.ban('forgood', '192.0.2.7'), { banned: ['192.0.2.7'], alreadyBanned: [] });
  });

  it('of nobody bans nobody', async () => {
    await using trial = await setUp();
    assert.deepEqual(await trial.ask.ban('portscan'), { banned: [], alreadyBanned: [] });
  });

  const refused: [string, RegExp][] = [
    ['192.0.2.1', /^192\.0\.2\.1 is never banned: gateway$/],
    ['::ffff:192.0.2.1', /^192\.0\.2\.1 is never banned: gateway$/],
    ['192.0.2.0/24', /^192\.0\.2\.0\/24 is never banned: gateway \(it has 192\.0\.2\.1 in it/],
    ['0.0.0.0/0', /never banned/],
    ['198.51.100.7', /^198\.51\.100\.7 is never banned: ignoreip/],
    ['example.org', /^"example\.org" is no IP address or network; write 203\.0\.113\.7/],
    ['', /^"" is no IP address/],
    ['192.0.2.7/33', /is no IP address/],
    ['192.0.2.7; reboot', /is no IP address/],
  ];
  for (const [text, message] of refused) {
    it(`refuses ${JSON.stringify(text)}, and then bans nobody of the request`, async () => {
      await using trial = await setUp();
      await assert.rejects(trial.ask.ban('portscan', '203.0.113.1', text), { code: 'usage', message });
      assert.equal(trial.keeper.bans.size, 0);
      assert.deepEqual(trial.order, []);
    });
  }

  it('a jail that does not run is refused, with those that do', async () => {
    await using trial = await setUp();
    await assert.rejects(trial.ask.ban('sshd', '192.0.2.7'), {
      code: 'usage',
      message: 'no jail "sshd" is running; these are: portscan, forgood',
    });
  });

  it('that the firewall did not take is on disk, and the answer says so', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    await using trial = await setUp();
    trial.action.failures.push(new RingjailError('unavailable', 'nftables refused a change'));
    await assert.rejects(trial.ask.ban('portscan', '192.0.2.7'), {
      code: 'unavailable',
      message: 'noted, but not enforced yet: action nftables: nftables refused a change (tried again by itself)',
    });
    assert.equal(trial.keeper.bans.size, 1);
    assert.equal(trial.order.length, 1);
  });
});

describe('unban by hand', () => {
  it('is done where the firewall has not got another ban yet', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    await using trial = await setUp();
    await trial.ask.ban('portscan', '192.0.2.7');
    trial.action.failures.push(new PartFailure(new Map([['192.0.2.8', 'refused']])));
    await assert.rejects(trial.ask.ban('portscan', '192.0.2.8'), /not 192\.0\.2\.8|action nftables: refused/);
    assert.deepEqual((await trial.ask.unban('192.0.2.7')).unbanned, ['192.0.2.7']);
  });

  it('lifts the ban of all jails, and says who was not banned', async () => {
    await using trial = await setUp();
    await trial.ask.ban('portscan', '192.0.2.7', '2001:db8::/64');
    await trial.ask.ban('forgood', '192.0.2.7');
    assert.deepEqual(await trial.ask.unban('::ffff:192.0.2.7', '192.0.2.8', '192.0.2.7'), {
      unbanned: ['192.0.2.7'],
      notBanned: ['192.0.2.8', '192.0.2.7'],
      stillBanned: [],
    });
    assert.deepEqual([...trial.action.inForce.keys()], ['2001:db8::/64']);
    assert.equal(trial.order.length, 3);
  });

  it('of an address lifts the network that holds it', async () => {
    await using trial = await setUp();
    await trial.ask.ban('portscan', '2001:db8::/64');
    assert.deepEqual(await trial.ask.unban('2001:db8::7'), { unbanned: ['2001:db8::/64'], notBanned: [], stillBanned: [] });
    assert.deepEqual([...trial.action.inForce.keys()], []);
  });

  it('forgets what was counted of the IPv6 network of the address', async () => {
    await using trial = await setUp();
    assert.equal(trial.knock('2001:db8::7'), false);
    await trial.ask.unban('2001:db8::8');
    assert.deepEqual([trial.knock('2001:db8::9'), trial.knock('2001:db8::7')], [false, true]);
  });

  it('forgets what was counted, so that the next failure does not ban again', async () => {
    await using trial = await setUp();
    assert.equal(trial.knock('192.0.2.7'), false);
    await trial.ask.unban('192.0.2.7');
    assert.equal(trial.knock('192.0.2.7'), false);
    assert.equal(trial.knock('192.0.2.7'), true);
  });

  it('all lifts all, those of jails that do not run too', async () => {
    await using trial = await setUp();
    trial.keeper.add(decisionOf('203.0.113.5', nowUsec + hourUsec, { jail: 'gone' }));
    await trial.ask.ban('portscan', '192.0.2.7');
    assert.deepEqual(
      (await trial.ask.status()).otherBans.map((ban) => ban.network),
      ['203.0.113.5'],
    );
    assert.deepEqual(await trial.ask.unbanAll(), { unbanned: ['203.0.113.5', '192.0.2.7'], notBanned: [], stillBanned: [] });
    assert.deepEqual(await trial.ask.unbanAll(), { unbanned: [], notBanned: [], stillBanned: [] });
    await trial.ask.unban('192.0.2.9', '2001:db8::1');
    await trial.ask.unbanIn('portscan', 'all');
    assert.deepEqual(trial.unbanned, [
      [undefined, undefined],
      [undefined, undefined],
      ['192.0.2.9', undefined],
      ['2001:db8::1', undefined],
      [undefined, 'portscan'],
    ]);
    assert.deepEqual([...new Set(trial.forgotten.map(([text]) => text))], ['203.0.113.5', '192.0.2.7', '192.0.2.9', '2001:db8::1']);
    assert.deepEqual([...trial.action.inForce.keys()], []);
  });

  it('of one jail leaves the bans of others, and says so', async () => {
    await using trial = await setUp();
    await trial.ask.ban('portscan', '192.0.2.7', '192.0.2.8', '203.0.113.0/24');
    await trial.ask.ban('forgood', '192.0.2.7', '203.0.113.9');
    assert.deepEqual(await trial.ask.unbanIn('portscan', ['192.0.2.7', '192.0.2.8']), {
      unbanned: ['192.0.2.7', '192.0.2.8'],
      notBanned: [],
      stillBanned: [{ network: '192.0.2.7', jails: ['forgood'] }],
    });
    assert.equal(trial.action.inForce.get('192.0.2.7'), Number.POSITIVE_INFINITY);
    assert.equal(trial.action.inForce.has('192.0.2.8'), false);
    assert.deepEqual(await trial.ask.unbanIn('portscan', ['192.0.2.7']), {
      unbanned: [],
      notBanned: ['192.0.2.7'],
      stillBanned: [{ network: '192.0.2.7', jails: ['forgood'] }],
    });
    // A wider network of another jail shuts it out as well.
    assert.deepEqual(await trial.ask.unbanIn('forgood', ['203.0.113.9']), {
      unbanned: ['203.0.113.9'],
      notBanned: [],
      stillBanned: [{ network: '203.0.113.9', jails: ['portscan'] }],
    });
    assert.ok(trial.log.lines.includes('notice: unban 192.0.2.8 by hand in jail portscan'));
  });

  it('of one jail forgets only what that jail counted', async () => {
    await using trial = await setUp();
    assert.equal(trial.knock('192.0.2.7'), false);
    await trial.ask.unbanIn('forgood', ['192.0.2.7']);
    assert.equal(trial.knock('192.0.2.7'), true);
  });

  it('all of one jail, also of one that runs no more; a jail that nobody knows is refused', async () => {
    await using trial = await setUp();
    trial.keeper.add(decisionOf('203.0.113.5', nowUsec + hourUsec, { jail: 'gone' }));
    await trial.ask.ban('portscan', '192.0.2.7');
    assert.deepEqual(await trial.ask.unbanIn('gone', 'all'), { unbanned: ['203.0.113.5'], notBanned: [], stillBanned: [] });
    assert.deepEqual([...trial.action.inForce.keys()], ['192.0.2.7']);
    await assert.rejects(trial.ask.unbanIn('gone', 'all'), { code: 'usage', message: /no jail "gone" is running; these are: / });
  });

  it('what is no address is refused, and nothing is lifted', async () => {
    await using trial = await setUp();
    await trial.ask.ban('portscan', '192.0.2.7');
    await assert.rejects(trial.ask.unban('192.0.2.7', 'all'), { code: 'usage' });
    assert.equal(trial.keeper.bans.size, 1);
  });
});

describe('status', () => {
  it('of one jail shows that one', async () => {
    await using trial = await setUp();
    assert.deepEqual(
      (await trial.ask.status()).jails.map(({ name }) => name),
      ['portscan', 'forgood'],
    );
    assert.deepEqual(
      (await trial.ask.status('forgood')).jails.map(({ name }) => name),
      ['forgood'],
    );
    await assert.rejects(trial.ask.status('sshd'), { code: 'usage' });
  });

  it('shows who was banned by which record', async () => {
    await using trial = await setUp();
    const evidence = { source: 'kernel', sequence: 42, text: '[UFW BLOCK] ...' };
    trial.keeper.add(decisionOf('192.0.2.7', nowUsec + 1000, { evidence, distinct: ['22', '23'], failures: 2 }));
    const [shown] = (await trial.ask.status('portscan')).jails[0]?.banned ?? [];
    assert.equal(shown?.evidence, 'kernel #42: [UFW BLOCK] ...');
    assert.deepEqual([shown.distinct, shown.failures], [['22', '23'], 2]);
  });

  it('has the errors of the configuration among the warnings', async () => {
    await using trial = await setUp();
    changeFiles(trial.directory, { 'jail.local': '[portscan]\nwhilelist = 192.0.2.7\n' });
    await trial.ask.reload();
    assert.match((await trial.ask.status()).warnings.join(), /jail\.local:2: unknown option "whilelist"; did you mean "ignoreip"\?/);
  });
});

describe('reload', () => {
  it('says which jails run, what is wrong, and has it on disk before the answer', async () => {
    await using trial = await setUp();
    changeFiles(trial.directory, { 'jail.local': '[forgood]\nenabled = no\n[portscan]\nmaxretry = 0\n' });
    const { jails, errors } = await trial.ask.reload();
    assert.deepEqual(jails, ['portscan']);
    assert.equal(errors.length, 1);
    assert.deepEqual(trial.log.lines.slice(-2), [`error: ${errors[0]}`, 'notice: reloaded: jails portscan']);
    assert.equal(trial.order.length, 1);
  });

  it('keeps the bans of a jail that has gone; they can be lifted', async () => {
    await using trial = await setUp();
    await trial.ask.ban('forgood', '192.0.2.7');
    changeFiles(trial.directory, { 'jail.local': '[forgood]\nenabled = no\n' });
    await trial.ask.reload();
    assert.deepEqual(
      (await trial.ask.status()).otherBans.map(({ jail }) => jail),
      ['forgood'],
    );
    assert.deepEqual((await trial.ask.unban('192.0.2.7')).unbanned, ['192.0.2.7']);
  });
});

describe('import', () => {
  const ban = (network: string, other: Partial<ImportedBan> = {}): ImportedBan => {
    return {
      network,
      jail: 'portscan',
      sinceUsec: nowUsec - 1,
      untilUsec: nowUsec + 1,
      bancount: 3,
      failures: 5,
      text: 'a line',
      ...other,
    };
  };

  it('takes over bans as they are: in the list, on disk, then in the firewall', async () => {
    await using trial = await setUp();
    const { untilUsec: _, ...unknown } = ban('192.0.2.9');
    const answer = await trial.ask.import(ban('192.0.2.7'), ban('2001:db8::7', { untilUsec: null }), unknown);
    assert.deepEqual(answer, { imported: 3, alreadyBanned: 0, overCount: 0, spared: [], withoutJail: {} });
    assert.deepEqual(trial.order, ['on disk, 1 calls of the action']);
    assert.deepEqual([...trial.action.inForce.values()], [nowUsec + 1, Number.POSITIVE_INFINITY, nowUsec - 1 + hourUsec]);
    const [first] = trial.keeper.bans.decisions();
    assert.equal(first?.bancount, 3);
    assert.deepEqual([first.origin, first.sinceUsec, first.failures], ['imported', nowUsec - 1, 5]);
    assert.deepEqual(first.evidence, { source: 'fail2ban', sequence: 0, text: 'a line' });
  });

  it('on probation: bounded as every ban, and as long as it was given once somebody confirms', async () => {
    await using trial = await setUp(60_000);
    await trial.ask.import(ban('192.0.2.7', { untilUsec: nowUsec + hourUsec }));
    assert.deepEqual([...trial.action.inForce.values()], [nowUsec + 60_000_000]);
    assert.deepEqual(await trial.ask.confirm(), { before: 'waiting', kept: 1 });
    assert.deepEqual([...trial.action.inForce.values()], [nowUsec + hourUsec]);
  });

  it('leaves out what is protected, ignored, over, held as long already, or of no jail here; and says so', async () => {
    await using trial = await setUp();
    const over = ban('192.0.2.8', { untilUsec: nowUsec });
    const { untilUsec: _, ...old } = ban('192.0.2.9', { sinceUsec: nowUsec - hourUsec });
    const elsewhere = [ban('192.0.2.10', { jail: 'sshd' }), ban('192.0.2.11', { jail: 'sshd' }), ban('192.0.2.12', { jail: '__proto__' })];
    const answer = await trial.ask.import(
      ban('192.0.2.1'),
      ban('198.51.100.0/25'),
      over,
      old,
      ban('192.0.2.7'),
      ban('192.0.2.7'),
      ...elsewhere,
    );
    assert.deepEqual(
      { ...answer, withoutJail: Object.entries(answer.withoutJail) },
      {
        imported: 1,
        alreadyBanned: 1,
        overCount: 2,
        spared: [
          { network: '192.0.2.1', jail: 'portscan', reason: 'gateway' },
          { network: '198.51.100.0/25', jail: 'portscan', reason: 'ignoreip' },
        ],
        withoutJail: [
          ['sshd', 2],
          ['__proto__', 1],
        ],
      },
    );
    assert.equal(trial.keeper.bans.size, 1);
  });

  it('what can be nobody is refused, and an end beyond all dates is for good', async () => {
    await using trial = await setUp();
    await assert.rejects(trial.ask.import(ban('a\nb')), { code: 'usage' });
    await trial.ask.import(ban('192.0.2.7', { untilUsec: Number.MAX_SAFE_INTEGER }));
    assert.deepEqual([...trial.action.inForce.values()], [Number.POSITIVE_INFINITY]);
  });

  it('is on probation as every other ban is, and refused when nobody confirmed in time', async () => {
    await using trial = await setUp(600_000);
    await trial.ask.ban('forgood', '192.0.2.9');
    await trial.ask.import(ban('192.0.2.7'));
    trial.expire();
    assert.equal(trial.keeper.bans.size, 0);
    await assert.rejects(trial.ask.import(ban('192.0.2.7')), { code: 'usage', message: /nobody confirmed/ });
    assert.equal(trial.keeper.bans.size, 0);
  });
});

describe('explain', () => {
  it('has what was just seen written before it looks, and works without a store', async () => {
    await using trial = await setUp();
    trial.knock('192.0.2.7');
    const { address, jails, warnings } = await trial.ask.explain('::ffff:192.0.2.7');
    assert.deepEqual(trial.order, ['committed']);
    assert.equal(address, '192.0.2.7');
    assert.deepEqual(
      jails.map(({ jail, window }) => [jail, window?.count]),
      [
        ['portscan', 1],
        ['forgood', undefined],
      ],
    );
    assert.match(warnings[0] ?? '', /^the store cannot be opened/);
  });

  it('of what is no address is refused', async () => {
    await using trial = await setUp();
    await assert.rejects(trial.ask.explain('example.org'), { code: 'usage', message: /is no IP address/ });
  });
});
