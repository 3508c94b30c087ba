import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearestName, suggestName } from '../../src/config/nearest-name.ts';

const known = ['enabled', 'ignoreip', 'ignorecommand', 'maxretry', 'findtime', 'bantime', 'logpath', 'failregex', 'port', 'action'];

describe('nearestName', () => {
  const table: [string, string | undefined][] = [
    ['whilelist', 'ignoreip'],
    ['whitelist', 'ignoreip'],
    ['WhiteList', 'ignoreip'],
    ['ignoreips', 'ignoreip'],
    ['igonreip', 'ignoreip'],
    ['ignore_ip', 'ignoreip'],
    ['max_retry', 'maxretry'],
    ['bantme', 'bantime'],
    ['attempts', 'maxretry'],
    ['prot', 'port'],
    ['p', undefined],
    ['po', undefined],
    ['colour', undefined],
    ['', undefined],
    ['x'.repeat(64), undefined],
    ['x'.repeat(1_000_000), undefined],
  ];
  for (const [name, nearest] of table) it(name.slice(0, 30), () => assert.equal(nearestName(name, known), nearest));

  it('a synonym counts only where its option is known', () => assert.equal(nearestName('whitelist', ['port']), undefined));
  it('a name of three characters may differ by one', () => {
    assert.equal(nearestName('abx', ['abc']), 'abc');
    assert.equal(nearestName('axx', ['abc']), undefined);
  });
  it('the name comes back as it is written', () => assert.equal(nearestName('definitions', ['Definition']), 'Definition'));
});

it('suggestName', () => {
  assert.equal(suggestName('whilelist', known), '; did you mean "ignoreip"?');
  assert.equal(suggestName('colour', known), '');
});
