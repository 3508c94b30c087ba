import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultScope, describeScope, type NftablesScope, parseScope, scopeKey } from '../../../src/action/nftables/nftables-scope.ts';
import { banSets, ScopeTable } from '../../../src/action/nftables/nftables-table.ts';

const ssh: NftablesScope = { protocol: 'tcp', ports: [22], verdict: 'reject' };

describe('a scope', () => {
  const equal: [NftablesScope, NftablesScope][] = [
    [ssh, { protocol: ['tcp', 'tcp'], ports: [[22, 22], 22], verdict: { reject: 'port-unreachable' } }],
    [defaultScope, { protocol: 'all', ports: [], verdict: 'drop' }],
    [
      { protocol: 'tcp', ports: [], verdict: 'drop' },
      {
        protocol: 'tcp',
        ports: [
          [1, 65_535],
          [0, 0],
        ],
        verdict: 'drop',
      },
    ],
    [
      { protocol: ['tcp', 'udp'], ports: [80, 443], verdict: 'drop' },
      { protocol: ['udp', 'tcp'], ports: [443, 80], verdict: 'drop' },
    ],
  ];
  for (const [a, b] of equal) {
    it(`${describeScope(a)}: is one, however it is written`, () => {
      assert.equal(describeScope(a), describeScope(b));
      assert.equal(scopeKey(a), scopeKey(b));
    });
  }

  it('others are others', () => {
    const scopes: NftablesScope[] = [
      defaultScope,
      ssh,
      { ...ssh, verdict: 'drop' },
      { ...ssh, ports: [[22, 23]] },
      { ...ssh, ports: [22, 24] },
      { ...ssh, ports: [] },
      { ...ssh, protocol: 'udp' },
    ];
    assert.equal(new Set(scopes.map(scopeKey)).size, scopes.length);
  });
});

describe('what a scope has in the table', () => {
  it('has the older names for the default scope', () => {
    const table = new ScopeTable(defaultScope);
    assert.deepEqual([table.chains, table.sets], [['input', 'forward'], banSets.map(({ name }) => name)]);
  });

  it('else names of its own, of at most 31 characters, and a comment that nft takes', () => {
    const ports = Array.from({ length: 60 }, (_, index) => 1000 + 2 * index);
    const table = new ScopeTable({ protocol: ['tcp', 'udp'], ports, verdict: { reject: 'host-prohibited' } });
    const other = new ScopeTable(ssh);
    for (const name of [...table.chains, ...table.sets, table.counter]) {
      assert.ok(name.length <= 31, name);
      for (const kind of ['chain', 'set', 'counter']) assert.ok(!other.owns(kind, name));
    }
    for (const [, comment = ''] of table
      .commands()
      .join('\n')
      .matchAll(/comment "(.*?)"/g))
      assert.ok(comment.length < 128);
  });

  it('looks at the ports before the set, and answers in the family of the set', () => {
    const { rules } = new ScopeTable({ protocol: ['tcp', 'udp'], ports: [22, [80, 90]], verdict: 'reject' });
    assert.match(
      rules[0] ?? '',
      /^meta l4proto \{ tcp, udp \} th dport \{ 22, 80-90 \} ip saddr @s_\w+_4 counter .* reject with icmp type/,
    );
    assert.match(
      rules[1] ?? '',
      /^meta l4proto \{ tcp, udp \} th dport \{ 22, 80-90 \} ip6 saddr @s_\w+_6 counter .* reject with icmpv6 type/,
    );
  });
});

describe('parseScope', () => {
  const scopes: NftablesScope[] = [
    { protocol: 'all', ports: [], verdict: 'drop' },
    { protocol: 'tcp', ports: [22, [80, 90]], verdict: 'reject' },
    { protocol: ['udp', 'tcp'], ports: [53], verdict: { reject: 'admin-prohibited' } },
    { protocol: 'icmp', ports: [], verdict: 'drop' },
    { protocol: 'tcp', ports: [22], verdict: { reject: 'tcp-reset' } },
  ];
  for (const scope of scopes) {
    const text = describeScope(scope);
    it(`reads what describeScope tells: ${text}`, () => assert.equal(describeScope(parseScope(text) ?? defaultScope), text));
  }

  for (const text of [
    '',
    'protocol tcp',
    'protocol pigeon, ports 22, drop',
    'protocol tcp, ports 99999x, drop',
    'protocol tcp, ports 99999, drop',
    'protocol tcp, ports 22, reject all',
    'protocol tcp, ports 22, drop; flush ruleset',
  ]) {
    it(`${JSON.stringify(text)} is none`, () => assert.equal(parseScope(text), undefined));
  }
});
