import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { groupMeaning, isIdentifying } from '../../src/match/failregex-group.ts';

describe('groupMeaning', () => {
  const table: [string, string, string][] = [
    ['fid', 'identity', 'fid'],
    ['ip4', 'identity', 'ip4'],
    ['dns', 'identity', 'dns'],
    ['cidr', 'prefix', 'cidr'],
    ['content', 'content', 'content'],
    ['mlfid', 'session', 'mlfid'],
    ['mlfpending', 'pending', 'mlfpending'],
    ['user', 'user', 'user'],
    ['users', 'data', 'users'],
    ['fport', 'data', 'fport'],
    ['skiplines0', 'skipped', 'skiplines0'],
    ['skiplines', 'data', 'skiplines'],
    ['alt_user', 'alternate', 'user'],
    ['alt_user_1', 'alternate', 'user'],
    ['alt_user1', 'alternate', 'user1'],
    ['alt_user_1_2', 'alternate', 'user_1'],
    ['alt_id', 'alternate', 'fid'],
    ['alt_port_2', 'alternate', 'fport'],
    ['alt_', 'data', 'alt_'],
    ['alt_a', 'alternate', 'a'],
    ['tuple_id', 'tuple', 'fid'],
    ['tuple_id_12', 'tuple', 'fid'],
    ['ALT_user', 'data', 'ALT_user'],
    ['__proto__', 'data', '__proto__'],
  ];
  for (const [name, role, key] of table) it(name, () => assert.deepEqual(groupMeaning(name), { role, key }));
});

describe('isIdentifying', () => {
  const table: [string[], boolean][] = [
    [[], false],
    [['user', 'content', 'cidr', 'nofail'], false],
    [['user', 'ip6'], true],
    [['mlfid'], true],
    // An alternate of an identity is none for fail2ban.
    [['alt_ip4', 'alt_id'], false],
  ];
  for (const [names, expected] of table) it(names.join(' '), () => assert.equal(isIdentifying(names), expected));
});
